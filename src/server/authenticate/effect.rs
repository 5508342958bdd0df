//! What an evaluation may ask for.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::server::keys::VerificationKey;
use crate::server::verify::VerificationError;

/// Something that takes input or output.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The instance's key with this id.
    Key {
        /// The id, as the token names it. It comes from an unverified token.
        key_id: String,
    },
    /// A call of the Backend API.
    Backend(BackendCall),
}

/// The answer to an [`Effect`].
#[derive(Clone, Debug)]
pub enum Answer {
    /// The key, or why it is not to be had.
    Key(Result<Arc<VerificationKey>, VerificationError>),
    /// What the Backend API said.
    Backend(BackendReply),
}

/// Which key a call of the Backend API is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendKey {
    /// The instance's secret key.
    Secret,
    /// The machine's key where there is one, else the instance's.
    Machine,
}

/// A call of the Backend API.
#[derive(Clone, PartialEq)]
pub struct BackendCall {
    /// `GET` or `POST`.
    pub method: http::Method,
    /// The path, with the version where the endpoint has one.
    pub path: String,
    /// The query, in order.
    pub query: Vec<(&'static str, String)>,
    /// The body, if there is one.
    pub body: Option<Value>,
    /// What to authorize with.
    pub key: BackendKey,
}

impl fmt::Debug for BackendCall {
    /// Without query and body: they hold tokens.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BackendCall")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// What the Backend API said.
#[derive(Clone)]
pub struct BackendReply {
    /// The status; `None` when there was no answer.
    pub status: Option<u16>,
    /// The body as JSON; `null` when it is none.
    pub body: Value,
}

impl fmt::Debug for BackendReply {
    /// Without the body: it holds tokens.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BackendReply")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl BackendReply {
    /// A call that got no answer.
    #[must_use]
    pub fn unreachable() -> Self {
        Self {
            status: None,
            body: Value::Null,
        }
    }

    /// The body of a success.
    pub(super) fn success(&self) -> Option<&Value> {
        self.status
            .filter(|status| (200..300).contains(status))
            .map(|_| &self.body)
    }

    /// The code of the first error: `Ok(None)` when there are no errors in the answer.
    pub(super) fn first_error_code(&self) -> Option<&str> {
        if self.status.is_none() {
            return Some("unexpected_error");
        }
        self.body.get("errors")?.get(0)?.get("code")?.as_str()
    }
}
