//! The WebSocket around the machine of a connection.

mod connection;
mod outbox;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use connection::Connection;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::backend::Backend;
use super::settings::Settings;
use super::version::{Client, VersionError};

/// The read and write buffers of a connection, in bytes: most connections are idle, and larger messages get through too.
const BUFFER: usize = 4 << 10;

struct Sync<B> {
    backend: Arc<B>,
    settings: Settings,
}

/// The routes of the sync protocol.
pub(crate) fn router<B: Backend>(backend: Arc<B>, settings: Settings) -> Router {
    Router::new()
        .route("/api/sync", any(open_unversioned::<B>))
        .route("/api/{version}/sync", any(open_versioned::<B>))
        .with_state(Arc::new(Sync { backend, settings }))
}

async fn open_unversioned<B: Backend>(
    State(sync): State<Arc<Sync<B>>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    match Client::from_headers(&headers) {
        Ok(client) => open(sync, client, upgrade),
        Err(error) => refuse(&error),
    }
}

async fn open_versioned<B: Backend>(
    State(sync): State<Arc<Sync<B>>>,
    Path(version): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Response {
    match Client::npm(&version) {
        Ok(client) => open(sync, Some(client), upgrade),
        Err(error) => refuse(&error),
    }
}

fn open<B: Backend>(
    sync: Arc<Sync<B>>,
    client: Option<Client>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let chunks = client.is_some_and(|client| client.assembles_chunks());
    upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .max_message_size(sync.settings.maximum_message)
        .max_frame_size(sync.settings.maximum_message)
        .on_upgrade(move |socket| {
            // Boxed, so that the task of an idle connection is as large as its state and no larger.
            Box::pin(
                Connection::new(socket, Arc::clone(&sync.backend), sync.settings, chunks).run(),
            )
        })
}

fn refuse(error: &VersionError) -> Response {
    let body = json!({ "code": "ClientVersionUnsupported", "message": error.to_string() });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
