//! What the protocol needs of the deployment behind it.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value as Json;

use super::protocol::JsonText;
use crate::secret::Secret;
use crate::values::Timestamp;

/// The deployment as the sockets and the HTTP API use it.
///
/// Mutations and actions that were started are polled to their end, whatever becomes of the client. Queries and
/// authentications are dropped with the connection they were for.
pub(crate) trait Backend: Send + Sync + 'static {
    /// Who calls. `Default` is nobody.
    type Identity: Rights;
    type Snapshot: Snapshot;
    type Result: LiveResult;

    /// The wall clock, in nanoseconds since the Unix epoch.
    fn now_nanoseconds(&self) -> u64;

    /// The newest state that is durable.
    fn latest(&self) -> Self::Snapshot;

    /// The state at a timestamp, which may be too old to be kept.
    fn snapshot_at(&self, timestamp: Timestamp) -> Result<Self::Snapshot, SystemError>;

    /// Who the credentials stand for. [`Credentials::None`] never fails.
    fn authenticate(
        &self,
        credentials: Credentials,
    ) -> impl Future<Output = Result<Self::Identity, AuthenticationFailure>> + Send;

    /// Whether `path` can name a function at all; the error says why not.
    fn check_path(&self, path: &str) -> Result<(), String>;

    /// The kind of function that `path` names, internal ones included.
    fn kind(&self, path: &str) -> Option<FunctionKind>;

    /// Runs a query, or finds its result, at a snapshot. What the developer got wrong is in the result.
    fn query(
        &self,
        call: QueryCall<Self::Identity>,
        at: &Self::Snapshot,
    ) -> impl Future<Output = Result<Arc<Self::Result>, SystemError>> + Send;

    /// Runs a mutation. With a key whose success is stored, answers that instead.
    fn mutation(
        &self,
        call: FunctionCall<Self::Identity>,
        key: Option<RequestKey>,
    ) -> impl Future<Output = MutationResult> + Send;

    fn action(
        &self,
        call: FunctionCall<Self::Identity>,
    ) -> impl Future<Output = ActionResult> + Send;
}

/// What of an identity matters here.
pub(crate) trait Rights: Clone + fmt::Debug + Default + Send + Sync + 'static {
    /// Whether the admin key was shown, also when acting as somebody else.
    fn is_admin(&self) -> bool;
    /// When a user's token expires, in seconds since the Unix epoch.
    fn expires_at_seconds(&self) -> Option<u64>;
}

/// A state of the database.
pub(crate) trait Snapshot: Clone + Send + Sync + 'static {
    fn timestamp(&self) -> Timestamp;
}

/// A query's result, which knows how long it holds.
pub(crate) trait LiveResult: Send + Sync + 'static {
    /// Keeps a listener registered until it is dropped.
    type Watch: Send + Sync + 'static;

    fn outcome(&self) -> Result<&Arc<str>, &FunctionFailure>;
    fn log_lines(&self) -> &[String];
    fn journal(&self) -> Option<&str>;
    /// Of the value or error and the log lines: equal results are not sent twice.
    fn hash(&self) -> u64;
    /// Whether the query would give the same result at `timestamp`, which is not before it was run.
    fn valid_at(&self, timestamp: Timestamp) -> bool;
    /// Calls the listener once when the result is no longer valid at the newest snapshot; at once if that is so
    /// already. By then `Backend::latest` gives a snapshot at which [`LiveResult::valid_at`] is false.
    fn on_invalid(self: &Arc<Self>, listener: Box<dyn FnOnce() + Send + Sync>) -> Self::Watch;
}

/// The kinds of functions that clients can call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FunctionKind {
    Query,
    Mutation,
    Action,
}

/// A function, its arguments and who calls.
#[derive(Clone, Debug)]
pub(crate) struct FunctionCall<I> {
    /// As the client wrote it: `dir/module:function`, or a spelling that means the same.
    pub(crate) path: String,
    /// An object in encoded form.
    pub(crate) arguments: Arc<Json>,
    pub(crate) identity: I,
}

/// A query to run.
#[derive(Clone, Debug)]
pub(crate) struct QueryCall<I> {
    pub(crate) function: FunctionCall<I>,
    /// From the last run of the same query, so that a page ends where it did.
    pub(crate) journal: Option<String>,
}

/// What makes a mutation that is sent again the same mutation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestKey {
    pub(crate) session: Arc<str>,
    pub(crate) request: u32,
}

/// How a mutation ended: with its value and the timestamp of its commit.
#[derive(Clone, Debug)]
pub(crate) struct MutationResult {
    pub(crate) outcome: Result<(Arc<str>, Timestamp), CallError>,
    pub(crate) log_lines: Vec<String>,
}

/// How an action ended.
#[derive(Clone, Debug)]
pub(crate) struct ActionResult {
    pub(crate) outcome: Result<Arc<str>, CallError>,
    pub(crate) log_lines: Vec<String>,
}

/// Why a call has no value.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CallError {
    /// The function failed, or cannot be called like this: the caller is told.
    #[error(transparent)]
    Function(#[from] FunctionFailure),
    /// The deployment could not do its part.
    #[error(transparent)]
    System(#[from] SystemError),
}

/// An error that a function threw, or that stands for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct FunctionFailure {
    pub(crate) message: String,
    /// The data of a `ConvexError`, in encoded form.
    pub(crate) data: Option<JsonText>,
}

/// The deployment's own failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct SystemError {
    pub(crate) kind: SystemErrorKind,
    /// A short word that clients choose their backoff by, such as `InternalServerError`.
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// What a client may do about a [`SystemError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SystemErrorKind {
    /// The request cannot be answered as it is.
    BadRequest,
    /// Too much at once, or a conflict that went on for too long: try again later.
    Overloaded,
    /// A fault.
    Internal,
}

impl SystemError {
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self {
            kind: SystemErrorKind::Internal,
            code: "InternalServerError",
            message: message.into(),
        }
    }
}

/// Why credentials were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct AuthenticationFailure {
    /// A short word such as `NoAuthProvider`.
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What a client shows to say who it is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(tag = "tokenType")]
pub(crate) enum Credentials {
    User {
        value: Secret,
    },
    Admin {
        value: Secret,
        #[serde(alias = "acting_as")]
        impersonating: Option<Json>,
    },
    #[default]
    None,
}
