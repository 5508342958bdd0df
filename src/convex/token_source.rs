//! Where tokens come from, and who they are for.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use leptos::prelude::*;

use super::auth::AuthToken;

/// Who is signed in, as the sign-in provider says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignIn {
    /// It is not known yet, or a change is under way.
    #[default]
    Loading,
    /// Nobody.
    SignedOut,
    /// Somebody.
    SignedIn {
        /// Everything that makes them who they are to the deployment, such as session, person, organization and role, as one
        /// text. With another text the connection authenticates anew.
        key: String,
        /// The id of the person, which [`PreloadedQueries`](super::PreloadedQueries) are compared with.
        user_id: String,
    },
}

impl SignIn {
    /// Somebody is signed in.
    #[must_use]
    pub fn signed_in(key: impl Into<String>, user_id: impl Into<String>) -> Self {
        Self::SignedIn {
            key: key.into(),
            user_id: user_id.into(),
        }
    }

    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Self::SignedIn { key, .. } => Some(key),
            Self::Loading | Self::SignedOut => None,
        }
    }

    pub(super) fn user_id(&self) -> Option<&str> {
        match self {
            Self::SignedIn { user_id, .. } => Some(user_id),
            Self::Loading | Self::SignedOut => None,
        }
    }
}

/// A source's answer to the question for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenAnswer {
    /// A token.
    Token(AuthToken),
    /// The provider was reached, and has no token for Convex.
    NoToken,
    /// The provider could not be reached, so nothing is known: being offline does not mean signed out.
    Unreachable,
}

impl From<Option<AuthToken>> for TokenAnswer {
    fn from(token: Option<AuthToken>) -> Self {
        token.map_or(Self::NoToken, Self::Token)
    }
}

type Fetch = dyn Fn(bool) -> Pin<Box<dyn Future<Output = TokenAnswer>>> + Send + Sync;

/// Where a client takes its tokens from: a signal that says who is signed in, and a function that fetches a token.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::convex::{AuthToken, SignIn, TokenSource};
///
/// # async fn ask_my_provider(_force: bool) -> Option<AuthToken> { None }
/// fn source(sign_in: ReadSignal<SignIn>) -> TokenSource {
///     TokenSource::new(sign_in, |force| ask_my_provider(force))
/// }
/// ```
#[derive(Clone)]
pub struct TokenSource {
    pub(super) sign_in: Signal<SignIn>,
    pub(super) vouched_key: Option<String>,
    fetch: Arc<Fetch>,
}

impl TokenSource {
    /// A source. `fetch` is called in the browser only; its argument says whether a token from a cache will not do, and it
    /// answers with an `Option<AuthToken>`, or with a [`TokenAnswer`] if it can tell "none" from "not reached".
    #[must_use]
    pub fn new<F, Answer>(
        sign_in: impl Into<Signal<SignIn>>,
        fetch: impl Fn(bool) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answer> + 'static,
        Answer: Into<TokenAnswer>,
    {
        Self {
            sign_in: sign_in.into(),
            vouched_key: None,
            fetch: Arc::new(move |force| {
                let answer = fetch(force);
                Box::pin(async move { answer.await.into() })
            }),
        }
    }

    /// The server has verified the person with this key for this very page: what is for signed-in people is shown at once, and
    /// stays unless the deployment refuses.
    #[must_use]
    pub fn vouched_for(mut self, key: Option<String>) -> Self {
        self.vouched_key = key;
        self
    }

    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "the driver calls it, in the browser")
    )]
    pub(super) fn fetch(&self, force: bool) -> Pin<Box<dyn Future<Output = TokenAnswer>>> {
        (self.fetch)(force)
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TokenSource")
            .field("sign_in", &self.sign_in)
            .finish_non_exhaustive()
    }
}
