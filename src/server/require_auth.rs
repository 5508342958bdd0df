//! Handlers that nobody reaches who is not signed in.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use crate::identity::Identity;

use super::auth::{Auth, AuthError};
use super::refusal::Refusal;

/// Somebody is signed in: as an extractor, it answers 401 instead of calling the handler when nobody is.
///
/// ```
/// use leptos_clerk_convex::server::RequireAuth;
///
/// async fn me(user: RequireAuth) -> String {
///     user.identity().user_id.clone()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RequireAuth {
    auth: Auth,
    identity: Identity,
}

impl RequireAuth {
    /// Who is signed in.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The user's id.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.identity.user_id
    }

    /// All about the request.
    #[must_use]
    pub fn auth(&self) -> &Auth {
        &self.auth
    }
}

/// Why [`RequireAuth`] did not let a request through.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RequireAuthRejection {
    /// The layer is missing.
    Setup(AuthError),
    /// Nobody is signed in.
    Refused(Refusal),
}

impl IntoResponse for RequireAuthRejection {
    fn into_response(self) -> Response {
        match self {
            Self::Setup(error) => error.into_response(),
            Self::Refused(refusal) => refusal.into_response(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for RequireAuth {
    type Rejection = RequireAuthRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let auth = <Auth as FromRequestParts<S>>::from_request_parts(parts, state)
            .await
            .map_err(RequireAuthRejection::Setup)?;
        let identity = auth.identity().cloned();
        match identity {
            Some(identity) => Ok(Self { auth, identity }),
            None if auth.is_unverifiable() => {
                Err(RequireAuthRejection::Refused(Refusal::Unavailable))
            }
            None => Err(RequireAuthRejection::Refused(Refusal::Unauthorized {
                resource_metadata: None,
            })),
        }
    }
}
