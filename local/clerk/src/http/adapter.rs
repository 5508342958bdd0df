//! From axum to handlers: a handler is a plain function over a [`Call`], run in one transaction off the async threads.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use http::{HeaderValue, Method, header};

use super::call::Call;
use super::{Incoming, Reply};
use crate::error::{ApiError, Code};
use crate::instance::Instance;

/// The state of the router.
pub(crate) type App = Arc<Instance>;

pub(crate) type Handler = fn(&mut Call<'_>) -> Result<Reply, ApiError>;

/// Routes of the Frontend API at one path: called by browsers, authenticated by the client cookie and the dev browser.
pub(crate) fn frontend<const N: usize>(handlers: [(Method, Handler); N]) -> MethodRouter<App> {
    routes(handlers, |call| call.identify_browser())
}

/// Routes for browsers that may not have a dev browser yet, and for navigations.
pub(crate) fn anonymous<const N: usize>(handlers: [(Method, Handler); N]) -> MethodRouter<App> {
    routes(handlers, |_| Ok(()))
}

/// Routes for pages that say who they are with a session token in the `Authorization` header.
pub(crate) fn bearer<const N: usize>(handlers: [(Method, Handler); N]) -> MethodRouter<App> {
    routes(handlers, |call| call.identify_bearer())
}

/// Routes of the Backend API at one path: called by servers, authenticated by the secret key.
pub(crate) fn backend<const N: usize>(handlers: [(Method, Handler); N]) -> MethodRouter<App> {
    routes(handlers, |call| call.require_secret_key())
}

fn routes<const N: usize>(
    handlers: [(Method, Handler); N],
    authenticate: fn(&mut Call<'_>) -> Result<(), ApiError>,
) -> MethodRouter<App> {
    let mut router = MethodRouter::new();
    for (method, handler) in handlers {
        let service = move |State(app): State<App>, request: Request| {
            run(app, request, authenticate, handler)
        };
        router = match method {
            Method::GET => router.get(service),
            Method::PUT => router.put(service),
            Method::PATCH => router.patch(service),
            Method::DELETE => router.delete(service),
            _ => router.post(service),
        };
    }
    router
}

async fn run(
    app: App,
    request: Request,
    authenticate: fn(&mut Call<'_>) -> Result<(), ApiError>,
    handler: Handler,
) -> Response {
    let incoming = match Incoming::read(request).await {
        Ok(incoming) => incoming,
        Err(error) => return error.into_response(),
    };
    let work = move || answer(&app, &incoming, authenticate, handler);
    // Password hashing and SQLite block; the async threads are the app's.
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| ApiError::new(Code::InternalClerkError).into_response())
}

fn answer(
    instance: &Instance,
    incoming: &Incoming,
    authenticate: fn(&mut Call<'_>) -> Result<(), ApiError>,
    handler: Handler,
) -> Response {
    // A refusal is committed too: failed attempts have to count. A failure of ours is not.
    let keep = |(result, _): &(Result<Reply, ApiError>, Vec<String>)| {
        !result
            .as_ref()
            .is_err_and(|error| error.code() == Code::InternalClerkError)
    };
    let outcome = instance.database.transaction(keep, |store| {
        let mut call = Call::new(instance, store, incoming);
        let result = authenticate(&mut call).and_then(|()| handler(&mut call));
        let result = result.map_err(|error| call.explain(error));
        (result, call.into_cookies())
    });
    let (result, cookies) = match outcome {
        Ok(outcome) => outcome,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let mut response = match result {
        Ok(reply) => reply.into_response(),
        Err(error) => error.into_response(),
    };
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}
