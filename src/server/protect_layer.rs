//! Protection bound to axum routes.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use tower::{Layer, Service};

use super::auth::{Auth, AuthError};
use super::protect::Protection;
use super::route_matcher::RouteMatcher;
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
    /// The paths that are protected; every path without it.
    paths: Option<RouteMatcher>,
}

impl ProtectLayer {
    /// Protects only the paths that match, for those who come from `clerkMiddleware` and `createRouteMatcher`.
    ///
    /// Bound to routes, with `route_layer` or a `ProtectedRoute`, protection cannot miss its route; patterns can. A path that can
    /// be neither matched nor not matched, because its escapes are malformed, is answered 400.
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use leptos_clerk_convex::server::{RouteMatcher, require_auth};
    ///
    /// let private = RouteMatcher::new(["/dashboard(.*)", "/api/private(.*)"])?;
    /// let router: Router =
    ///     Router::new().route("/dashboard", get(|| async { "yours" })).layer(require_auth().on_paths(private));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn on_paths(mut self, paths: RouteMatcher) -> Self {
        self.paths = Some(paths);
        self
    }
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
        ProtectLayer {
            protection: self,
            paths: None,
        }
    }
}

impl<S> Layer<S> for ProtectLayer {
    type Service = ProtectService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ProtectService {
            layer: self.clone(),
            inner,
        }
    }
}

/// The service that [`ProtectLayer`] makes.
#[derive(Clone, Debug)]
pub struct ProtectService<S> {
    layer: ProtectLayer,
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
        match self.layer.check(&request) {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(response) => Box::pin(std::future::ready(Ok(*response))),
        }
    }
}

impl ProtectLayer {
    fn check(&self, request: &Request) -> Result<(), Box<Response>> {
        if let Some(paths) = &self.paths {
            match paths.matches(request.uri().path()) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => {
                    return Err(Box::new(
                        (error.status(), error.to_string()).into_response(),
                    ));
                }
            }
        }
        let Some(auth) = request.extensions().get::<Auth>() else {
            return Err(Box::new(
                AuthError::layer_missing(request.extensions(), request.uri()).into_response(),
            ));
        };
        auth.check(&self.protection)
            .map_err(|refusal| Box::new(refusal.into_response()))
    }
}
