//! Protection bound to axum routes.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use tower::{Layer, Service};

use super::auth::{Auth, AuthError};
use super::protect::Protection;
use super::transport::BoxFuture;

/// Lets only those through who meet a [`Protection`]. For `route_layer`, so that it is bound to the routes and not to paths.
///
/// ```
/// use axum::{Router, routing::get};
/// use leptos_clerk_convex::identity::Requirement;
/// use leptos_clerk_convex::server::{Protection, require_auth};
///
/// let members: Router = Router::new()
///     .route("/api/invoices", get(|| async { "your invoices" }))
///     .route_layer(require_auth());
/// let admins: Router = Router::new()
///     .route("/api/members", get(|| async { "all members" }))
///     .route_layer(Protection::new().requirement(Requirement::role("org:admin")).layer());
/// ```
#[derive(Clone, Debug)]
pub struct ProtectLayer {
    protection: Protection,
}

/// Lets only signed-in people through. Pages are redirected to the sign-in page, data is answered 401.
#[must_use]
pub fn require_auth() -> ProtectLayer {
    Protection::new().layer()
}

impl Protection {
    /// The layer that enforces this, for `route_layer`.
    #[must_use]
    pub fn layer(self) -> ProtectLayer {
        ProtectLayer { protection: self }
    }
}

impl<S> Layer<S> for ProtectLayer {
    type Service = ProtectService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ProtectService { protection: self.protection.clone(), inner }
    }
}

/// The service that [`ProtectLayer`] makes.
#[derive(Clone, Debug)]
pub struct ProtectService<S> {
    protection: Protection,
    inner: S,
}

impl<S> Service<Request> for ProtectService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let checked = match request.extensions().get::<Auth>() {
            Some(auth) => auth.check(&self.protection).map_err(IntoResponse::into_response),
            None => {
                let (parts, _body) = request.into_parts();
                let response = AuthError::layer_missing(&parts).into_response();
                return Box::pin(std::future::ready(Ok(response)));
            }
        };
        match checked {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(response) => Box::pin(std::future::ready(Ok(response))),
        }
    }
}
