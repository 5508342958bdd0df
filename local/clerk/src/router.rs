//! All routes of the instance.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::get;
use tower::ServiceExt as _;

use crate::error::{ApiError, Code};
use crate::http::{MAX_BODY, guard, normalise};
use crate::instance::Instance;
use crate::{backend_api, bundles, frontend_api, images, inbox};

pub(crate) fn router(instance: Arc<Instance>) -> Router {
    let mut backend = backend_api::router();
    if instance.in_memory() {
        backend = backend.merge(backend_api::testing_router());
    }
    let routes = Router::new()
        .merge(frontend_api::router())
        .nest("/bapi", backend)
        .route(
            "/npm/@clerk/{package_at_version}/dist/{file}",
            get(bundles::serve),
        )
        .route("/images/{id}", get(images::serve))
        .route("/inbox", get(inbox::page))
        .route("/inbox.json", get(inbox::list))
        .fallback(|uri: axum::http::Uri| async move {
            ApiError::new(Code::ResourceNotFound)
                .because(format!("The local Clerk instance has no {}", uri.path()))
                .into_response()
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(guard))
        .with_state(instance);
    // The verb and the trailing slash have to be put right before the routes are matched, so outside of them.
    Router::new().fallback_service(routes.map_request(normalise))
}
