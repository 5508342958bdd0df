//! Where people are sent to sign in or up.

use leptos_clerk_convex::config::PublishableKey;
use leptos_clerk_convex::identity::SessionStatus;
use leptos_clerk_convex::server::redirect::AuthRedirect;
use serde_json::{Value, json};

use super::{Section, same, text};
use crate::vectors::Vectors;

pub fn section() -> Section {
    Section::new(
        "redirects",
        &[
            ("", &["id", "params", "call", "args", "expect"]),
            (
                "params",
                &[
                    "baseUrl",
                    "publishableKey",
                    "signInUrl",
                    "signUpUrl",
                    "isSatellite",
                    "devBrowserToken",
                    "sessionStatus",
                ],
            ),
            ("args", &["returnBackUrl"]),
            ("expect", &["throws", "error"]),
        ],
        check,
    )
}

fn check(_: &Vectors, row: &Value, _: &[Value]) -> Result<(), String> {
    let params = &row["params"];
    let key = PublishableKey::parse(params["publishableKey"].as_str().unwrap_or_default()).ok();
    let current_url = text(params, "baseUrl")
        .parse()
        .map_err(|error| format!("baseUrl: {error}"))?;
    let redirect = AuthRedirect {
        publishable_key: key.as_ref(),
        sign_in_url: params["signInUrl"].as_str(),
        sign_up_url: params["signUpUrl"].as_str(),
        is_satellite: params["isSatellite"] == true,
        current_url: &current_url,
        session_status: match params["sessionStatus"].as_str() {
            None => None,
            Some("pending") => Some(SessionStatus::Pending),
            Some("active") => Some(SessionStatus::Active),
            Some(other) => return Err(format!("this harness does not know the status {other}")),
        },
        development_browser: params["devBrowserToken"].as_str(),
    };
    let return_to = row["args"]["returnBackUrl"].as_str();
    let actual = match text(row, "call") {
        "redirectToSignIn" => redirect.to_sign_in(return_to),
        "redirectToSignUp" => redirect.to_sign_up(return_to),
        other => return Err(format!("this harness does not know the call {other}")),
    };
    match (actual, row["expect"].is_object()) {
        (Err(_), true) => Ok(()),
        (Ok(url), false) => same("redirect", &row["expect"], &json!(url.as_str())),
        (actual, _) => Err(format!("expected {}, got {actual:?}", row["expect"])),
    }
}
