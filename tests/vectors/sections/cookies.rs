//! Cookies, headers and addresses of a request.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use leptos_clerk_convex::config::SecretKey;
use leptos_clerk_convex::server::authenticate::{NoKeys, Options, OptionsInput, RequestView};
use leptos_clerk_convex::server::contract;
use serde_json::{Value, json};

use super::{Section, same, text};
use crate::vectors::{NOW, Vectors};

pub fn sections() -> Vec<Section> {
    vec![
        Section::new(
            "cookie_parse",
            &[("", &["cookie", "expect"])],
            |_, row, _| {
                same(
                    "cookies",
                    &row["expect"],
                    &json!(contract::cookies(text(row, "cookie"))),
                )
            },
        ),
        Section::new(
            "authorization_header",
            &[("", &["header", "token"])],
            |_, row, _| {
                same(
                    "token",
                    &row["token"],
                    &json!(contract::authorization_token(text(row, "header"))),
                )
            },
        ),
        Section::new(
            "clerk_url",
            &[("", &["url", "headers", "expect"])],
            |_, row, _| {
                let url = text(row, "url")
                    .parse()
                    .map_err(|error| format!("{error}"))?;
                let url = contract::clerk_url(&url, &headers(&row["headers"]), true);
                same("clerkUrl", &row["expect"], &json!(url.as_str()))
            },
        ),
        Section::new(
            "suffixed_cookie_choice",
            &[
                ("", &["id", "publishable_key", "cookies", "expect", "now"]),
                (
                    "expect",
                    &[
                        "suffixed",
                        "session",
                        "client_uat",
                        "dev_browser",
                        "refresh",
                    ],
                ),
            ],
            choice,
        ),
        Section::new(
            "machine_token_detect",
            &[("", &["token", "is_machine", "type", "non_session_category"])],
            |_, row, _| {
                let (kind, is_non_session) = contract::machine_token(text(row, "token"));
                same("is_machine", &row["is_machine"], &json!(kind.is_some()))?;
                same("type", &row["type"], &json!(kind.map(|kind| kind.as_str())))?;
                same(
                    "non_session_category",
                    &row["non_session_category"],
                    &json!(is_non_session),
                )
            },
        ),
    ]
}

fn choice(vectors: &Vectors, row: &Value, _: &[Value]) -> Result<(), String> {
    let options = Options::new(OptionsInput {
        publishable_key: vectors.publishable_key(&row["publishable_key"]),
        secret_key: SecretKey::new("sk_test_deadbeef"),
        ..OptionsInput::default()
    })
    .map_err(|error| error.to_string())?;
    let url = "http://example.com/path".parse().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(
        "cookie",
        HeaderValue::from_str(&cookie_header(&row["cookies"])).unwrap(),
    );
    let view = RequestView {
        method: &Method::GET,
        url: &url,
        headers: &headers,
    };
    let now_ms = now_ms(row);
    let choice = contract::choose_cookies(&view, &options, &NoKeys, now_ms)
        .map_err(|error| error.to_string())?;
    let actual = json!({
        "suffixed": choice.suffixed,
        "session": choice.session,
        "client_uat": choice.client_uat,
        "dev_browser": choice.dev_browser,
        "refresh": choice.refresh,
    });
    same("choice", &row["expect"], &actual)
}

/// The clock of a row, in milliseconds.
#[allow(clippy::cast_possible_truncation, reason = "times of this century")]
pub fn now_ms(row: &Value) -> i64 {
    (row["now"].as_f64().unwrap_or(NOW) * 1_000.0).round() as i64
}

pub fn headers(value: &Value) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        let name: HeaderName = name.parse().unwrap();
        headers.append(
            name,
            HeaderValue::from_bytes(value.as_str().unwrap().as_bytes()).unwrap(),
        );
    }
    headers
}

pub fn cookie_header(cookies: &Value) -> String {
    let pairs = cookies.as_object().into_iter().flatten();
    pairs
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap()))
        .collect::<Vec<_>>()
        .join("; ")
}
