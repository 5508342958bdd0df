//! The routes that tell what is here.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use http::StatusCode;

use super::Site;

pub(super) fn router<B: Site>(backend: Arc<B>) -> Router {
    Router::new()
        .route("/", get(running))
        .route("/version", get(version))
        .route("/instance_version", get(version))
        .route("/instance_name", get(instance_name::<B>))
        .route("/api/debug_event", post(debug_event))
        .with_state(backend)
}

async fn running() -> &'static str {
    "This Convex deployment is running."
}

async fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

async fn instance_name<B: Site>(State(backend): State<Arc<B>>) -> String {
    backend.instance_name().to_owned()
}

/// Takes the telemetry of clients, and keeps none of it.
async fn debug_event() -> StatusCode {
    StatusCode::OK
}
