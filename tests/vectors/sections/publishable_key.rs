//! Publishable keys.

use leptos_clerk_convex::config::{InstanceType, PublicConfiguration, PublishableKey};
use leptos_clerk_convex::server::contract;
use serde_json::{Value, json};

use super::{Section, same, text};

pub fn sections() -> Vec<Section> {
    vec![
        Section::new(
            "publishable_key_parse",
            &[
                ("", &["key", "expect", "fatal_error"]),
                ("expect", &["instanceType", "frontendApi"]),
            ],
            |_, row, _| match PublishableKey::parse(text(row, "key")) {
                Ok(key) => same("key", &row["expect"], &parsed(&key, key.frontend_api())),
                Err(error) => {
                    same("key", &row["expect"], &Value::Null)?;
                    same("error", &row["fatal_error"], &json!(error.reason()))
                }
            },
        ),
        Section::new(
            "publishable_key_parse_options",
            &[
                ("", &["key", "options", "expect"]),
                ("options", &["proxyUrl", "domain", "isSatellite"]),
            ],
            |_, row, _| {
                let key =
                    PublishableKey::parse(text(row, "key")).map_err(|error| error.to_string())?;
                let option = |name: &str| row["options"][name].as_str().map(str::to_owned);
                let public = PublicConfiguration {
                    proxy_url: option("proxyUrl"),
                    domain: option("domain"),
                    is_satellite: row["options"]["isSatellite"] == json!(true),
                    ..PublicConfiguration::new(key)
                };
                same(
                    "key",
                    &row["expect"],
                    &parsed(&public.publishable_key, &public.frontend_api()),
                )
            },
        ),
        Section::new(
            "publishable_key_build",
            &[("", &["frontend_api", "expect"])],
            |_, row, _| {
                let key = PublishableKey::for_frontend_api(text(row, "frontend_api"))
                    .map_err(|error| error.to_string())?;
                same("key", &row["expect"], &json!(key.as_str()))
            },
        ),
        Section::new("cookie_suffix", &[("", &["key", "expect"])], |_, row, _| {
            same(
                "suffix",
                &row["expect"],
                &json!(contract::cookie_suffix(text(row, "key"))),
            )
        }),
    ]
}

fn parsed(key: &PublishableKey, frontend_api: &str) -> Value {
    let instance_type = match key.instance_type() {
        InstanceType::Development => "development",
        InstanceType::Production => "production",
    };
    json!({"instanceType": instance_type, "frontendApi": frontend_api})
}
