//! What crosses the border between an engine and the deployment: calls, their outcome, and the host's side of syscalls.

use std::{fmt, str::FromStr};

use serde_json::Value as Json;

/// What a function is registered as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FunctionKind {
    Query,
    Mutation,
    Action,
    HttpAction,
}

impl FunctionKind {
    /// The method of a registered function that runs it.
    pub(super) fn invoke(self) -> &'static str {
        match self {
            Self::Query => "invokeQuery",
            Self::Mutation => "invokeMutation",
            Self::Action => "invokeAction",
            Self::HttpAction => "invokeHttpAction",
        }
    }
}

impl fmt::Display for FunctionKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Action => "action",
            Self::HttpAction => "HTTP action",
        })
    }
}

/// The name of a function, `dir/messages:list` when displayed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FunctionPath {
    pub module: String,
    pub function: String,
}

impl FunctionPath {
    pub(crate) fn new(module: impl Into<String>, function: impl Into<String>) -> Self {
        Self {
            module: module.into(),
            function: function.into(),
        }
    }
}

impl fmt::Display for FunctionPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.module, self.function)
    }
}

/// A text that names no function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a function: it reads like \"dir/messages:list\".")]
pub(crate) struct InvalidFunctionPath(String);

impl FromStr for FunctionPath {
    type Err = InvalidFunctionPath;

    /// Reads the canonical form, and what clients may send instead: with `.js`, and without the name of a default export.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (module, function) = text.rsplit_once(':').unwrap_or((text, "default"));
        let module = module.strip_suffix(".js").unwrap_or(module);
        if module.is_empty() || function.is_empty() {
            return Err(InvalidFunctionPath(text.to_owned()));
        }
        Ok(Self::new(module, function))
    }
}

/// One call of a function.
#[derive(Clone, Debug)]
pub(crate) struct Invocation {
    pub kind: FunctionKind,
    pub path: FunctionPath,
    /// JSON text of an array with the arguments object as its only element.
    pub arguments: String,
    /// What an action's syscalls carry; empty for queries and mutations.
    pub request_id: String,
    /// The time that a query or mutation sees throughout.
    pub now_milliseconds: f64,
    /// What `Math.random` starts from.
    pub seed: [u8; 32],
}

/// How a call ended.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    /// JSON text of the encoded result.
    pub result: Result<String, FunctionError>,
    pub log_lines: Vec<String>,
}

impl Execution {
    pub(super) fn failed(error: FunctionError) -> Self {
        Self {
            result: Err(error),
            log_lines: Vec::new(),
        }
    }
}

/// An error of user code, or of the deployment as user code's developer sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FunctionError {
    /// `Uncaught Error: text`, followed by frames in terms of the files in `convex/`.
    pub message: String,
    /// What a `ConvexError` carries, encoded.
    pub data: Option<Json>,
    /// Names an error of the deployment's own, such as `FunctionTimedOut`.
    pub code: Option<String>,
}

impl FunctionError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            data: None,
            code: None,
        }
    }

    pub(crate) fn coded(code: &str, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            data: None,
            code: Some(code.to_owned()),
        }
    }
}

/// A request for an HTTP action.
#[derive(Clone, Debug)]
pub(crate) struct HttpRequest {
    pub method: String,
    /// Absolute, as user code sees it; its path is what routes are matched with.
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What an HTTP action answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HttpResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// How an HTTP action ended.
#[derive(Clone, Debug)]
pub(crate) struct HttpExecution {
    pub result: Result<HttpResponse, FunctionError>,
    pub log_lines: Vec<String>,
}

/// The error of a syscall, thrown into user code.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HostError {
    pub message: String,
    /// What a `ConvexError` of a nested call carries, encoded.
    pub data: Option<Json>,
    pub code: Option<String>,
}

#[cfg(test)]
impl HostError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            data: None,
            code: None,
        }
    }
}

/// The answer to an asynchronous syscall of a query or mutation.
#[derive(Debug)]
pub(crate) enum Reply {
    Value(Json),
    /// Run this first, in a context of its own and with the same host, and ask [`TransactionHost::nested_done`].
    Call(Invocation),
}

/// The deployment as a query or mutation sees it.
pub(crate) trait TransactionHost {
    fn syscall(&mut self, operation: &str, arguments: Json) -> Result<Json, HostError>;
    /// Called in the order in which user code asked, one at a time, while no JavaScript runs.
    fn async_syscall(&mut self, operation: &str, arguments: Json) -> Result<Reply, HostError>;
    /// The outcome of a [`Reply::Call`]. Its log lines are among the caller's already.
    fn nested_done(&mut self, execution: Execution) -> Result<Json, HostError>;
}

/// What answers an asynchronous syscall of an action.
pub(crate) type Done = Box<dyn FnOnce(Result<Json, HostError>) + Send>;

/// The deployment as an action sees it. Operations may be under way at the same time.
pub(crate) trait ActionHost: Send + Sync {
    fn syscall(&self, operation: &str, arguments: Json) -> Result<Json, HostError>;
    fn start(&self, operation: String, arguments: Json, done: Done);
}
