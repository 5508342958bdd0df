//! What an answer says.

use serde_json::{Map, Value};

use super::{error::FetchError, http::Reply, options::Credential};
use crate::convex::{FunctionError, FunctionKind, FunctionPath, Refusal, RefusalReason};

/// What older deployments answer when a function failed.
const FUNCTION_FAILED: u16 = 560;

/// Reads the value of a function out of an answer.
pub(super) fn value(
    kind: FunctionKind,
    path: &FunctionPath,
    credential: &Credential,
    reply: &Reply,
) -> Result<Value, FetchError> {
    if !matches!(reply.status, 200 | FUNCTION_FAILED) {
        return Err(refusal(credential, reply));
    }
    let mut fields = object(reply)?;
    log(path, &fields);
    match fields.get("status").and_then(Value::as_str) {
        Some("success") => fields
            .remove("value")
            .ok_or_else(|| bad(reply, "it has no value")),
        Some("error") => {
            let Some(Value::String(message)) = fields.remove("errorMessage") else {
                return Err(bad(reply, "it is an error without a text"));
            };
            // Data that is there and null is a `ConvexError` that carries null.
            let data = fields.remove("errorData");
            Err(FunctionError::new(kind, path.clone(), message, data).into())
        }
        Some(other) => Err(bad(reply, &format!("its status is {other:?}"))),
        None => Err(bad(reply, "it has no status")),
    }
}

/// Reads the deployment's newest timestamp.
pub(super) fn timestamp(credential: &Credential, reply: &Reply) -> Result<String, FetchError> {
    if reply.status != 200 {
        return Err(refusal(credential, reply));
    }
    match object(reply)?.remove("ts") {
        Some(Value::String(timestamp)) => Ok(timestamp),
        _ => Err(bad(reply, "it has no timestamp")),
    }
}

fn refusal(credential: &Credential, reply: &Reply) -> FetchError {
    let fields = object(reply).unwrap_or_default();
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let Some(message) = text("message") else {
        return bad(reply, &format!("its status is {}", reply.status));
    };
    let code = text("code").unwrap_or_default();
    let reason = match (reply.status, code) {
        (400, "AuthProviderDiscoveryFailed") => Some(RefusalReason::KeysUnavailable),
        (401, "TokenExpired") => Some(RefusalReason::Expired),
        (401, "NoAuthProvider") => Some(RefusalReason::NoMatchingProvider),
        (401, _) => Some(match RefusalReason::from_text(message) {
            // The code would say so; the text only names the provider.
            RefusalReason::NoMatchingProvider if !code.is_empty() => RefusalReason::Rejected,
            reason => reason,
        }),
        _ => None,
    };
    if let Some(reason) = reason {
        return FetchError::Unauthenticated(Refusal {
            reason,
            message: message.to_owned(),
            claims: credential.token().and_then(|token| token.claims()),
        });
    }
    FetchError::Refused {
        status: reply.status,
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

fn object(reply: &Reply) -> Result<Map<String, Value>, FetchError> {
    match serde_json::from_slice(&reply.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(bad(reply, "it is no JSON object")),
        Err(_) => Err(bad(reply, "it is not JSON")),
    }
}

fn bad(reply: &Reply, detail: &str) -> FetchError {
    FetchError::BadAnswer {
        address: reply.address.clone(),
        detail: detail.to_owned(),
    }
}

/// What the function wrote to its log; deployments in production do not send it.
fn log(path: &FunctionPath, fields: &Map<String, Value>) {
    let lines = fields.get("logLines").and_then(Value::as_array);
    for line in lines.into_iter().flatten().filter_map(Value::as_str) {
        tracing::debug!(function = path.as_str(), "{line}");
    }
}
