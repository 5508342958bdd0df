//! The Content-Security-Policy as Clerk writes it. What a Leptos application needs besides is tested beside the code.

use leptos_clerk_convex::server::csp::{ContentSecurityPolicy, CspNonce};
use serde_json::{Value, json};

use super::verify_token::list;
use super::{Section, same, text};
use crate::vectors::Vectors;

pub fn section() -> Section {
    Section::new(
        "csp",
        &[
            ("", &["id", "node_env", "host", "options", "expect"]),
            (
                "options",
                &["strict", "directives", "reportOnly", "reportTo"],
            ),
        ],
        check,
    )
}

fn check(_: &Vectors, row: &Value, _: &[Value]) -> Result<(), String> {
    let options = &row["options"];
    let mut policy = ContentSecurityPolicy::for_clerk(text(row, "host"));
    match text(row, "node_env") {
        "production" => {}
        "development" | "test" => policy = policy.development(),
        other => {
            return Err(format!(
                "this harness does not know the environment {other}"
            ));
        }
    }
    if options["strict"] == true {
        policy = policy.strict();
    }
    if options["reportOnly"] == true {
        policy = policy.report_only();
    }
    if let Some(address) = options["reportTo"].as_str() {
        policy = policy.report_to(address);
    }
    for (name, sources) in options["directives"].as_object().into_iter().flatten() {
        policy = policy.allow(name, list(sources));
    }
    let nonce = CspNonce::random().ok_or("no randomness")?;
    let headers = policy
        .build()
        .map_err(|error| error.to_string())?
        .headers(&nonce);
    let actual: Vec<_> = headers
        .iter()
        .map(|(name, value)| {
            json!([
                name.as_str(),
                value.to_str().unwrap().replace(nonce.as_str(), "{nonce}")
            ])
        })
        .collect();
    same("headers", &row["expect"], &json!(actual))
}
