//! Verification of session tokens.

use std::sync::Arc;

use leptos_clerk_convex::server::{ClaimRules, VerificationError, VerificationKey, contract};
use serde_json::{Value, json};

use super::cookies::now_ms;
use super::{Section, same, text};
use crate::vectors::Vectors;

pub fn sections() -> Vec<Section> {
    vec![Section::new(
        "verify_token",
        &[
            ("", &["id", "token", "now", "key", "options", "expect"]),
            (
                "options",
                &[
                    "authorizedParties",
                    "audience",
                    "clockSkewInMs",
                    "headerType",
                ],
            ),
            ("expect", &["ok", "error"]),
        ],
        check,
    )]
}

fn check(vectors: &Vectors, row: &Value, _: &[Value]) -> Result<(), String> {
    let options = &row["options"];
    let header_types = options.get("headerType").map(list);
    let header_types: Option<Vec<&str>> = header_types
        .as_ref()
        .map(|types| types.iter().map(String::as_str).collect());
    let result = contract::verify_token(
        text(row, "token"),
        |key_id| key(vectors, text(row, "key"), key_id),
        &rules(options),
        header_types.as_deref(),
        now_ms(row),
    );
    let actual = match result {
        Ok(_) => json!({"ok": true}),
        Err(error) => json!({"error": error.reason()}),
    };
    same("result", &row["expect"], &actual)
}

/// `remote:jwks.NAME`, `pem:NAME`, or nothing at all.
fn key(
    vectors: &Vectors,
    source: &str,
    key_id: &str,
) -> Result<Arc<VerificationKey>, VerificationError> {
    if let Some(name) = source.strip_prefix("remote:jwks.") {
        let set = vectors
            .key_set(name)
            .ok_or(VerificationError::KeySetUnavailable)?;
        return set
            .get(key_id)
            .ok_or(VerificationError::UnknownKey)?
            .map_err(|_| VerificationError::Failed);
    }
    match source.strip_prefix("pem:") {
        Some("") => Err(VerificationError::LocalKeyMissing),
        Some(name) => Ok(vectors.pem(name)),
        None if source == "none" => Err(VerificationError::NoKeySource),
        None => panic!("this harness does not know the key `{source}`"),
    }
}

/// What the options say about claims.
pub fn rules(options: &Value) -> ClaimRules {
    let defaults = ClaimRules::default();
    ClaimRules {
        authorized_parties: options
            .get("authorizedParties")
            .map(list)
            .unwrap_or_default(),
        audience: options.get("audience").map(list).unwrap_or_default(),
        #[allow(clippy::cast_possible_truncation, reason = "milliseconds of a skew")]
        clock_skew_ms: options["clockSkewInMs"]
            .as_f64()
            .map_or(defaults.clock_skew_ms, |skew| skew as i64),
    }
}

/// One text or several.
pub fn list(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(texts) => texts
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}
