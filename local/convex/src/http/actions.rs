//! HTTP actions: every path belongs to the app's own router.

use std::future::Future;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use http::request::Parts;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderName, Method, StatusCode, Uri, header};
use serde_json::Map;

use super::MAXIMUM_BODY;
use super::answer::ApiError;
use super::identity::identify;
use crate::sync::{Backend, FunctionFailure, JsonText, SystemError};

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A deployment with a name and with HTTP actions.
pub(crate) trait Site: Backend {
    fn instance_name(&self) -> &str;

    /// Runs the HTTP action that the app's router has for the request. It is polled to its end even when the caller
    /// hangs up.
    fn http_action(
        &self,
        request: ActionRequest<Self::Identity>,
    ) -> impl Future<Output = Result<Response, SiteError>> + Send;
}

/// A request to an HTTP action.
#[derive(Debug)]
pub(crate) struct ActionRequest<I> {
    /// With the absolute address that the action sees, and with no method `HEAD`, which is `GET` to the app.
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    /// Nobody, when the header is of no provider of this deployment: webhooks bring tokens of their own.
    pub(crate) identity: I,
}

/// Why there is no answer of an HTTP action.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SiteError {
    #[error("no HTTP action has a route for this path and method")]
    NoRoute,
    #[error(transparent)]
    Function(#[from] FunctionFailure),
    #[error(transparent)]
    System(#[from] SystemError),
}

/// Where HTTP actions are served at the deployment's own address.
const MOUNT: &str = "/http";

/// HTTP actions at every path.
pub(super) fn router<B: Site>(backend: Arc<B>) -> Router {
    Router::new().fallback(act::<B>).with_state(backend)
}

/// HTTP actions below [`MOUNT`]. Nesting would leave out the path that is just the prefix and a slash.
pub(super) fn mounted<B: Site>(backend: Arc<B>) -> Router {
    Router::new()
        .route("/http", any(act_mounted::<B>))
        .route("/http/", any(act_mounted::<B>))
        .route("/http/{*path}", any(act_mounted::<B>))
        .with_state(backend)
}

async fn act_mounted<B: Site>(state: State<Arc<B>>, mut request: Request) -> Response {
    let path = request
        .uri()
        .path_and_query()
        .map_or("", PathAndQuery::as_str);
    let path = path.strip_prefix(MOUNT).unwrap_or(path);
    let rooted = if path.starts_with('/') {
        path.parse::<Uri>()
    } else {
        format!("/{path}").parse()
    };
    if let Ok(uri) = rooted {
        *request.uri_mut() = uri;
    }
    act(state, request).await
}

async fn act<B: Site>(State(backend): State<Arc<B>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let head = parts.method == Method::HEAD;
    if head {
        parts.method = Method::GET;
    }
    parts.uri = absolute(&parts);
    let Ok(body) = to_bytes(body, MAXIMUM_BODY).await else {
        let message = "the body of a request to an HTTP action may have 20 MiB";
        return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "BodyTooLarge", message)
            .into_response();
    };
    let identity = identify(&*backend, &parts.headers)
        .await
        .unwrap_or_default();
    let request = ActionRequest {
        parts,
        body,
        identity,
    };
    let work = async move { backend.http_action(request).await };
    let result = tokio::spawn(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "an HTTP action did not come to its end");
        Err(SystemError::internal("the HTTP action did not come to its end").into())
    });
    let response = match result {
        Ok(response) => response,
        Err(SiteError::NoRoute) => {
            (StatusCode::NOT_FOUND, "No matching routes found").into_response()
        }
        Err(SiteError::Function(failure)) => failed(failure),
        Err(SiteError::System(error)) => ApiError::from(error).into_response(),
    };
    if head {
        response.map(|_| Body::empty())
    } else {
        response
    }
}

/// The address as the caller wrote it, of which the request line has the path only.
fn absolute(parts: &Parts) -> Uri {
    let header = |name: &HeaderName| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let scheme = match header(&FORWARDED_PROTO) {
        Some("https") => Scheme::HTTPS,
        _ => Scheme::HTTP,
    };
    let authority = header(&header::HOST)
        .and_then(|host| host.parse().ok())
        .or_else(|| parts.uri.authority().cloned())
        .unwrap_or_else(|| Authority::from_static("localhost"));
    let path = parts.uri.path_and_query().cloned();
    Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query(path.unwrap_or_else(|| PathAndQuery::from_static("/")))
        .build()
        .unwrap_or_else(|_| parts.uri.clone())
}

fn failed(failure: FunctionFailure) -> Response {
    // The first line names the request, the next one the error; frames follow.
    let mut lines = failure.message.lines();
    let first: Vec<&str> = lines.by_ref().take(2).collect();
    let trace: Vec<&str> = lines.collect();
    let mut body = Map::new();
    body.insert("code".to_owned(), first.join(": ").into());
    if !trace.is_empty() {
        body.insert("trace".to_owned(), trace.join("\n").into());
    }
    let data = failure
        .data
        .map(|JsonText(text)| serde_json::from_str(&text));
    if let Some(Ok(data)) = data {
        body.insert("data".to_owned(), data);
    }
    (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
}
