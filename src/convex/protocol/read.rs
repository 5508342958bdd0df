//! What a deployment says, read from a text frame in one pass. Fields that a later protocol adds are passed over.

use super::{
    FunctionResponse, ServerMessage, StateModification, StateVersion, Timestamp, Transition,
    TransitionChunk,
};
use crate::convex::{
    error::ProtocolError,
    fields::{Field, object, place, take},
    json::{Scanner, string},
};

pub(super) fn server_message(text: &str) -> Result<ServerMessage, ProtocolError> {
    frame(text).map_err(ProtocolError::Unreadable)
}

fn frame(text: &str) -> Result<ServerMessage, String> {
    let mut scanner = Scanner::new(text);
    let mut fields = Field::named(FIELDS);
    let mut modified = None;
    scanner.enter_object()?;
    while let Some(key) = scanner.key()? {
        let place = place(&fields, key, 0);
        // Nearly all of a frame is in here, so it is read at once and not kept as text first.
        if place == Some(MODIFICATIONS) {
            modified = Some(modifications(&mut scanner)?);
        } else {
            take(&mut scanner, place, &mut fields)?;
        }
    }
    scanner.end()?;
    message(fields, modified)
}

/// The fields of all messages.
const FIELDS: [&str; 19] = [
    "type",
    "modifications",
    "startVersion",
    "endVersion",
    "clientClockSkew",
    "serverTs",
    "chunk",
    "partNumber",
    "totalParts",
    "transitionId",
    "requestId",
    "success",
    "result",
    "ts",
    "logLines",
    "errorData",
    "error",
    "baseVersion",
    "authUpdateAttempted",
];
/// The place of `modifications`.
const MODIFICATIONS: usize = 1;

fn message(
    fields: [Field<'_>; FIELDS.len()],
    modifications: Option<Vec<StateModification>>,
) -> Result<ServerMessage, String> {
    let [
        kind,
        modified,
        start,
        end,
        skew,
        server_ts,
        chunk,
        part,
        parts,
        transition,
        request,
        success,
        result,
        ts,
        lines,
        data,
        error,
        base,
        attempted,
    ] = fields;
    let response = || -> Result<FunctionResponse, String> {
        Ok(FunctionResponse {
            request_id: request.number()?,
            success: success.required(success.parse(), "a boolean")?,
            result: result.value().unwrap_or_default(),
            ts: ts.some().map(|_| timestamp(ts)).transpose()?,
            log_lines: lines.strings()?,
            error_data: data.value(),
        })
    };
    let kind = kind.required(kind.some().and_then(string), "a text")?;
    Ok(match &*kind {
        "Transition" => ServerMessage::Transition(Transition {
            start_version: version(start)?,
            end_version: version(end)?,
            modifications: modified.required(modifications, "a list")?,
            client_clock_skew: skew.parse(),
            server_ts: server_ts.parse(),
        }),
        "TransitionChunk" => ServerMessage::TransitionChunk(TransitionChunk {
            chunk: chunk.string()?,
            part_number: part.number()?,
            total_parts: parts.number()?,
            transition_id: transition.string()?,
        }),
        "MutationResponse" => ServerMessage::MutationResponse(response()?),
        "ActionResponse" => ServerMessage::ActionResponse(response()?),
        "AuthError" => ServerMessage::AuthError {
            error: error.string()?,
            base_version: base.number()?,
            auth_update_attempted: attempted.parse(),
        },
        "FatalError" => ServerMessage::FatalError {
            error: error.string()?,
        },
        "Ping" => ServerMessage::Ping,
        _ => ServerMessage::Unknown,
    })
}

fn timestamp(field: Field<'_>) -> Result<Timestamp, String> {
    let timestamp = field.some().and_then(string);
    field.required(
        timestamp.and_then(|text| Timestamp::from_text(&text)),
        "a timestamp",
    )
}

fn version(field: Field<'_>) -> Result<StateVersion, String> {
    let text = field.required(field.text(), "there")?;
    let [query_set, identity, ts] = Field::of(text, ["querySet", "identity", "ts"])?;
    Ok(StateVersion {
        query_set: query_set.number()?,
        identity: identity.number()?,
        ts: timestamp(ts)?,
    })
}

/// The list of what happened to the queries.
fn modifications(scanner: &mut Scanner<'_>) -> Result<Vec<StateModification>, String> {
    let mut modifications = Vec::new();
    scanner.enter_list()?;
    while scanner.item()? {
        let mut fields = Field::named([
            "type",
            "queryId",
            "value",
            "logLines",
            "journal",
            "errorMessage",
            "errorData",
        ]);
        object(scanner, &mut fields)?;
        modifications.push(modification(&fields)?);
    }
    Ok(modifications)
}

fn modification(fields: &[Field<'_>; 7]) -> Result<StateModification, String> {
    let [kind, query_id, value, lines, journal, message, data] = fields;
    let query_id = query_id.number()?;
    Ok(match kind.some() {
        Some("\"QueryUpdated\"") => StateModification::QueryUpdated {
            query_id,
            value: value.required(value.value(), "there")?,
            log_lines: lines.strings()?,
            journal: journal.optional_string(),
        },
        Some("\"QueryFailed\"") => StateModification::QueryFailed {
            query_id,
            error_message: message.string()?,
            log_lines: lines.strings()?,
            error_data: data.value(),
            journal: journal.optional_string(),
        },
        Some("\"QueryRemoved\"") => StateModification::QueryRemoved { query_id },
        _ => return kind.required(None, "a modification's"),
    })
}
