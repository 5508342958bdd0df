//! The bodies and query strings of function calls.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use http::Uri;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::answer::{ApiError, Format};
use crate::sync::{Backend, FunctionCall, QueryCall, single_object};
use crate::values::Timestamp;

const BAD_JSON: &str = "BadJsonBody";
const BAD_ARGUMENTS: &str = "BadArgs";
const BAD_PATH: &str = "BadConvexFunctionIdentifier";

/// A call as it is written in a body. Which fields must be there depends on the route.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallBody {
    path: Option<String>,
    args: Option<Json>,
    format: Option<String>,
    component_path: Option<String>,
    pub(super) ts: Option<Timestamp>,
}

/// Several queries.
#[derive(Debug, Deserialize)]
pub(super) struct BatchBody {
    pub(super) queries: Vec<CallBody>,
}

/// A call that can be made.
#[derive(Debug)]
pub(super) struct Call {
    path: String,
    arguments: Arc<Json>,
    pub(super) format: Format,
}

impl Call {
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn function<I>(self, identity: I) -> FunctionCall<I> {
        FunctionCall {
            path: self.path,
            arguments: self.arguments,
            identity,
        }
    }

    pub(super) fn query<I>(self, identity: I) -> QueryCall<I> {
        QueryCall {
            function: self.function(identity),
            journal: None,
        }
    }
}

impl CallBody {
    /// The call that the query string of a `GET` describes.
    pub(super) fn from_query_string(uri: &Uri) -> Result<Self, ApiError> {
        let mut body = Self {
            path: None,
            args: None,
            format: None,
            component_path: None,
            ts: None,
        };
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or("").as_bytes()) {
            match name.as_ref() {
                "path" => body.path = Some(value.into_owned()),
                "format" => body.format = Some(value.into_owned()),
                "args" => {
                    let arguments = serde_json::from_str(&value).map_err(|error| {
                        ApiError::bad_request(BAD_ARGUMENTS, format!("`args` is not JSON: {error}"))
                    })?;
                    body.args = Some(arguments);
                }
                _ => {}
            }
        }
        Ok(body)
    }

    /// Checks everything that can be wrong about a call before a function is looked for.
    pub(super) fn check<B: Backend>(mut self, backend: &B) -> Result<Call, ApiError> {
        let path = self.path.take().ok_or_else(|| {
            ApiError::bad_request(BAD_JSON, "`path` is missing, the function to call")
        })?;
        self.check_at(path, backend)
    }

    /// As [`CallBody::check`], for a function that the route names.
    pub(super) fn check_at<B: Backend>(self, path: String, backend: &B) -> Result<Call, ApiError> {
        let format = Format::parse(self.format.as_deref())?;
        if let Some(component) = self.component_path.filter(|path| !path.is_empty()) {
            return Err(ApiError::bad_request(
                "ComponentsNotSupported",
                format!("components are not supported by the local deployment: `{component}`"),
            ));
        }
        backend
            .check_path(&path)
            .map_err(|why| ApiError::bad_request(BAD_PATH, format!("`{path}`: {why}")))?;
        let arguments = self.args.ok_or_else(|| {
            ApiError::bad_request(BAD_JSON, "`args` is missing, the function's arguments")
        })?;
        let arguments =
            single_object(arguments).map_err(|why| ApiError::bad_request(BAD_ARGUMENTS, why))?;
        Ok(Call {
            path,
            arguments: Arc::new(arguments),
            format,
        })
    }
}

/// The path of the function that `/api/run/<directory>/<module>/<function>` names.
pub(super) fn run_path(route: &str) -> Result<String, ApiError> {
    match route.rsplit_once('/') {
        Some((module, function)) if !module.is_empty() && !function.is_empty() => {
            Ok(format!("{module}:{function}"))
        }
        _ => Err(ApiError::bad_request(
            BAD_PATH,
            format!("`{route}` must name a module and a function, as in `messages/list`"),
        )),
    }
}

/// Reads a JSON body.
pub(super) fn parse<T: DeserializeOwned>(
    body: Result<Bytes, BytesRejection>,
) -> Result<T, ApiError> {
    let body = body.map_err(|rejection| {
        ApiError::new(rejection.status(), "BodyUnreadable", rejection.body_text())
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        ApiError::bad_request(BAD_JSON, format!("the body can't be read: {error}"))
    })
}
