//! What the proxy answers when it cannot.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// Why a request did not get to Clerk and back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The upstream address is not a plain http or https address.
    #[error(
        "the address of the Frontend API is not an http or https address, or holds more than scheme, host and path"
    )]
    InvalidUpstream,
    /// There is no TLS on this machine.
    #[error("no TLS is available for calls of the Frontend API")]
    NoTls,
    /// The request is not below the proxy's path, or its path climbs out.
    #[error("the request is not below the proxy's path")]
    PathMismatch,
    /// The path would have taken the request to another host.
    #[error("the request would have gone to another host")]
    HostMismatch,
    /// Clerk did not answer.
    #[error("the Frontend API did not answer ({0})")]
    Unreachable(&'static str),
    /// Clerk compressed the answer although it was asked not to.
    #[error("the Frontend API compressed its answer although it was asked not to")]
    Compressed,
}

impl ProxyError {
    /// Names the kind of failure only: the URL can hold tokens.
    pub(super) fn unreachable(error: &reqwest::Error) -> Self {
        Self::Unreachable(if error.is_timeout() {
            "timeout"
        } else if error.is_connect() {
            "no connection"
        } else if error.is_body() {
            "the request's body broke off"
        } else {
            "the connection failed"
        })
    }

    /// A stable code for logs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidUpstream => "proxy-invalid-upstream",
            Self::NoTls => "proxy-no-tls",
            Self::PathMismatch => "proxy-path-mismatch",
            Self::HostMismatch => "proxy-host-mismatch",
            Self::Unreachable(_) => "proxy-unreachable",
            Self::Compressed => "proxy-compressed",
        }
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::InvalidUpstream => "Correct CLERK_FAPI_URL, or leave it out.",
            Self::NoTls => "Check the machine's root certificates.",
            Self::PathMismatch => "Send only requests below the proxy's path to it.",
            Self::HostMismatch => "Nothing: the client sent a path that no browser would.",
            Self::Unreachable(_) => "Check that this server can reach Clerk's Frontend API.",
            Self::Compressed => "Check what stands between this server and Clerk's Frontend API.",
        }
    }

    /// The code in the answer, which ClerkJS knows.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidUpstream | Self::NoTls => "proxy_configuration_error",
            Self::PathMismatch => "proxy_path_mismatch",
            Self::HostMismatch | Self::Unreachable(_) | Self::Compressed => "proxy_request_failed",
        }
    }

    /// What to answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::InvalidUpstream | Self::NoTls => StatusCode::INTERNAL_SERVER_ERROR,
            Self::PathMismatch | Self::HostMismatch => StatusCode::BAD_REQUEST,
            Self::Unreachable(_) | Self::Compressed => StatusCode::BAD_GATEWAY,
        }
    }
}

impl IntoResponse for ProxyError {
    fn into_response(self) -> Response {
        let body = json!({ "errors": [{ "code": self.code(), "message": self.to_string() }] });
        let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        (self.status(), [no_store], axum::Json(body)).into_response()
    }
}
