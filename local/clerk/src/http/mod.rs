//! The wire: requests in ClerkJS's dialect of HTTP, and answers to them.

mod adapter;
pub(crate) mod call;
mod fields;
mod guard;
mod request;

pub(crate) use adapter::{App, anonymous, backend, bearer, frontend};
pub(crate) use fields::Fields;
pub(crate) use guard::guard;
pub(crate) use request::{Incoming, MAX_BODY, normalise};

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

/// What a handler answers, when it does not refuse.
#[derive(Debug)]
pub(crate) enum Reply {
    Json(Value),
    /// 307 to an address that the handler has checked.
    Redirect(String),
    /// 303, after a form was posted, to an address that was checked.
    SeeOther(String),
}

impl Reply {
    pub(crate) fn into_response(self) -> Response {
        match self {
            Self::Json(value) => json(StatusCode::OK, &value),
            Self::Redirect(location) => redirect(StatusCode::TEMPORARY_REDIRECT, &location),
            Self::SeeOther(location) => redirect(StatusCode::SEE_OTHER, &location),
        }
    }
}

fn redirect(status: StatusCode, location: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    no_store(response)
}

/// A JSON answer. The content type carries no charset: `@clerk/backend` parses the exact type only.
pub(crate) fn json(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    no_store(response)
}

pub(crate) fn no_store(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
