//! The routes that call functions.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use futures_util::future::try_join_all;
use http::{HeaderMap, StatusCode, Uri};

use super::answer::{ApiError, json_text, outcome};
use super::body::{BatchBody, Call, CallBody, parse, run_path};
use super::identity::identify;
use crate::sync::{
    Backend, CallError, FunctionFailure, FunctionKind, LiveResult, Object, Rights, Snapshot,
    SystemError,
};

type Body = Result<Bytes, BytesRejection>;
type Answer = Result<Response, ApiError>;

pub(super) fn router<B: Backend>(backend: Arc<B>) -> Router {
    Router::new()
        .route("/api/query", post(query::<B>).get(query_of_address::<B>))
        .route("/api/mutation", post(mutation::<B>))
        .route("/api/action", post(action::<B>))
        .route("/api/query_ts", post(newest_timestamp::<B>))
        .route("/api/query_at_ts", post(query_at_timestamp::<B>))
        .route("/api/query_batch", post(query_batch::<B>))
        .route("/api/function", post(any_function::<B>))
        .route("/api/run/{*path}", post(run::<B>))
        .with_state(backend)
}

async fn query<B: Backend>(
    State(backend): State<Arc<B>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let identity = identify(&*backend, &headers).await?;
    let call = parse::<CallBody>(body)?.check(&*backend)?;
    run_query(&*backend, call, identity, &backend.latest())
        .await
        .map(json_text)
}

async fn query_of_address<B: Backend>(
    State(backend): State<Arc<B>>,
    headers: HeaderMap,
    uri: Uri,
) -> Answer {
    let identity = identify(&*backend, &headers).await?;
    let call = CallBody::from_query_string(&uri)?.check(&*backend)?;
    run_query(&*backend, call, identity, &backend.latest())
        .await
        .map(json_text)
}

async fn mutation<B: Backend>(
    State(backend): State<Arc<B>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let identity = identify(&*backend, &headers).await?;
    let call = parse::<CallBody>(body)?.check(&*backend)?;
    run_mutation(backend, call, identity).await.map(json_text)
}

async fn action<B: Backend>(
    State(backend): State<Arc<B>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let identity = identify(&*backend, &headers).await?;
    let call = parse::<CallBody>(body)?.check(&*backend)?;
    run_action(backend, call, identity).await.map(json_text)
}

async fn newest_timestamp<B: Backend>(State(backend): State<Arc<B>>) -> Response {
    let timestamp = backend.latest().timestamp();
    json_text(Object::new().field("ts", &timestamp).end())
}

async fn query_at_timestamp<B: Backend>(
    State(backend): State<Arc<B>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let identity = identify(&*backend, &headers).await?;
    let body = parse::<CallBody>(body)?;
    let timestamp = body
        .ts
        .ok_or_else(|| ApiError::bad_request("BadJsonBody", "`ts` is missing, the timestamp"))?;
    let call = body.check(&*backend)?;
    let snapshot = backend.snapshot_at(timestamp)?;
    run_query(&*backend, call, identity, &snapshot)
        .await
        .map(json_text)
}

async fn query_batch<B: Backend>(
    State(backend): State<Arc<B>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let identity = identify(&*backend, &headers).await?;
    let calls = parse::<BatchBody>(body)?
        .queries
        .into_iter()
        .map(|body| body.check(&*backend))
        .collect::<Result<Vec<_>, _>>()?;
    let snapshot = backend.latest();
    let queries = calls
        .into_iter()
        .map(|call| run_query(&*backend, call, identity.clone(), &snapshot));
    let results = try_join_all(queries).await?.join(",");
    Ok(json_text(
        Object::new().raw("results", &format!("[{results}]")).end(),
    ))
}

/// Calls a function of any kind, internal ones too.
async fn any_function<B: Backend>(
    State(backend): State<Arc<B>>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let identity = identify(&*backend, &headers).await?;
    if !identity.is_admin() {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            "this route needs the admin key: `Authorization: Convex <admin key>`",
        ));
    }
    let call = parse::<CallBody>(body)?.check(&*backend)?;
    run_any(backend, call, identity).await.map(json_text)
}

async fn run<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(route): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let identity = identify(&*backend, &headers).await?;
    let path = run_path(&route)?;
    let call = parse::<CallBody>(body)?.check_at(path, &*backend)?;
    run_any(backend, call, identity).await.map(json_text)
}

async fn run_any<B: Backend>(
    backend: Arc<B>,
    call: Call,
    identity: B::Identity,
) -> Result<String, ApiError> {
    match backend.kind(call.path()) {
        Some(FunctionKind::Mutation) => run_mutation(backend, call, identity).await,
        Some(FunctionKind::Action) => run_action(backend, call, identity).await,
        // The result of a query that is not there says so.
        Some(FunctionKind::Query) | None => {
            run_query(&*backend, call, identity, &backend.latest()).await
        }
    }
}

async fn run_query<B: Backend>(
    backend: &B,
    call: Call,
    identity: B::Identity,
    snapshot: &B::Snapshot,
) -> Result<String, ApiError> {
    let format = call.format;
    let result = backend.query(call.query(identity), snapshot).await?;
    let value = result.outcome().map(|value| &**value);
    outcome(value, result.log_lines(), format)
}

async fn run_mutation<B: Backend>(
    backend: Arc<B>,
    call: Call,
    identity: B::Identity,
) -> Result<String, ApiError> {
    let format = call.format;
    let work = async move { backend.mutation(call.function(identity), None).await };
    let result = to_the_end(work).await?;
    let value = told(result.outcome.map(|(value, _)| value))?;
    outcome(value.as_deref(), &result.log_lines, format)
}

async fn run_action<B: Backend>(
    backend: Arc<B>,
    call: Call,
    identity: B::Identity,
) -> Result<String, ApiError> {
    let format = call.format;
    let work = async move { backend.action(call.function(identity)).await };
    let result = to_the_end(work).await?;
    let value = told(result.outcome)?;
    outcome(value.as_deref(), &result.log_lines, format)
}

/// Divides what the function's caller is told from what the deployment failed at.
fn told<T>(outcome: Result<T, CallError>) -> Result<Result<T, FunctionFailure>, ApiError> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(CallError::Function(failure)) => Ok(Err(failure)),
        Err(CallError::System(error)) => Err(error.into()),
    }
}

/// Runs work on its own, so that it ends even when the caller hangs up.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::spawn(work).await.map_err(|error| {
        tracing::error!(%error, "a call did not come to its end");
        SystemError::internal("the call did not come to its end").into()
    })
}
