//! The messages of both sides, as the official clients write and read them.

use std::borrow::Cow;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use super::backend::Credentials;
use crate::values::Timestamp;

pub(crate) type QueryId = u32;
pub(crate) type RequestId = u32;

/// A message of a client. Optional fields may be absent or null, and unknown ones are ignored.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub(crate) enum ClientMessage {
    Connect {
        #[serde(deserialize_with = "session_id")]
        session_id: Arc<str>,
        max_observed_timestamp: Option<Timestamp>,
        client_ts: Option<i64>,
    },
    ModifyQuerySet {
        base_version: u32,
        new_version: u32,
        modifications: Vec<QuerySetModification>,
    },
    Authenticate {
        base_version: u32,
        #[serde(flatten)]
        token: Credentials,
    },
    Mutation {
        request_id: RequestId,
        #[serde(flatten)]
        function: FunctionReference,
    },
    Action {
        request_id: RequestId,
        #[serde(flatten)]
        function: FunctionReference,
    },
    /// Telemetry of any content.
    Event {},
}

/// One step of a change to the set of subscribed queries.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub(crate) enum QuerySetModification {
    Add {
        query_id: QueryId,
        #[serde(flatten)]
        function: FunctionReference,
        journal: Option<String>,
    },
    Remove {
        query_id: QueryId,
    },
}

/// A function and what to call it with.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionReference {
    pub(crate) udf_path: String,
    #[serde(deserialize_with = "arguments")]
    pub(crate) args: Arc<Json>,
    pub(crate) component_path: Option<String>,
}

fn session_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    let hyphen = |index: usize| matches!(index, 8 | 13 | 18 | 23);
    let fits = text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match byte {
            b'-' => hyphen(index),
            byte => !hyphen(index) && byte.is_ascii_hexdigit(),
        });
    if fits {
        Ok(text.into())
    } else {
        Err(D::Error::custom("the session id is not a UUID"))
    }
}

fn arguments<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Json>, D::Error> {
    single_object(Json::deserialize(deserializer)?)
        .map(Arc::new)
        .map_err(D::Error::custom)
}

/// The arguments object of a call, which comes as it is or as the only element of an array.
pub(crate) fn single_object(arguments: Json) -> Result<Json, &'static str> {
    let object = match arguments {
        Json::Array(mut elements) if elements.len() == 1 => elements.remove(0),
        other => other,
    };
    if object.is_object() {
        Ok(object)
    } else {
        Err("`args` must be an object, or an array with one object")
    }
}

/// Where a client's view of its queries stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(Deserialize))]
#[serde(rename_all = "camelCase")]
pub(crate) struct StateVersion {
    pub(crate) query_set: u32,
    pub(crate) identity: u32,
    pub(crate) ts: Timestamp,
}

/// A message to a client.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    test,
    derive(Deserialize),
    serde(tag = "type", rename_all_fields = "camelCase")
)]
pub(crate) enum ServerMessage {
    Transition(Transition),
    /// A part of a transition's text.
    TransitionChunk {
        chunk: String,
        part_number: usize,
        total_parts: usize,
        transition_id: String,
    },
    MutationResponse {
        request_id: RequestId,
        #[cfg_attr(test, serde(flatten))]
        outcome: Outcome,
        ts: Option<Timestamp>,
        log_lines: Vec<String>,
    },
    ActionResponse {
        request_id: RequestId,
        #[cfg_attr(test, serde(flatten))]
        outcome: Outcome,
        log_lines: Vec<String>,
    },
    AuthError {
        error: String,
        base_version: u32,
        auth_update_attempted: bool,
    },
    FatalError {
        error: String,
    },
    Ping,
}

/// One step of a client's whole set of queries.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(test, derive(Deserialize), serde(rename_all = "camelCase"))]
pub(crate) struct Transition {
    pub(crate) start_version: StateVersion,
    pub(crate) end_version: StateVersion,
    pub(crate) modifications: Vec<StateModification>,
    /// Milliseconds that the client's clock is ahead.
    pub(crate) client_clock_skew: Option<i64>,
    /// When this was sent, in nanoseconds.
    pub(crate) server_ts: Option<u64>,
}

/// What became of one query.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    test,
    derive(Deserialize),
    serde(tag = "type", rename_all_fields = "camelCase")
)]
pub(crate) enum StateModification {
    #[cfg_attr(test, serde(rename = "QueryUpdated"))]
    Updated {
        query_id: QueryId,
        value: JsonText,
        log_lines: Vec<String>,
        journal: Option<String>,
    },
    #[cfg_attr(test, serde(rename = "QueryFailed"))]
    Failed {
        query_id: QueryId,
        error_message: String,
        #[cfg_attr(test, serde(default, deserialize_with = "tests::present"))]
        error_data: Option<JsonText>,
        log_lines: Vec<String>,
        journal: Option<String>,
    },
    #[cfg_attr(test, serde(rename = "QueryRemoved"))]
    Removed { query_id: QueryId },
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Success(JsonText),
    Failure {
        message: String,
        /// The data of a `ConvexError`. Clients take its presence, even as null, for one.
        data: Option<JsonText>,
    },
}

/// JSON that is text already, shared by everyone it is sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonText(pub(crate) Arc<str>);

impl From<&Json> for JsonText {
    fn from(json: &Json) -> Self {
        Self(json.to_string().into())
    }
}

impl ServerMessage {
    /// The message as it is sent. Values are copied in as the text they are.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Transition(transition) => transition.to_text(),
            Self::TransitionChunk {
                chunk,
                part_number,
                total_parts,
                transition_id,
            } => Object::message("TransitionChunk", chunk.len() + 128)
                .field("chunk", chunk)
                .field("partNumber", part_number)
                .field("totalParts", total_parts)
                .field("transitionId", transition_id)
                .end(),
            Self::MutationResponse {
                request_id,
                outcome,
                ts,
                log_lines,
            } => outcome
                .write(
                    Object::message("MutationResponse", 128 + outcome.length())
                        .field("requestId", request_id),
                )
                .field("ts", ts)
                .field("logLines", log_lines)
                .end(),
            Self::ActionResponse {
                request_id,
                outcome,
                log_lines,
            } => outcome
                .write(
                    Object::message("ActionResponse", 128 + outcome.length())
                        .field("requestId", request_id),
                )
                .field("logLines", log_lines)
                .end(),
            Self::AuthError {
                error,
                base_version,
                auth_update_attempted,
            } => Object::message("AuthError", 128)
                .field("error", error)
                .field("baseVersion", base_version)
                .field("authUpdateAttempted", auth_update_attempted)
                .end(),
            Self::FatalError { error } => Object::message("FatalError", 128)
                .field("error", error)
                .end(),
            Self::Ping => Object::message("Ping", 16).end(),
        }
    }
}

impl Transition {
    fn to_text(&self) -> String {
        let length: usize = self
            .modifications
            .iter()
            .map(StateModification::length)
            .sum();
        let mut object = Object::message("Transition", 256 + length)
            .field("startVersion", &self.start_version)
            .field("endVersion", &self.end_version)
            .raw("modifications", "[");
        for (index, modification) in self.modifications.iter().enumerate() {
            if index > 0 {
                object.text.push(',');
            }
            modification.write(&mut object.text);
        }
        object.text.push(']');
        object
            .field("clientClockSkew", &self.client_clock_skew)
            .field("serverTs", &self.server_ts)
            .end()
    }

    /// The text cut into parts of about `size` bytes, at the boundaries of characters.
    pub(crate) fn chunks(text: &str, size: usize) -> Vec<ServerMessage> {
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let mut end = size.max(4).min(rest.len());
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            let (part, after) = rest.split_at(end);
            parts.push(part);
            rest = after;
        }
        let total_parts = parts.len();
        let chunk = |(part_number, part): (usize, &str)| ServerMessage::TransitionChunk {
            chunk: part.to_owned(),
            part_number,
            total_parts,
            transition_id: text.len().to_string(),
        };
        parts.into_iter().enumerate().map(chunk).collect()
    }
}

impl StateModification {
    /// About how long the text will be.
    fn length(&self) -> usize {
        match self {
            Self::Updated { value, .. } => 128 + value.0.len(),
            Self::Failed { error_message, .. } => 192 + error_message.len(),
            Self::Removed { .. } => 64,
        }
    }

    fn write(&self, text: &mut String) {
        let object = Object::on(std::mem::take(text));
        *text = match self {
            Self::Updated {
                query_id,
                value,
                log_lines,
                journal,
            } => object
                .field("type", "QueryUpdated")
                .field("queryId", query_id)
                .raw("value", &value.0)
                .field("logLines", log_lines)
                .field("journal", journal)
                .end(),
            Self::Failed {
                query_id,
                error_message,
                error_data,
                log_lines,
                journal,
            } => object
                .field("type", "QueryFailed")
                .field("queryId", query_id)
                .field("errorMessage", error_message)
                .field("logLines", log_lines)
                .optional("errorData", error_data.as_ref())
                .field("journal", journal)
                .end(),
            Self::Removed { query_id } => object
                .field("type", "QueryRemoved")
                .field("queryId", query_id)
                .end(),
        };
    }
}

impl Outcome {
    fn length(&self) -> usize {
        match self {
            Self::Success(value) => value.0.len(),
            Self::Failure { message, data } => {
                message.len() + data.as_ref().map_or(0, |data| data.0.len())
            }
        }
    }

    fn write(&self, object: Object) -> Object {
        match self {
            Self::Success(value) => object.field("success", &true).raw("result", &value.0),
            Self::Failure { message, data } => object
                .field("success", &false)
                .field("result", message)
                .optional("errorData", data.as_ref()),
        }
    }
}

/// A JSON object that is being written. serde_json would check every value's text again to embed it.
pub(crate) struct Object {
    text: String,
    first: bool,
}

impl Object {
    pub(crate) fn new() -> Self {
        Self::on(String::new())
    }

    fn message(name: &str, capacity: usize) -> Self {
        Self::on(String::with_capacity(capacity)).field("type", name)
    }

    fn on(mut text: String) -> Self {
        text.push('{');
        Self { text, first: true }
    }

    /// A field whose value is JSON text. `name` needs no escaping.
    pub(crate) fn raw(mut self, name: &str, json: &str) -> Self {
        if !std::mem::replace(&mut self.first, false) {
            self.text.push(',');
        }
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
        self.text.push_str(json);
        self
    }

    pub(crate) fn optional(self, name: &str, json: Option<&JsonText>) -> Self {
        match json {
            Some(json) => self.raw(name, &json.0),
            None => self,
        }
    }

    pub(crate) fn field<T: Serialize + ?Sized>(self, name: &str, value: &T) -> Self {
        // Strings, numbers and structs of them always have a text.
        let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
        self.raw(name, &json)
    }

    pub(crate) fn end(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

#[cfg(test)]
mod tests;
