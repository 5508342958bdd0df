//! Webhooks.

use leptos_clerk_convex::server::webhooks::{WebhookError, WebhookVerifier};
use serde_json::{Value, json};

use super::cookies::headers;
use super::{Section, same, text};
use crate::vectors::Vectors;

pub fn section() -> Section {
    let mut section = Section::new(
        "webhooks",
        &[
            ("", &["id", "now", "secret", "headers", "body", "expect"]),
            (
                "expect",
                &[
                    "ok",
                    "type",
                    "data",
                    "object",
                    "event_attributes",
                    "error",
                    "headers",
                ],
            ),
        ],
        check,
    );
    section.rows = |content| {
        for name in content
            .as_object()
            .into_iter()
            .flat_map(|content| content.keys())
        {
            if !["secret", "secret_raw_bytes_utf8", "cases"].contains(&name.as_str()) {
                return Err(format!("this harness does not know the field `{name}`"));
            }
        }
        super::list(&content["cases"])
    };
    section
}

fn check(_: &Vectors, row: &Value, _: &[Value]) -> Result<(), String> {
    let now = row["now"].as_f64().ok_or("there is no time")? as i64;
    let event = WebhookVerifier::new(text(row, "secret")).and_then(|verifier| {
        verifier.verify_at(&headers(&row["headers"]), text(row, "body").as_bytes(), now)
    });
    let actual = match event {
        Ok(event) => {
            let mut actual = json!({ "ok": true, "type": event.event_type, "data": event.data, "object": event.object });
            if let Some(attributes) = event.event_attributes {
                actual["event_attributes"] = attributes;
            }
            actual
        }
        Err(WebhookError::MissingHeaders(names)) => {
            json!({ "error": "missing-headers", "headers": names })
        }
        Err(error) => json!({ "error": match error {
            WebhookError::InvalidTimestamp => "invalid-signature-headers",
            WebhookError::TooOld => "timestamp-too-old",
            WebhookError::TooNew => "timestamp-too-new",
            WebhookError::NoMatchingSignature => "no-matching-signature",
            other => other.reason(),
        } }),
    };
    same("verdict", &row["expect"], &actual)
}
