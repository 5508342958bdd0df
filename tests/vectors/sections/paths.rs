//! Path patterns, and the one spelling of a path.

use leptos_clerk_convex::server::RouteMatcher;
use leptos_clerk_convex::server::backend::join_paths;
use leptos_clerk_convex::server::route_matcher::{PathError, normalize_path};
use serde_json::{Value, json};

use super::verify_token::list;
use super::{Section, same, text};
use crate::vectors::Vectors;

pub fn sections() -> Vec<Section> {
    vec![
        Section::new(
            "route_matcher",
            &[("", &["pattern", "path", "expect"]), ("expect", &["error"])],
            route_matcher,
        ),
        Section::new(
            "normalize_path",
            &[("", &["path", "expect"]), ("expect", &["error"])],
            |_, row, _| {
                let actual = match normalize_path(text(row, "path")) {
                    Ok(path) => json!(path),
                    Err(_) => json!({ "error": "malformed-url" }),
                };
                same("path", &row["expect"], &actual)
            },
        ),
        Section::new(
            "join_paths",
            &[("", &["parts", "expect"]), ("expect", &["throws"])],
            |_, row, _| {
                let parts = row["parts"].as_array().ok_or("the parts are no list")?;
                let actual = match join_paths(parts.iter().filter_map(Value::as_str)) {
                    Ok(path) => json!(path),
                    Err(_) => json!({ "throws": true }),
                };
                same("path", &row["expect"], &actual)
            },
        ),
    ]
}

fn route_matcher(_: &Vectors, row: &Value, _: &[Value]) -> Result<(), String> {
    let patterns = match &row["pattern"] {
        Value::String(pattern) => vec![pattern.clone()],
        Value::Array(_) => list(&row["pattern"]),
        other => return Err(format!("this harness does not know the pattern {other}")),
    };
    let actual = match RouteMatcher::new(patterns) {
        Err(_) => json!({ "error": "invalid-pattern" }),
        Ok(matcher) => match matcher.matches(text(row, "path")) {
            Ok(matches) => json!(matches),
            Err(PathError::Malformed(_)) => json!({ "error": "malformed-url" }),
            Err(error) => json!({ "error": error.reason() }),
        },
    };
    same("match", &row["expect"], &actual)
}
