//! What can go wrong on the way to Clerk and back.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::wire::DotSegment;

/// One entry of Clerk's list of errors.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct BackendApiError {
    /// Clerk's code, such as `resource_not_found`.
    pub code: String,
    /// A short text.
    #[serde(default)]
    pub message: String,
    /// A longer text.
    #[serde(default)]
    pub long_message: Option<String>,
    /// Details, such as the parameter's name.
    #[serde(default)]
    pub meta: Map<String, Value>,
}

/// Why a call failed.
///
/// The texts of Clerk are for operators; none of this is shown to whoever made a request.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// Clerk refused.
    #[error("the Backend API answered {status} ({})", errors.first().map_or("no code", |error| error.code.as_str()))]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Clerk's reasons.
        errors: Vec<BackendApiError>,
        /// What Clerk's support asks for.
        trace_id: Option<String>,
        /// When to try again, for a rate limit.
        retry_after: Option<Duration>,
    },
    /// There was no answer.
    #[error("the Backend API did not answer ({0})")]
    Unreachable(&'static str),
    /// The answer is not what the endpoint's documentation says.
    #[error("the Backend API's answer has an unexpected form ({0})")]
    UnexpectedAnswer(String),
    /// A part of a path would lead to another endpoint.
    #[error(transparent)]
    DotSegment(#[from] DotSegment),
    /// The address of the Backend API, with this path, is no URL.
    #[error("the address of the Backend API is not a URL")]
    InvalidAddress,
    /// There is no TLS on this machine.
    #[error("no TLS is available for calls of the Backend API")]
    NoTls,
}

impl BackendError {
    /// Names the kind of failure only: the URL can hold tokens.
    pub(super) fn unreachable(error: &reqwest::Error) -> Self {
        Self::Unreachable(if error.is_timeout() {
            "timeout"
        } else if error.is_connect() {
            "no connection"
        } else {
            "the connection failed"
        })
    }

    /// The first of Clerk's codes; `unexpected_error` when there was no answer, as Clerk's own SDK has it.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { errors, .. } => errors.first().map(|error| error.code.as_str()),
            Self::Unreachable(_) => Some("unexpected_error"),
            _ => None,
        }
    }

    /// The HTTP status, if there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// A stable code for logs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Refused { status: 401, .. } => "backend-unauthorized",
            Self::Refused { status: 404, .. } => "backend-not-found",
            Self::Refused { status: 429, .. } => "backend-rate-limited",
            Self::Refused { .. } => "backend-refused",
            Self::Unreachable(_) => "backend-unreachable",
            Self::UnexpectedAnswer(_) => "backend-unexpected-answer",
            Self::DotSegment(_) => "backend-dot-path-segment",
            Self::InvalidAddress => "backend-invalid-address",
            Self::NoTls => "backend-no-tls",
        }
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::Refused { status: 401, .. } => {
                "Check that CLERK_SECRET_KEY belongs to this instance and was not rotated."
            }
            Self::Refused { status: 404, .. } => {
                "Check the id, or the JWT template's name in the Clerk dashboard."
            }
            Self::Refused { status: 429, .. } => {
                "Call less often; `retry_after` says when to go on."
            }
            Self::Refused { .. } => {
                "Read Clerk's codes; its support knows the call by its trace id."
            }
            Self::Unreachable(_) => {
                "Check that this server can reach the Backend API (CLERK_API_URL)."
            }
            Self::UnexpectedAnswer(_) => {
                "Check that CLERK_API_URL is Clerk's Backend API, and update this library."
            }
            Self::DotSegment(_) => "Do not put `.` or `..` into ids and names.",
            Self::InvalidAddress => "Correct CLERK_API_URL.",
            Self::NoTls => "Check the machine's root certificates.",
        }
    }
}
