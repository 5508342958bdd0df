//! What a client says, written as a text frame.

use serde_json::{Map, Value, json};

use super::{ClientMessage, Credential, FunctionCall, QuerySetModification};

pub(super) fn client_message(message: &ClientMessage) -> Value {
    match message {
        ClientMessage::Connect {
            session_id,
            connection_count,
            last_close_reason,
            max_observed_timestamp,
            client_ts,
        } => {
            let mut fields = tagged("Connect");
            set(&mut fields, "sessionId", session_id.as_str());
            set(&mut fields, "connectionCount", *connection_count);
            set(&mut fields, "lastCloseReason", last_close_reason.clone());
            if let Some(timestamp) = max_observed_timestamp {
                set(&mut fields, "maxObservedTimestamp", timestamp.to_text());
            }
            set(&mut fields, "clientTs", *client_ts);
            Value::Object(fields)
        }
        ClientMessage::ModifyQuerySet {
            base_version,
            new_version,
            modifications,
        } => {
            let modifications: Vec<Value> = modifications.iter().map(modification).collect();
            let mut fields = tagged("ModifyQuerySet");
            set(&mut fields, "baseVersion", *base_version);
            set(&mut fields, "newVersion", *new_version);
            set(&mut fields, "modifications", modifications);
            Value::Object(fields)
        }
        ClientMessage::Authenticate {
            base_version,
            credential: identity,
        } => {
            let mut fields = tagged("Authenticate");
            set(&mut fields, "baseVersion", *base_version);
            credential(&mut fields, identity);
            Value::Object(fields)
        }
        ClientMessage::Mutation(called) => call("Mutation", called),
        ClientMessage::Action(called) => call("Action", called),
        ClientMessage::Event { event_type, event } => {
            json!({ "type": "Event", "eventType": event_type.as_str(), "event": event.clone() })
        }
    }
}

fn modification(modification: &QuerySetModification) -> Value {
    match modification {
        QuerySetModification::Add {
            query_id,
            udf_path,
            args,
            journal,
        } => {
            let mut fields = tagged("Add");
            set(&mut fields, "queryId", *query_id);
            set(&mut fields, "udfPath", udf_path.as_str());
            set(&mut fields, "args", args.clone());
            if let Some(journal) = journal {
                set(&mut fields, "journal", journal.as_str());
            }
            Value::Object(fields)
        }
        QuerySetModification::Remove { query_id } => {
            let mut fields = tagged("Remove");
            set(&mut fields, "queryId", *query_id);
            Value::Object(fields)
        }
    }
}

fn credential(fields: &mut Map<String, Value>, credential: &Credential) {
    let kind = match credential {
        Credential::User { value } => {
            set(fields, "value", value.as_str());
            "User"
        }
        Credential::None => "None",
        Credential::Admin {
            value,
            impersonating,
        } => {
            set(fields, "value", value.as_str());
            if let Some(identity) = impersonating {
                set(fields, "impersonating", identity.clone());
            }
            "Admin"
        }
    };
    set(fields, "tokenType", kind);
}

fn call(kind: &str, call: &FunctionCall) -> Value {
    let mut fields = tagged(kind);
    set(&mut fields, "requestId", call.request_id);
    set(&mut fields, "udfPath", call.udf_path.as_str());
    set(&mut fields, "args", call.args.clone());
    Value::Object(fields)
}

fn tagged(kind: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    set(&mut fields, "type", kind);
    fields
}

fn set(fields: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    fields.insert(name.to_owned(), value.into());
}
