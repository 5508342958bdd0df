//! `use_auth`

use leptos::prelude::*;

use crate::{
    auth::{AuthState, Freshness},
    clerk::{Clerk, ClerkError, SignOutOptions, use_clerk},
    identity::{ActiveOrganization, Identity, Requirement},
};

/// Who is signed in, and what they may do. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct UseAuth {
    clerk: Clerk,
}

/// Who is signed in, and what they may do.
///
/// *On the server* the answer is that of the verified request.
/// *While loading* the state is [`AuthState::Loading`]: only when the server could not tell, or while somebody is just signing
/// in or out. A page of a signed-in person never starts with it.
/// *When it fails* (ClerkJS cannot be loaded, the device is offline) the state stays what the server said, and
/// [`freshness`](UseAuth::freshness) says when its token is over.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::clerk::use_auth;
///
/// #[component]
/// fn WhoAmI() -> impl IntoView {
///     let auth = use_auth();
///     move || auth.user_id().map_or_else(|| "Nobody".to_owned(), |id| format!("You are {id}"))
/// }
/// ```
#[must_use]
pub fn use_auth() -> UseAuth {
    UseAuth { clerk: use_clerk() }
}

impl UseAuth {
    /// The state. It changes when somebody else is there or may do other things, not when a token is renewed.
    #[must_use]
    pub fn state(&self) -> Memo<AuthState> {
        self.clerk.state()
    }

    /// Whether the session token can still be used.
    #[must_use]
    pub fn freshness(&self) -> Memo<Freshness> {
        self.clerk.freshness()
    }

    /// Whether it is known who is there. Reactive.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.state().with(|state| !state.is_loading())
    }

    /// Whether somebody is signed in. Reactive.
    #[must_use]
    pub fn is_signed_in(&self) -> bool {
        self.state().with(AuthState::is_authenticated)
    }

    /// The identity. Reactive.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        self.state().with(|state| state.identity().cloned())
    }

    /// The id of the person, `user_…`. Reactive.
    #[must_use]
    pub fn user_id(&self) -> Option<String> {
        self.with_identity(|identity| identity.user_id.clone())
    }

    /// The id of the session, `sess_…`. Reactive.
    #[must_use]
    pub fn session_id(&self) -> Option<String> {
        self.with_identity(|identity| identity.session_id.clone())
    }

    /// The active organization. Reactive.
    #[must_use]
    pub fn organization(&self) -> Option<ActiveOrganization> {
        self.with_identity(|identity| identity.organization.clone())
            .flatten()
    }

    /// Whether the person meets `requirement`. Nobody meets none. Reactive.
    #[must_use]
    pub fn has(&self, requirement: &Requirement) -> bool {
        let now = self.clerk.now();
        self.with_identity(|identity| identity.has(requirement, now)) == Some(true)
    }

    fn with_identity<T>(&self, read: impl FnOnce(&Identity) -> T) -> Option<T> {
        self.state().with(|state| state.identity().map(read))
    }

    /// The session token, or the token of a JWT template.
    ///
    /// *On the server* without a template it is the verified token of the request; with one, the Backend API is asked.
    ///
    /// # Errors
    /// [`ClerkError::SignedOut`] when nobody is signed in, [`ClerkError::Offline`] when Clerk cannot be reached,
    /// [`ClerkError::Api`] when Clerk refuses.
    pub async fn get_token(&self, template: Option<&str>) -> Result<String, ClerkError> {
        #[cfg(feature = "ssr")]
        if let Ok(auth) = crate::server::auth() {
            return auth.get_token(template).await.map_err(Into::into);
        }
        self.clerk.get_token(template).await
    }

    /// Signs out and leaves for the after-sign-out URL.
    ///
    /// # Errors
    /// When Clerk cannot be reached; the person is then still signed in.
    pub async fn sign_out(&self, options: SignOutOptions) -> Result<(), ClerkError> {
        self.clerk.sign_out(options).await
    }
}
