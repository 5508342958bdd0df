//! Which organization a path belongs to.

use leptos_clerk_convex::config::OrganizationSync;
use leptos_clerk_convex::server::authenticate::{OrganizationPatterns, OrganizationTarget};
use leptos_clerk_convex::server::route_matcher::PathParam;
use serde_json::{Value, json};

use super::verify_token::list;
use super::{Section, same, text};

pub fn section() -> Section {
    Section::new(
        "organization_target",
        &[
            ("", &["options", "path", "expect"]),
            (
                "options",
                &["organizationPatterns", "personalAccountPatterns"],
            ),
            (
                "expect",
                &["type", "organizationId", "organizationSlug", "error"],
            ),
        ],
        |_, row, _| {
            let sync = sync(&row["options"]);
            let actual = match OrganizationPatterns::compile(sync.as_ref()) {
                Ok(patterns) => patterns
                    .target(text(row, "path"))
                    .as_ref()
                    .map_or(Value::Null, target),
                Err(_) => json!({"error": "invalid-pattern"}),
            };
            same("target", &row["expect"], &actual)
        },
    )
}

pub fn sync(options: &Value) -> Option<OrganizationSync> {
    options.as_object().map(|options| OrganizationSync {
        organization_patterns: options
            .get("organizationPatterns")
            .map(list)
            .unwrap_or_default(),
        personal_account_patterns: options
            .get("personalAccountPatterns")
            .map(list)
            .unwrap_or_default(),
    })
}

fn target(target: &OrganizationTarget) -> Value {
    match target {
        OrganizationTarget::Id(id) => {
            json!({"type": "organization", "organizationId": parameter(id)})
        }
        OrganizationTarget::Slug(slug) => {
            json!({"type": "organization", "organizationSlug": parameter(slug)})
        }
        OrganizationTarget::Personal => json!({"type": "personalAccount"}),
    }
}

fn parameter(parameter: &PathParam) -> Value {
    match parameter {
        PathParam::One(value) => json!(value),
        PathParam::Many(values) => json!(values),
        _ => Value::Null,
    }
}
