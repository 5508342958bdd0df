//! What can go wrong with a function call.

use std::fmt;

use super::{
    address::AddressError,
    auth::Refusal,
    function::{FunctionKind, FunctionPath},
    values::{EncodedValue, ValueError},
};

/// A function failed on the deployment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FunctionError {
    /// Which kind of function.
    pub kind: FunctionKind,
    /// Which function.
    pub path: FunctionPath,
    /// The deployment's text. A production deployment says little more than a request id here.
    pub message: String,
    /// What a `ConvexError` carried; `None` when the function failed with any other error.
    pub data: Option<EncodedValue>,
}

impl FunctionError {
    /// Describes a failure that a deployment reported.
    #[must_use]
    pub fn new(
        kind: FunctionKind,
        path: FunctionPath,
        message: String,
        data: Option<EncodedValue>,
    ) -> Self {
        Self {
            kind,
            path,
            message,
            data,
        }
    }

    /// Reads what a `ConvexError` carried; `None` when there is nothing or it has another shape.
    #[must_use]
    pub fn data_as<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        self.data.as_ref().and_then(|data| data.decode().ok())
    }
}

/// The text that official clients show, so that it is found in a search.
impl fmt::Display for FunctionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            path,
            message,
            ..
        } = self;
        write!(
            formatter,
            "[CONVEX {}({path})] {message}\n  Called by client",
            kind.letter()
        )
    }
}

impl std::error::Error for FunctionError {}

/// Why there is no client that could be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// The hook was used outside every Convex provider.
    #[error("there is no Convex provider around this component")]
    NoProvider,
    /// No address of a deployment is configured.
    #[error("no Convex deployment is configured")]
    NotConfigured,
    /// The address of the deployment is not one.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The call was made where there is no browser.
    #[error("this can only be done in a browser")]
    NotInBrowser,
}

impl Unavailable {
    /// A stable code for logs and tests.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoProvider => "no-provider",
            Self::NotConfigured => "not-configured",
            Self::Address(error) => error.reason(),
            Self::NotInBrowser => "not-in-browser",
        }
    }

    /// What can be done about it.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::NoProvider => "Put a Convex provider around the application.",
            Self::NotConfigured => "Set CONVEX_URL, or the `url` of the provider.",
            Self::Address(error) => error.action(),
            Self::NotInBrowser => {
                "Call it from an event handler or an Effect; both run in the browser only."
            }
        }
    }
}

/// Why a query, a mutation or an action has no value.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The function failed.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The connection broke after an action was sent: whether it ran is unknown, and it may not run twice.
    #[error("[CONVEX {}({path})] Connection lost while {} was in flight\n  Called by client", kind.letter(), name(*kind))]
    ConnectionLost {
        /// Which kind of function.
        kind: FunctionKind,
        /// Which function.
        path: FunctionPath,
    },
    /// The call needs a signed-in person, and there is none.
    #[error("nobody is signed in")]
    SignedOut,
    /// The call needs a signed-in person, and Convex refused the token.
    #[error("Convex refused the sign-in: {0}")]
    Refused(Refusal),
    /// Somebody else signed in, or the person signed out, before the call was sent or confirmed.
    #[error("the signed-in person changed before the call was made")]
    IdentityChanged,
    /// The client has been closed, or the deployment ended the conversation for good.
    #[error("the connection to Convex has ended: {0}")]
    Terminated(String),
    /// The arguments or the value could not be converted.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// There is no client that could be asked.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl RequestError {
    /// A stable code for logs and tests.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Function(error) if error.data.is_some() => "convex-error",
            Self::Function(_) => "function-failed",
            Self::ConnectionLost { .. } => "connection-lost",
            Self::SignedOut => "signed-out",
            Self::Refused(_) => "convex-refused",
            Self::IdentityChanged => "identity-changed",
            Self::Terminated(_) => "terminated",
            Self::Value(_) => "value",
            Self::Unavailable(unavailable) => unavailable.reason(),
        }
    }

    /// What can be done about it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::Function(_) => "Read the function's log in the Convex dashboard.",
            Self::ConnectionLost { .. } => {
                "Find out whether the action ran before calling it again."
            }
            Self::SignedOut => "Send the person to the sign-in page.",
            Self::Refused(refusal) => refusal.action(),
            Self::IdentityChanged => "Let the person who is there now decide.",
            Self::Terminated(_) => "Reload the page.",
            Self::Value(_) => {
                "Make the types of the function reference fit the function's validators."
            }
            Self::Unavailable(unavailable) => unavailable.action(),
        }
    }
}

fn name(kind: FunctionKind) -> &'static str {
    match kind {
        FunctionKind::Query => "query",
        FunctionKind::Mutation => "mutation",
        FunctionKind::Action => "action",
    }
}

/// Why a message of the deployment could not be taken. The connection is opened anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The message is not one of the protocol's.
    #[error("a message cannot be read: {0}")]
    Unreadable(String),
    /// A transition does not begin where the last one ended.
    #[error("a transition does not begin where the last one ended")]
    VersionMismatch,
    /// The parts of a large transition do not fit together.
    #[error("the parts of a transition do not fit together: {0}")]
    Chunks(&'static str),
}
