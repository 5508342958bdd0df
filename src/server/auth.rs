//! Who a request is from, as handlers, server functions and components see it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{FromRequestParts, MatchedPath, OptionalFromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{Extensions, StatusCode, Uri};
use leptos::prelude::use_context;
use tokio::sync::OnceCell;
use url::Url;

use crate::auth::{AuthSeed, SeedState};
use crate::config::PublicConfiguration;
use crate::identity::{Identity, Requirement, SessionClaims, SessionStatus};

use super::authenticate::{Credential, MachineAuth, Outcome, Reason, SignedOut};
use super::authenticator::Authenticator;
use super::backend::User;
use super::protect::{Protection, RequestKind, Subject};
use super::refusal::Refusal;
use super::template_token::{self, TokenError};
use super::token::Token;

/// What the layer found out about a request.
///
/// It is in the request's extensions: take it as an extractor in axum handlers, and with [`auth`] in Leptos components and
/// server functions. It is always there, whether somebody is signed in or not.
///
/// ```
/// use leptos_clerk_convex::server::Auth;
///
/// async fn hello(auth: Auth) -> String {
///     match auth.user_id() {
///         Some(user_id) => format!("Hello {user_id}"),
///         None => "Hello stranger".to_owned(),
///     }
/// }
/// ```
///
/// A session that still has tasks to finish (`pending`) counts as signed out here; see
/// [`pending_identity`](Self::pending_identity).
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    outcome: Outcome,
    authenticator: Arc<Authenticator>,
    clerk_url: Url,
    kind: RequestKind,
    now_ms: i64,
    /// Whether anybody asked: then the response depends on who it is for, and must not be stored.
    was_read: AtomicBool,
    /// The signed-in person's record, once somebody asked for it.
    user: OnceCell<User>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Auth")
            .field("outcome", &self.0.outcome)
            .finish_non_exhaustive()
    }
}

impl Auth {
    pub(super) fn new(
        outcome: Outcome,
        authenticator: Arc<Authenticator>,
        clerk_url: Url,
        kind: RequestKind,
    ) -> Self {
        let now_ms = authenticator.now_ms();
        Self(Arc::new(Inner {
            outcome,
            authenticator,
            clerk_url,
            kind,
            now_ms,
            was_read: AtomicBool::new(false),
            user: OnceCell::new(),
        }))
    }

    /// Whether the answer to this request depends on who it is from.
    pub(super) fn was_read(&self) -> bool {
        self.0.was_read.load(Ordering::Relaxed)
    }

    fn outcome(&self) -> &Outcome {
        self.0.was_read.store(true, Ordering::Relaxed);
        &self.0.outcome
    }

    fn any_identity(&self) -> Option<&Identity> {
        match self.outcome() {
            Outcome::SignedIn(Credential::Session { session, .. }) => {
                session.identity.as_deref().ok()
            }
            _ => None,
        }
    }

    /// Who is signed in, with nothing left to do.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.any_identity().filter(|identity| identity.is_active())
    }

    /// Whose session still has tasks to finish, such as choosing an organization.
    #[must_use]
    pub fn pending_identity(&self) -> Option<&Identity> {
        self.any_identity()
            .filter(|identity| identity.session_status == SessionStatus::Pending)
    }

    /// The user's id, `user_…`.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.identity().map(|identity| identity.user_id.as_str())
    }

    /// The session's id, `sess_…`.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.identity().map(|identity| identity.session_id.as_str())
    }

    /// Every claim of the session token, custom ones included.
    #[must_use]
    pub fn claims(&self) -> Option<&SessionClaims> {
        match self.outcome() {
            Outcome::SignedIn(Credential::Session { session, .. }) => {
                self.identity().map(|_| session.claims())
            }
            _ => None,
        }
    }

    /// Whether the signed-in person meets a requirement. Nobody meets none.
    #[must_use]
    pub fn has(&self, requirement: &Requirement) -> bool {
        self.identity()
            .is_some_and(|identity| identity.has(requirement, self.0.authenticator.now_ms()))
    }

    /// The machine credential that the request carries: an API key, a machine-to-machine or an OAuth token.
    #[must_use]
    pub fn machine(&self) -> Option<&MachineAuth> {
        match self.outcome() {
            Outcome::SignedIn(Credential::Machine { machine, .. }) => Some(machine),
            _ => None,
        }
    }

    /// Why nobody is signed in; `None` when somebody is.
    #[must_use]
    pub fn signed_out_reason(&self) -> Option<Reason> {
        match self.outcome() {
            Outcome::SignedOut(SignedOut { reason, .. })
            | Outcome::Handshake(SignedOut { reason, .. }) => Some(reason.clone()),
            Outcome::SignedIn(_) => None,
        }
    }

    /// Whether it could not be found out who this is, because Clerk's keys were not to be had. Nobody is signed in then, and
    /// nobody should be told to sign in either.
    #[must_use]
    pub fn is_unverifiable(&self) -> bool {
        self.signed_out_reason()
            .is_some_and(|reason| reason.is_operational())
    }

    /// The request's URL as the browser sees it.
    #[must_use]
    pub fn request_url(&self) -> &Url {
        &self.0.clerk_url
    }

    /// Whether a page, a server function or something else is asked for.
    #[must_use]
    pub fn request_kind(&self) -> RequestKind {
        self.0.kind
    }

    /// The configuration that may reach the browser.
    #[must_use]
    pub fn public_configuration(&self) -> &PublicConfiguration {
        &self.0.authenticator.configuration.public
    }

    /// Checks a protection.
    ///
    /// # Errors
    /// What to answer instead: a redirect to the sign-in page for a page, 401 for data, 403 for somebody who may not.
    pub fn check(&self, protection: &Protection) -> Result<(), Refusal> {
        protection.check(self)
    }

    /// Checks that somebody is signed in and meets a requirement.
    ///
    /// ```
    /// use leptos_clerk_convex::identity::Requirement;
    /// use leptos_clerk_convex::server::{Auth, Refusal};
    ///
    /// async fn delete_everything(auth: Auth) -> Result<&'static str, Refusal> {
    ///     let admin = auth.protect(&Requirement::role("org:admin"))?;
    ///     tracing::info!(admin.user_id, "deleting everything");
    ///     Ok("gone")
    /// }
    /// # use tracing;
    /// ```
    ///
    /// # Errors
    /// What to answer instead.
    pub fn protect(&self, requirement: &Requirement) -> Result<&Identity, Refusal> {
        let protection = Protection::new().requirement(requirement.clone());
        protection.check(self)?;
        self.identity().ok_or(Refusal::Unauthorized {
            resource_metadata: None,
        })
    }

    /// A token to call other services with: the session token itself, which takes no call, or one made from a JWT template.
    ///
    /// # Errors
    /// When nobody is signed in, or the Backend API gives no token.
    pub async fn get_token(&self, template: Option<&str>) -> Result<String, TokenError> {
        template_token::token(self, &self.0.authenticator, template).await
    }

    /// The credential as it arrived.
    #[must_use]
    pub fn token(&self) -> Option<&Token> {
        match self.outcome() {
            Outcome::SignedIn(
                Credential::Session { token, .. } | Credential::Machine { token, .. },
            ) => Some(token),
            _ => None,
        }
    }

    /// What the first HTML tells the browser: no token, and only claims that are meant for it.
    #[must_use]
    pub fn seed(&self) -> AuthSeed {
        let state = match (self.identity(), self.claims()) {
            (Some(identity), Some(claims)) => SeedState::SignedIn {
                identity: Box::new(identity.clone()),
                expires_at_ms: claims.expires_at_ms().unwrap_or(self.0.now_ms),
            },
            _ if self.is_unverifiable() => SeedState::Unknown,
            _ => SeedState::SignedOut,
        };
        AuthSeed {
            state,
            configuration: self.public_configuration().clone(),
            rendered_at_ms: self.0.now_ms,
        }
    }

    pub(super) fn subject(&self) -> Subject<'_> {
        match self.outcome() {
            Outcome::SignedIn(Credential::Session { session, .. }) => {
                match session.identity.as_deref() {
                    Ok(identity) if identity.is_active() => Subject::Person(identity),
                    Ok(_) => Subject::Pending,
                    Err(_) => Subject::Nobody(Some(super::TokenType::Session)),
                }
            }
            Outcome::SignedIn(Credential::Machine { machine, .. }) => {
                Subject::Machine(machine.token_type())
            }
            Outcome::SignedOut(signed_out) | Outcome::Handshake(signed_out) => {
                if signed_out.reason.is_operational() {
                    Subject::Unverifiable
                } else {
                    Subject::Nobody(signed_out.token_type)
                }
            }
        }
    }

    pub(super) fn authenticator(&self) -> &Arc<Authenticator> {
        &self.0.authenticator
    }

    pub(super) fn user(&self) -> &OnceCell<User> {
        &self.0.user
    }
}

/// Why there is nothing to say about who a request is from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// A router answers this path without the layer.
    #[error("the router that answers `{path}` has no ClerkLayer")]
    LayerMissing {
        /// The route, or the path where no route matched.
        path: String,
    },
    /// There is no request: the call was made outside of rendering and of server functions, or in a task of its own.
    #[error("there is no request here to ask about")]
    NoRequest,
}

impl AuthError {
    /// A stable name.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::LayerMissing { .. } => "clerk-layer-missing",
            Self::NoRequest => "no-request",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn action(&self) -> String {
        match self {
            Self::LayerMissing { path } => format!(
                "Add `.layer(ClerkLayer::new(configuration)?)` to the axum router that has the route `{path}`, after its routes."
            ),
            Self::NoRequest => {
                "Call auth() in the body of a component or of a server function, before any spawn, and hand its result on.".to_owned()
            }
        }
    }

    pub(super) fn layer_missing(extensions: &Extensions, uri: &Uri) -> Self {
        let route = extensions
            .get::<MatchedPath>()
            .map(|path| path.as_str().to_owned());
        Self::LayerMissing {
            path: route.unwrap_or_else(|| uri.path().to_owned()),
        }
    }
}

impl IntoResponse for AuthError {
    fn into_response(self) -> Response {
        tracing::error!(reason = self.reason(), action = self.action(), "{self}");
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            "authentication is not set up for this address",
        )
            .into_response()
    }
}

/// Who the current request is from, in a component or a server function.
///
/// # Errors
/// When the layer is missing, which says which router lacks it, or when there is no request.
pub fn auth() -> Result<Auth, AuthError> {
    let parts = use_context::<Parts>().ok_or(AuthError::NoRequest)?;
    parts
        .extensions
        .get::<Auth>()
        .cloned()
        .ok_or_else(|| AuthError::layer_missing(&parts.extensions, &parts.uri))
}

impl<S: Sync> FromRequestParts<S> for Auth {
    type Rejection = AuthError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| AuthError::layer_missing(&parts.extensions, &parts.uri))
    }
}

/// `None` when nobody is signed in and no machine credential was verified.
impl<S: Sync> OptionalFromRequestParts<S> for Auth {
    type Rejection = AuthError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &S,
    ) -> Result<Option<Self>, Self::Rejection> {
        let auth = <Self as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok((auth.identity().is_some() || auth.machine().is_some()).then_some(auth))
    }
}
