//! Answers: what a function gave, in the form that was asked for, and refusals.

use std::borrow::Cow;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::sync::{
    AuthenticationFailure, FunctionFailure, JsonText, Object, SystemError, SystemErrorKind,
};
use crate::values::Value;

/// A request that is refused, or that the deployment failed at.
#[derive(Clone, Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: Cow<'static, str>,
    message: String,
}

impl ApiError {
    pub(super) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
        }
    }

    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }
}

impl From<SystemError> for ApiError {
    fn from(error: SystemError) -> Self {
        let status = match error.kind {
            SystemErrorKind::BadRequest => StatusCode::BAD_REQUEST,
            SystemErrorKind::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            SystemErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.code, error.message)
    }
}

impl From<AuthenticationFailure> for ApiError {
    fn from(failure: AuthenticationFailure) -> Self {
        // That the provider's keys cannot be had says nothing about the token.
        let status = match failure.code.as_str() {
            "AuthProviderDiscoveryFailed" => StatusCode::BAD_REQUEST,
            _ => StatusCode::UNAUTHORIZED,
        };
        Self::new(status, failure.code, failure.message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "code": self.code, "message": self.message });
        (self.status, Json(body)).into_response()
    }
}

pub(super) async fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "NotFound", "there is no such route")
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// As the clients of the npm package read them: nothing is lost.
    Encoded,
    /// As people read them.
    Clean,
}

impl Format {
    pub(super) fn parse(name: Option<&str>) -> Result<Self, ApiError> {
        match name {
            None | Some("json") => Ok(Self::Clean),
            Some("convex_encoded_json") => Ok(Self::Encoded),
            Some("export_json") => Err(ApiError::bad_request(
                "BadFormat",
                "the format `export_json` is not supported by the local deployment; use `json` or `convex_encoded_json`",
            )),
            Some(other) => Err(ApiError::bad_request(
                "BadFormat",
                format!("`{other}` is not a format; use `json` or `convex_encoded_json`"),
            )),
        }
    }

    fn write<'a>(self, encoded: &'a str) -> Result<Cow<'a, str>, ApiError> {
        match self {
            Self::Encoded => Ok(Cow::Borrowed(encoded)),
            Self::Clean => Value::parse(encoded)
                .map(|value| Cow::Owned(value.to_clean_json().to_string()))
                .map_err(|error| SystemError::internal(error.to_string()).into()),
        }
    }
}

/// The body that tells what a function gave.
pub(super) fn outcome(
    outcome: Result<&str, &FunctionFailure>,
    log_lines: &[String],
    format: Format,
) -> Result<String, ApiError> {
    let object = match outcome {
        Ok(value) => Object::new()
            .field("status", "success")
            .raw("value", &format.write(value)?),
        Err(failure) => {
            let data = match &failure.data {
                Some(JsonText(data)) => Some(format.write(data)?),
                None => None,
            };
            let object = Object::new()
                .field("status", "error")
                .field("errorMessage", &failure.message);
            match data {
                Some(data) => object.raw("errorData", &data),
                None => object,
            }
        }
    };
    Ok(object.field("logLines", log_lines).end())
}

/// An answer of JSON text.
pub(super) fn json_text(text: String) -> Response {
    let content_type = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, content_type)], text).into_response()
}
