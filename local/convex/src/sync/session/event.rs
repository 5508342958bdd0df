//! What goes into the machine of a connection, and what comes out.

use crate::sync::backend::{
    ActionResult, AuthenticationFailure, Credentials, FunctionCall, MutationResult, QueryCall,
    RequestKey, SystemError, SystemErrorKind,
};
use crate::sync::protocol::{ClientMessage, QueryId, RequestId, ServerMessage, StateModification};
use crate::values::Timestamp;

/// What the moment of an event is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// The wall clock, since the Unix epoch.
    pub(crate) nanoseconds: u64,
    /// The newest state of the database.
    pub(crate) latest: Timestamp,
}

impl Now {
    pub(super) fn milliseconds(self) -> i64 {
        i64::try_from(self.nanoseconds / 1_000_000).unwrap_or(i64::MAX)
    }

    pub(super) fn seconds(self) -> u64 {
        self.nanoseconds / 1_000_000_000
    }
}

/// Something that happened.
#[derive(Debug)]
pub(crate) enum Event<I, A> {
    Message(ClientMessage),
    /// A message that is JSON, but none of the protocol's.
    Malformed(String),
    Authenticated(Result<I, AuthenticationFailure>),
    MutationFinished {
        request: RequestId,
        result: MutationResult,
    },
    ActionFinished {
        request: RequestId,
        result: ActionResult,
    },
    /// An answer that this connection holds is no longer valid.
    QueryInvalidated,
    /// An update is due, and this is the newest state of the database.
    Snapshot(Timestamp),
    UpdateComputed(Result<Vec<(QueryId, A)>, SystemError>),
    /// A held transition has waited long enough.
    GraceOver,
}

/// Something to do.
#[derive(Debug)]
pub(crate) enum Effect<I> {
    Send(ServerMessage),
    Authenticate(Credentials),
    RunMutation {
        request: RequestId,
        call: FunctionCall<I>,
        key: Option<RequestKey>,
    },
    RunAction {
        request: RequestId,
        call: FunctionCall<I>,
    },
    /// To be run at the snapshot that the update began with.
    ComputeUpdate(Vec<(QueryId, QueryCall<I>)>),
    Close(Close),
}

/// An answer to a query.
pub(crate) trait Answer {
    fn hash(&self) -> u64;
    fn journal(&self) -> Option<&str>;
    fn valid_at(&self, timestamp: Timestamp) -> bool;
    fn modification(&self, query_id: QueryId) -> StateModification;
}

/// How a connection ends. Without a code, the reason is for the log only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Close {
    pub(crate) code: Option<u16>,
    pub(crate) reason: String,
}

impl Close {
    const INTERNAL: u16 = 1011;
    const TRY_AGAIN_LATER: u16 = 1013;

    pub(crate) fn without_code(reason: impl Into<String>) -> Self {
        Self {
            code: None,
            reason: reason.into(),
        }
    }

    pub(super) fn internal(reason: &str) -> Self {
        Self {
            code: Some(Self::INTERNAL),
            reason: format!("InternalServerError: {reason}"),
        }
    }

    /// Too much at once. Clients choose how long they stay away by the code word.
    pub(super) fn overloaded(word: &str) -> Self {
        Self {
            code: Some(Self::TRY_AGAIN_LATER),
            reason: word.to_owned(),
        }
    }

    /// The client has seen a state that is not in the database.
    pub(super) fn database_reset() -> Self {
        Self::internal("the database was reset while this page was open; reload the page")
    }
}

impl From<&SystemError> for Close {
    fn from(error: &SystemError) -> Self {
        match error.kind {
            SystemErrorKind::Overloaded => Self::overloaded(error.code),
            SystemErrorKind::BadRequest => Self::without_code(error.to_string()),
            SystemErrorKind::Internal => Self {
                code: Some(Self::INTERNAL),
                reason: error.code.to_owned(),
            },
        }
    }
}
