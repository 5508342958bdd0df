//! What a deployment says, read from a text frame.
//!
//! By hand, over one parsed value: the code that serde derives for tagged messages buffers every field once more and is several
//! times the size in the browser. Fields that a later protocol adds are passed over.

use serde_json::{Map, Value};

use super::{
    FunctionResponse, ServerMessage, StateModification, StateVersion, Timestamp, Transition,
    TransitionChunk,
};
use crate::convex::{error::ProtocolError, values::whole_numbers};

pub(super) fn server_message(text: &str) -> Result<ServerMessage, ProtocolError> {
    let value =
        serde_json::from_str(text).map_err(|error| ProtocolError::Unreadable(error.to_string()))?;
    let mut fields = Fields::of(value)?;
    let kind = fields.text("type")?;
    Ok(match kind.as_str() {
        "Transition" => ServerMessage::Transition(transition(&mut fields)?),
        "TransitionChunk" => ServerMessage::TransitionChunk(TransitionChunk {
            chunk: fields.text("chunk")?,
            part_number: fields.number("partNumber")?,
            total_parts: fields.number("totalParts")?,
            transition_id: fields.text("transitionId")?,
        }),
        "MutationResponse" => ServerMessage::MutationResponse(function_response(&mut fields)?),
        "ActionResponse" => ServerMessage::ActionResponse(function_response(&mut fields)?),
        "AuthError" => ServerMessage::AuthError {
            error: fields.text("error")?,
            base_version: fields.number("baseVersion")?,
            auth_update_attempted: fields.take("authUpdateAttempted").as_bool(),
        },
        "FatalError" => ServerMessage::FatalError {
            error: fields.text("error")?,
        },
        "Ping" => ServerMessage::Ping,
        _ => ServerMessage::Unknown,
    })
}

fn transition(fields: &mut Fields) -> Result<Transition, ProtocolError> {
    Ok(Transition {
        start_version: fields.version("startVersion")?,
        end_version: fields.version("endVersion")?,
        modifications: fields
            .list("modifications")?
            .into_iter()
            .map(modification)
            .collect::<Result<_, _>>()?,
        client_clock_skew: number(fields.take("clientClockSkew")),
        server_ts: number(fields.take("serverTs")),
    })
}

fn modification(value: Value) -> Result<StateModification, ProtocolError> {
    let mut fields = Fields::of(value)?;
    let kind = fields.text("type")?;
    let query_id = fields.number("queryId")?;
    Ok(match kind.as_str() {
        "QueryUpdated" => StateModification::QueryUpdated {
            query_id,
            value: fields
                .value("value")
                .ok_or_else(|| unreadable("value", "missing"))?,
            log_lines: fields.lines()?,
            journal: text(fields.take("journal")),
        },
        "QueryFailed" => StateModification::QueryFailed {
            query_id,
            error_message: fields.text("errorMessage")?,
            log_lines: fields.lines()?,
            error_data: fields.value("errorData"),
            journal: text(fields.take("journal")),
        },
        "QueryRemoved" => StateModification::QueryRemoved { query_id },
        _ => return Err(unreadable("type", "not a modification's")),
    })
}

fn function_response(fields: &mut Fields) -> Result<FunctionResponse, ProtocolError> {
    Ok(FunctionResponse {
        request_id: fields.number("requestId")?,
        success: fields
            .take("success")
            .as_bool()
            .ok_or_else(|| unreadable("success", "not a boolean"))?,
        result: fields.value("result").unwrap_or_default(),
        ts: fields.optional_timestamp("ts")?,
        log_lines: fields.lines()?,
        error_data: fields.value("errorData"),
    })
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn number(value: Value) -> Option<serde_json::Number> {
    match value {
        Value::Number(number) => Some(number),
        _ => None,
    }
}

fn unreadable(field: &str, why: &str) -> ProtocolError {
    ProtocolError::Unreadable(format!("`{field}` is {why}"))
}

/// The fields of an object, each taken once.
struct Fields(Map<String, Value>);

impl Fields {
    fn of(value: Value) -> Result<Self, ProtocolError> {
        match value {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(ProtocolError::Unreadable("it is not an object".to_owned())),
        }
    }

    fn take(&mut self, name: &str) -> Value {
        self.0.get_mut(name).map(Value::take).unwrap_or_default()
    }

    /// A value of the application; `null` is something, absent is nothing.
    fn value(&mut self, name: &str) -> Option<Value> {
        let mut value = self.0.get_mut(name)?.take();
        whole_numbers(&mut value);
        Some(value)
    }

    fn text(&mut self, name: &str) -> Result<String, ProtocolError> {
        text(self.take(name)).ok_or_else(|| unreadable(name, "not a text"))
    }

    fn number(&mut self, name: &str) -> Result<u32, ProtocolError> {
        let number = self.take(name).as_u64().and_then(|n| u32::try_from(n).ok());
        number.ok_or_else(|| unreadable(name, "not a number of 32 bits"))
    }

    fn list(&mut self, name: &str) -> Result<Vec<Value>, ProtocolError> {
        match self.take(name) {
            Value::Array(items) => Ok(items),
            _ => Err(unreadable(name, "not a list")),
        }
    }

    fn lines(&mut self) -> Result<Vec<String>, ProtocolError> {
        match self.take("logLines") {
            Value::Null => Ok(Vec::new()),
            Value::Array(lines) => Ok(lines.into_iter().filter_map(text).collect()),
            _ => Err(unreadable("logLines", "not a list")),
        }
    }

    fn optional_timestamp(&mut self, name: &str) -> Result<Option<Timestamp>, ProtocolError> {
        match self.take(name) {
            Value::Null => Ok(None),
            value => value
                .as_str()
                .and_then(Timestamp::from_text)
                .map(Some)
                .ok_or_else(|| unreadable(name, "not a timestamp")),
        }
    }

    fn version(&mut self, name: &str) -> Result<StateVersion, ProtocolError> {
        let mut fields = Self::of(self.take(name))?;
        Ok(StateVersion {
            query_set: fields.number("querySet")?,
            identity: fields.number("identity")?,
            ts: fields
                .optional_timestamp("ts")?
                .ok_or_else(|| unreadable("ts", "missing"))?,
        })
    }
}
