//! The signed-in person's record at Clerk.

use super::auth::{Auth, AuthError, auth};
use super::backend::{BackendClient, BackendError, User};

/// Why the signed-in person's record is not to be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CurrentUserError {
    /// It is not known who the request is from.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The Backend API gave no record.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

impl CurrentUserError {
    /// A stable code for logs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Auth(error) => error.reason(),
            Self::Backend(error) => error.reason(),
        }
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn action(&self) -> String {
        match self {
            Self::Auth(error) => error.action(),
            Self::Backend(error) => error.action().to_owned(),
        }
    }
}

/// The signed-in person's record at Clerk, in a component or a server function; `None` when nobody is signed in.
///
/// It takes one call of the Backend API in each request, however often it is asked for. For a name, a picture or a role, the
/// [identity](Auth::identity) takes none. Private metadata is in it, and stays behind when it is serialised.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::server::current_user;
///
/// #[server]
/// async fn phone_numbers() -> Result<Vec<String>, ServerFnError> {
///     let user = current_user().await.map_err(ServerFnError::new)?;
///     let numbers = user.map(|user| user.phone_numbers).unwrap_or_default();
///     Ok(numbers.into_iter().map(|number| number.phone_number).collect())
/// }
/// ```
///
/// # Errors
/// When the layer is missing or there is no request, and when the Backend API does not answer or refuses.
pub async fn current_user() -> Result<Option<User>, CurrentUserError> {
    // The context is there until the first await.
    let auth = auth()?;
    Ok(auth.current_user().await?)
}

impl Auth {
    /// The signed-in person's record at Clerk; see [`current_user`]. `None` when nobody is signed in.
    ///
    /// # Errors
    /// When the Backend API does not answer or refuses.
    pub async fn current_user(&self) -> Result<Option<User>, BackendError> {
        let Some(user_id) = self.user_id() else {
            return Ok(None);
        };
        let user = self
            .user()
            .get_or_try_init(|| async { self.backend()?.user(user_id).await })
            .await?;
        Ok(Some(user.clone()))
    }

    /// The Backend API of the instance that this request belongs to.
    ///
    /// # Errors
    /// When there is no TLS on this machine.
    pub fn backend(&self) -> Result<&BackendClient, BackendError> {
        self.authenticator().backend()
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::Body;
    use axum::routing::get;
    use axum::{Json, Router};
    use http::Request;
    use serde_json::json;
    use tower::ServiceExt as _;

    use super::*;
    use crate::server::ClerkLayer;
    use crate::testing::TestIssuer;

    async fn asks_twice(auth: Auth) -> String {
        let first = auth.current_user().await.unwrap();
        let second = auth.clone().current_user().await.unwrap();
        assert_eq!(first, second);
        first.map_or_else(|| "nobody".to_owned(), |user| user.id)
    }

    #[tokio::test]
    async fn a_request_asks_once_for_a_person_and_never_for_nobody() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let clerk = Router::new().route(
            "/v1/users/user_1",
            get(move || async move {
                counted.fetch_add(1, Ordering::Relaxed);
                Json(json!({ "id": "user_1" }))
            }),
        );
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let issuer = TestIssuer::production().unwrap();
        let mut configuration = issuer.configuration();
        configuration.api_url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, clerk).await });

        let app = Router::new()
            .route("/", get(asks_twice))
            .layer(ClerkLayer::new(configuration).unwrap());
        let request = || Request::get("/").body(Body::empty()).unwrap();
        let text = async |request: Request<Body>| {
            let response = app.clone().oneshot(request).await.unwrap();
            String::from_utf8(
                axum::body::to_bytes(response.into_body(), 100)
                    .await
                    .unwrap()
                    .to_vec(),
            )
            .unwrap()
        };
        assert_eq!(text(request()).await, "nobody");
        assert_eq!(calls.load(Ordering::Relaxed), 0);
        assert_eq!(
            text(issuer.session("user_1").sign_in(request())).await,
            "user_1"
        );
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }
}
