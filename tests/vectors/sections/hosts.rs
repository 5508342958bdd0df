//! Addresses that follow from a Frontend API host, and kinds of keys.

use leptos_clerk_convex::config::{PublishableKey, hosts};
use serde_json::json;

use super::{Section, same, text};

pub fn sections() -> Vec<Section> {
    vec![
        Section::new(
            "accounts_base_url",
            &[("", &["frontend_api", "expect"])],
            |_, row, _| {
                same(
                    "base",
                    &row["expect"],
                    &json!(hosts::accounts_base_url(text(row, "frontend_api"))),
                )
            },
        ),
        Section::new(
            "api_url_from_publishable_key",
            &[("", &["key", "expect"])],
            |_, row, _| {
                let key = PublishableKey::parse(text(row, "key"));
                let frontend_api = key
                    .as_ref()
                    .map(PublishableKey::frontend_api)
                    .unwrap_or_default();
                same(
                    "api",
                    &row["expect"],
                    &json!(hosts::backend_api(frontend_api)),
                )
            },
        ),
        Section::new(
            "dev_account_portal_hosts",
            &[("", &["host", "legacy", "current"])],
            |_, row, _| {
                let host = text(row, "host");
                same(
                    "legacy",
                    &row["legacy"],
                    &json!(hosts::is_legacy_development_portal(host)),
                )?;
                same(
                    "current",
                    &row["current"],
                    &json!(hosts::is_current_development_portal(host)),
                )
            },
        ),
        Section::new(
            "instance_type_from_key",
            &[("", &["key", "dev_pk", "prod_pk", "dev_sk", "prod_sk"])],
            |_, row, _| {
                let key = text(row, "key");
                same(
                    "dev_pk",
                    &row["dev_pk"],
                    &json!(hosts::is_development_publishable_key(key)),
                )?;
                same(
                    "prod_pk",
                    &row["prod_pk"],
                    &json!(hosts::is_production_publishable_key(key)),
                )?;
                same(
                    "dev_sk",
                    &row["dev_sk"],
                    &json!(hosts::is_development_secret_key(key)),
                )?;
                same(
                    "prod_sk",
                    &row["prod_sk"],
                    &json!(hosts::is_production_secret_key(key)),
                )
            },
        ),
        Section::new(
            "script_url",
            &[
                ("", &["frontend_api", "options", "expect"]),
                ("options", &["clerkJSVersion"]),
            ],
            |_, row, _| {
                let version = row["options"]["clerkJSVersion"].as_str();
                same(
                    "url",
                    &row["expect"],
                    &json!(hosts::clerk_js_url(text(row, "frontend_api"), version)),
                )
            },
        ),
    ]
}
