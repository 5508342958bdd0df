//! What an answer says.

use super::{error::FetchError, http::Reply, options::Credential};
use crate::convex::{
    FunctionError, FunctionKind, FunctionPath, Refusal, RefusalReason, fields::Field,
    values::EncodedValue,
};

/// What older deployments answer when a function failed.
const FUNCTION_FAILED: u16 = 560;

/// Reads the value of a function out of an answer.
pub(super) fn value(
    kind: FunctionKind,
    path: &FunctionPath,
    credential: &Credential,
    reply: &Reply,
) -> Result<EncodedValue, FetchError> {
    if !matches!(reply.status, 200 | FUNCTION_FAILED) {
        return Err(refusal(credential, reply));
    }
    let [status, value, message, data, lines] = fields(
        reply,
        ["status", "value", "errorMessage", "errorData", "logLines"],
    )?;
    log(path, lines);
    match status.optional_string().as_deref() {
        Some("success") => value.value().ok_or_else(|| bad(reply, "it has no value")),
        Some("error") => {
            let Some(message) = message.optional_string() else {
                return Err(bad(reply, "it is an error without a text"));
            };
            Err(FunctionError::new(kind, path.clone(), message, data.value()).into())
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
    let [timestamp] = fields(reply, ["ts"])?;
    timestamp
        .optional_string()
        .ok_or_else(|| bad(reply, "it has no timestamp"))
}

fn refusal(credential: &Credential, reply: &Reply) -> FetchError {
    let unknown = || bad(reply, &format!("its status is {}", reply.status));
    let Ok([message, code]) = fields(reply, ["message", "code"]) else {
        return unknown();
    };
    let Some(message) = message.optional_string() else {
        return unknown();
    };
    let code = code.optional_string().unwrap_or_default();
    let reason = match (reply.status, code.as_str()) {
        (400, "AuthProviderDiscoveryFailed") => Some(RefusalReason::KeysUnavailable),
        (401, "TokenExpired") => Some(RefusalReason::Expired),
        (401, "NoAuthProvider") => Some(RefusalReason::NoMatchingProvider),
        (401, _) => Some(match RefusalReason::from_text(&message) {
            // The code would say so; the text only names the provider.
            RefusalReason::NoMatchingProvider if !code.is_empty() => RefusalReason::Rejected,
            reason => reason,
        }),
        _ => None,
    };
    match reason {
        Some(reason) => FetchError::Unauthenticated(Refusal {
            reason,
            message,
            claims: credential.token().and_then(|token| token.claims()),
        }),
        None => FetchError::Refused {
            status: reply.status,
            code,
            message,
        },
    }
}

fn fields<'reply, const N: usize>(
    reply: &'reply Reply,
    names: [&'static str; N],
) -> Result<[Field<'reply>; N], FetchError> {
    let text = std::str::from_utf8(&reply.body).map_err(|_| bad(reply, "it is not JSON"))?;
    Field::of(text, names).map_err(|_| bad(reply, "it is no JSON object"))
}

fn bad(reply: &Reply, detail: &str) -> FetchError {
    FetchError::BadAnswer {
        address: reply.address.clone(),
        detail: detail.to_owned(),
    }
}

/// What the function wrote to its log; deployments in production do not send it.
fn log(path: &FunctionPath, lines: Field<'_>) {
    for line in lines.strings().unwrap_or_default() {
        tracing::debug!(function = path.as_str(), "{line}");
    }
}
