//! The HTTP API: function calls, the service routes, HTTP actions and files.

mod actions;
mod answer;
mod body;
mod call;
mod guard;
mod identity;
mod service;
mod storage;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::{Router, middleware};
use http::Method;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

pub(crate) use actions::{ActionRequest, Site, SiteError};
pub(crate) use storage::{Files, StoredFile, Upload, UploadError};

use crate::sync::{self, Settings};

/// The largest body of a request, except for files, in bytes.
const MAXIMUM_BODY: usize = 20 << 20;

/// Everything at the deployment's own address: the sync protocol, the HTTP API, and HTTP actions under `/http`.
pub(crate) fn deployment<B: Site, F: Files>(
    backend: &Arc<B>,
    files: Arc<F>,
    settings: Settings,
) -> Router {
    let api = call::router(Arc::clone(backend))
        .layer(DefaultBodyLimit::max(MAXIMUM_BODY))
        .merge(storage::router(files))
        .layer(cors())
        .merge(sync::router(Arc::clone(backend), settings))
        .merge(service::router(Arc::clone(backend)))
        .fallback(answer::not_found)
        .layer(middleware::from_fn(guard::origin));
    Router::new()
        .merge(api)
        .merge(actions::mounted(Arc::clone(backend)))
        .layer(middleware::from_fn(guard::host))
}

/// The site address, which serves nothing but HTTP actions.
pub(crate) fn site<B: Site>(backend: &Arc<B>) -> Router {
    actions::router(Arc::clone(backend)).layer(middleware::from_fn(guard::host))
}

/// What hosted deployments allow other origins, of which the guard lets in those on loopback.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_credentials(true)
        .allow_headers(AllowHeaders::mirror_request())
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PATCH,
            Method::PUT,
            Method::DELETE,
            Method::OPTIONS,
        ])
        .max_age(Duration::from_secs(86_400))
}
