//! The messages of Convex's sync protocol, as they are on the wire.

mod read;
mod write;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{auth::AuthToken, error::ProtocolError, function::FunctionPath, values::EncodedValue};

/// The npm client whose protocol is spoken. Deployments read it from the path of the socket.
pub const CLIENT_VERSION: &str = "1.48.0";

/// When something was committed, in nanoseconds; clients only compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Reads one from the wire; `None` when it is none.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let bytes: [u8; 8] = STANDARD.decode(text).ok()?.try_into().ok()?;
        Some(Self(u64::from_le_bytes(bytes)))
    }

    /// As it is on the wire.
    pub(super) fn to_text(self) -> String {
        STANDARD.encode(self.0.to_le_bytes())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

/// How far both ends of a connection are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StateVersion {
    /// The version of the set of queries.
    pub query_set: u32,
    /// The version of the identity.
    pub identity: u32,
    /// The time of the data.
    pub ts: Timestamp,
}

/// What a client says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ClientMessage {
    /// The first message of a connection.
    Connect {
        /// A UUID that stays the same for the life of the client.
        session_id: String,
        /// How many connections there were before.
        connection_count: u32,
        /// Why the last one ended.
        last_close_reason: Option<String>,
        /// The newest data that the client has seen.
        max_observed_timestamp: Option<Timestamp>,
        /// The client's clock, in milliseconds.
        client_ts: i64,
    },
    /// Subscribes and unsubscribes.
    ModifyQuerySet {
        /// The version before.
        base_version: u32,
        /// The version after.
        new_version: u32,
        /// What changes.
        modifications: Vec<QuerySetModification>,
    },
    /// Says who is there.
    Authenticate {
        /// The identity's version before.
        base_version: u32,
        /// With what.
        credential: Credential,
    },
    /// Runs a mutation.
    Mutation(FunctionCall),
    /// Runs an action.
    Action(FunctionCall),
    /// Telemetry.
    Event {
        /// What kind.
        event_type: String,
        /// The details.
        event: Value,
    },
}

impl ClientMessage {
    /// The text frame.
    #[must_use]
    pub fn to_json(&self) -> String {
        write::client_message(self).to_string()
    }
}

/// A mutation or an action, called.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionCall {
    /// Counts mutations and actions together, for the life of the client.
    pub request_id: u32,
    /// The function.
    pub udf_path: FunctionPath,
    /// Its arguments: one object.
    pub args: Vec<Value>,
}

/// A step of a [`ClientMessage::ModifyQuerySet`].
#[derive(Clone, Debug, PartialEq)]
pub enum QuerySetModification {
    /// Subscribes.
    Add {
        /// Never used before by this client.
        query_id: u32,
        /// The query.
        udf_path: FunctionPath,
        /// Its arguments: one object.
        args: Vec<Value>,
        /// What the deployment gave with the query's last value.
        journal: Option<String>,
    },
    /// Unsubscribes.
    Remove {
        /// The query.
        query_id: u32,
    },
}

/// What an [`Authenticate`](ClientMessage::Authenticate) carries. It does not print its secrets.
#[derive(Clone, PartialEq)]
pub enum Credential {
    /// A person's JWT.
    User {
        /// The JWT.
        value: String,
    },
    /// Nobody.
    None,
    /// A deployment's admin key.
    Admin {
        /// The key.
        value: String,
        /// Whose identity to take.
        impersonating: Option<Value>,
    },
}

impl From<Option<&AuthToken>> for Credential {
    fn from(token: Option<&AuthToken>) -> Self {
        match token {
            Some(token) => Self::User {
                value: token.as_secret_str().to_owned(),
            },
            None => Self::None,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::User { .. } => "User(…)",
            Self::None => "None",
            Self::Admin { .. } => "Admin(…)",
        })
    }
}

/// What a deployment says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum ServerMessage {
    /// One atomic step of all subscribed queries.
    Transition(Transition),
    /// A part of a large transition.
    TransitionChunk(TransitionChunk),
    /// The outcome of a mutation.
    MutationResponse(FunctionResponse),
    /// The outcome of an action.
    ActionResponse(FunctionResponse),
    /// The identity was refused, or has expired.
    AuthError {
        /// Why.
        error: String,
        /// The identity's version of the last completed transition.
        base_version: u32,
        /// Whether an [`Authenticate`](ClientMessage::Authenticate) failed, rather than a running identity.
        #[serde(skip_serializing_if = "Option::is_none")]
        auth_update_attempted: Option<bool>,
    },
    /// The client broke the protocol and may not come back.
    FatalError {
        /// Why.
        error: String,
    },
    /// The connection is alive.
    Ping,
    /// A message of a later protocol.
    Unknown,
}

impl ServerMessage {
    /// Reads a text frame.
    ///
    /// ```
    /// use leptos_clerk_convex::convex::protocol::ServerMessage;
    ///
    /// assert_eq!(ServerMessage::from_json(r#"{"type":"Ping"}"#)?, ServerMessage::Ping);
    /// # Ok::<(), leptos_clerk_convex::convex::ProtocolError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Unreadable`] when it is not a message.
    pub fn from_json(text: &str) -> Result<Self, ProtocolError> {
        read::server_message(text)
    }
}

/// One atomic step of all subscribed queries.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transition {
    /// Where the last step ended.
    pub start_version: StateVersion,
    /// Where this one ends.
    pub end_version: StateVersion,
    /// What changed.
    pub modifications: Vec<StateModification>,
    /// How far the client's clock is ahead, in milliseconds.
    pub client_clock_skew: Option<i64>,
    /// The deployment's clock, in nanoseconds.
    pub server_ts: Option<i64>,
}

/// What happened to one query.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum StateModification {
    /// It has a value.
    QueryUpdated {
        /// The query.
        query_id: u32,
        /// Its value.
        value: EncodedValue,
        /// What it logged.
        log_lines: Vec<String>,
        /// To be given back when subscribing again.
        journal: Option<String>,
    },
    /// It failed.
    QueryFailed {
        /// The query.
        query_id: u32,
        /// Why.
        error_message: String,
        /// What it logged.
        log_lines: Vec<String>,
        /// What a `ConvexError` carried. `null` is something, absent is nothing.
        #[serde(skip_serializing_if = "Option::is_none")]
        error_data: Option<EncodedValue>,
        /// To be given back when subscribing again.
        journal: Option<String>,
    },
    /// It is no longer subscribed.
    QueryRemoved {
        /// The query.
        query_id: u32,
    },
}

/// A part of a large transition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransitionChunk {
    /// The text.
    pub chunk: String,
    /// Its place, from 0.
    pub part_number: u32,
    /// How many there are.
    pub total_parts: u32,
    /// Which transition it belongs to.
    pub transition_id: String,
}

/// The outcome of a mutation or an action.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionResponse {
    /// Which call.
    pub request_id: u32,
    /// Whether there is a value.
    pub success: bool,
    /// The value, or the error's text.
    pub result: EncodedValue,
    /// When a mutation was committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<Timestamp>,
    /// What the function logged.
    pub log_lines: Vec<String>,
    /// What a `ConvexError` carried. `null` is something, absent is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_data: Option<EncodedValue>,
}
