//! How a call fails, and what its caller is told.

use serde_json::Value as Json;

use crate::database::CommitError;
use crate::runtime::{FunctionError, FunctionKind, FunctionPath};
use crate::sync::{FunctionFailure, JsonText};

/// Why a call has no result.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CallError {
    /// The function, or the way it was called, is at fault: its caller sees the text.
    #[error("{}", .0.message)]
    Function(FunctionError),
    #[error("the data kept changing under the mutation; try again")]
    Conflict,
    #[error("too many calls are waiting; try again")]
    Overloaded,
    #[error("the deployment is stopping")]
    Stopping,
    #[error("the deployment failed: {0}")]
    Internal(String),
}

impl CallError {
    /// The short code of the protocol, which clients choose their delay by.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Function(error) => error.code.as_deref().unwrap_or("FunctionError"),
            Self::Conflict => "OptimisticConcurrencyControlFailure",
            Self::Overloaded => "TooManyConcurrentRequests",
            Self::Stopping => "ServiceUnavailable",
            Self::Internal(_) => "InternalServerError",
        }
    }

    /// The text that a client shows. `request_id` finds the same error in the deployment's log.
    pub(crate) fn for_client(&self, request_id: &str) -> String {
        match self {
            Self::Function(error) => {
                format!("[Request ID: {request_id}] Server Error\n{}", error.message)
            }
            other => format!(
                "[Request ID: {request_id}] Server Error\n{}: {other}",
                other.code()
            ),
        }
    }

    /// What a client is told.
    pub(crate) fn failure(&self, request_id: &str) -> FunctionFailure {
        FunctionFailure {
            message: self.for_client(request_id),
            data: self.data().map(JsonText::from),
        }
    }

    /// The data of a `ConvexError`.
    pub(crate) fn data(&self) -> Option<&Json> {
        match self {
            Self::Function(error) => error.data.as_ref(),
            _ => None,
        }
    }
}

impl From<FunctionError> for CallError {
    fn from(error: FunctionError) -> Self {
        Self::Function(error)
    }
}

impl From<CommitError> for CallError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Conflict,
            other => Self::Internal(other.to_string()),
        }
    }
}

/// An error that the deployment makes, not the function.
pub(super) fn function_error(code: &str, message: impl Into<String>) -> FunctionError {
    FunctionError {
        message: message.into(),
        data: None,
        code: Some(code.to_owned()),
    }
}

pub(super) fn not_found(path: &FunctionPath, public_only: bool) -> FunctionError {
    let message = if public_only {
        format!(
            "Could not find public function for '{path}'. Is it exported from `convex/{}`, and not internal?",
            path.module
        )
    } else {
        format!(
            "Could not find function for '{path}'. Is it exported from `convex/{}`?",
            path.module
        )
    };
    function_error("FunctionNotFound", message)
}

pub(super) fn wrong_kind(
    path: &FunctionPath,
    called: FunctionKind,
    is: FunctionKind,
) -> FunctionError {
    function_error(
        "WrongFunctionKind",
        format!(
            "Trying to execute {path} as {}, but it is defined as {}.",
            title(called),
            title(is)
        ),
    )
}

pub(super) fn not_provided(feature: &str) -> FunctionError {
    function_error(
        "NotProvided",
        format!("The local deployment does not provide {feature}; a Convex deployment does."),
    )
}

fn title(kind: FunctionKind) -> &'static str {
    match kind {
        FunctionKind::Query => "Query",
        FunctionKind::Mutation => "Mutation",
        FunctionKind::Action => "Action",
        FunctionKind::HttpAction => "HttpAction",
    }
}
