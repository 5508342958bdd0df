//! Why a call from the server has no value.

use ::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::{
    convex::{FunctionError, Refusal, RefusalReason, values::ValueError},
    server::{AuthError, TokenError},
};

/// Why a call from the server has no value.
///
/// As an axum response it has [`status`](Self::status) and a short sentence; the details are in the log.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The function failed. [`FunctionError::data_as`] reads what a `ConvexError` carries.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The deployment does not accept the token.
    #[error("Convex refused the sign-in: {0}")]
    Unauthenticated(Refusal),
    /// The deployment does not take the call.
    #[error("the deployment refused the call (status {status}, {code}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The deployment's code; empty when it gave none.
        code: String,
        /// The deployment's text.
        message: String,
    },
    /// No connection was made, so nothing has run.
    #[error("the Convex deployment at {address} cannot be reached: {detail}")]
    Unreachable {
        /// Where it should be.
        address: String,
        /// What the system said.
        detail: String,
    },
    /// There was a connection, but no answer in time: a mutation or an action may have run.
    #[error("the Convex deployment at {address} did not answer: {detail}")]
    NoAnswer {
        /// Where it is.
        address: String,
        /// What the system said.
        detail: String,
    },
    /// What answers there is no Convex deployment, or one that speaks otherwise.
    #[error("the answer of {address} is not one of a Convex deployment: {detail}")]
    BadAnswer {
        /// Who answered.
        address: String,
        /// What is wrong with the answer.
        detail: String,
    },
    /// There is no address to call.
    #[error("no Convex deployment is configured")]
    NoAddress,
    /// The address cannot be one of a deployment.
    #[error("`{0}` is not the address of a Convex deployment")]
    Address(String),
    /// It is not known who the request is from.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// Somebody may be signed in, but Clerk's keys were not to be had.
    #[error("it could not be verified who the request is from")]
    Unverifiable,
    /// There is no token of the JWT template.
    #[error("there is no token for Convex: {0}")]
    Token(#[from] TokenError),
    /// Arguments that cannot be written, or a value of another shape than expected.
    #[error(transparent)]
    Value(#[from] ValueError),
}

impl FetchError {
    /// A stable code for logs and tests.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Function(error) if error.data.is_some() => "convex-error",
            Self::Function(_) => "function-failed",
            Self::Unauthenticated(_) => "convex-refused",
            Self::Refused { .. } => "call-refused",
            Self::Unreachable { .. } => "deployment-unreachable",
            Self::NoAnswer { .. } => "no-answer",
            Self::BadAnswer { .. } => "bad-answer",
            Self::NoAddress => "no-address",
            Self::Address(_) => "address-invalid",
            Self::Auth(error) => error.reason(),
            Self::Unverifiable => "unverifiable",
            Self::Token(error) => error.reason(),
            Self::Value(_) => "value",
        }
    }

    /// What can be done about it.
    #[must_use]
    pub fn action(&self) -> String {
        let action = match self {
            Self::Auth(error) => return error.action(),
            Self::Unauthenticated(refusal) => refusal.reason.action(),
            Self::Token(error) => error.action(),
            Self::Function(error) if error.data.is_some() => {
                "Read the error's data: the function threw it for its caller."
            }
            Self::Function(_) => "Look for the text in the deployment's log.",
            Self::Refused {
                status: 429 | 503, ..
            } => "Try again later; the deployment has too much to do.",
            Self::Refused { status: 404, .. } => {
                "Check that CONVEX_URL is the deployment's address (…convex.cloud), without a path."
            }
            Self::Refused { .. } => "Look at the code and the text.",
            Self::Unreachable { .. } => {
                "Check CONVEX_URL, and the way from this server to the deployment."
            }
            Self::NoAnswer { .. } => {
                "Look into the deployment's log whether the call ran, before it is made again."
            }
            Self::BadAnswer { .. } => {
                "Check that CONVEX_URL is the deployment's address, and that nothing in between answers for it."
            }
            Self::NoAddress => "Set CONVEX_URL=https://….convex.cloud, or `FetchOptions::url`.",
            Self::Address(_) => {
                "Write http:// or https:// and a host: https://….convex.cloud for functions, and not the address of HTTP actions (…convex.site)."
            }
            Self::Unverifiable => "Check the way from this server to Clerk, or set CLERK_JWT_KEY.",
            Self::Value(_) => "Compare the Rust types with the function's validators.",
        };
        action.to_owned()
    }

    /// The status of an answer whose request ends with this error.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            // What a function throws for its caller says something about the request.
            Self::Function(error) if error.data.is_some() => StatusCode::BAD_REQUEST,
            // Nobody has to sign in again because the deployment cannot verify.
            Self::Unauthenticated(Refusal {
                reason: RefusalReason::KeysUnavailable,
                ..
            }) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::Token(TokenError::SignedOut) => StatusCode::UNAUTHORIZED,
            Self::Refused {
                status: 429 | 503, ..
            }
            | Self::Unreachable { .. }
            | Self::Unverifiable
            | Self::Token(TokenError::Unreachable) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NoAnswer { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Function(_) | Self::Refused { .. } | Self::BadAnswer { .. } | Self::Token(_) => {
                StatusCode::BAD_GATEWAY
            }
            Self::NoAddress | Self::Address(_) | Self::Auth(_) | Self::Value(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// Whether it says no more than that there is nobody, or nobody any more, to ask for.
    pub(super) fn is_signed_out(&self) -> bool {
        match self {
            // Any other refusal is a mistake in the configuration, which somebody should hear of.
            Self::Unauthenticated(refusal) => refusal.reason == RefusalReason::Expired,
            Self::Token(TokenError::SignedOut) | Self::Unverifiable => true,
            _ => false,
        }
    }
}

impl IntoResponse for FetchError {
    fn into_response(self) -> Response {
        let status = self.status();
        let text = match status {
            StatusCode::BAD_REQUEST => "the request was refused",
            StatusCode::UNAUTHORIZED => "sign in to continue",
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                "the data is not available right now"
            }
            _ => "the data could not be had",
        };
        if status.is_server_error() {
            tracing::error!(reason = self.reason(), action = self.action(), "{self}");
        } else {
            tracing::debug!(reason = self.reason(), "{self}");
        }
        let no_store = [(::http::header::CACHE_CONTROL, "no-store")];
        (status, no_store, text).into_response()
    }
}
