//! What each section of the file is held against.

mod auth_object;
mod authenticate_request;
mod backend;
mod cookies;
mod csp;
mod hosts;
mod identity;
mod jwks_cache;
mod organization;
mod paths;
mod protect;
mod proxy;
mod publishable_key;
mod redirects;
mod verify_token;
mod webhooks;

use serde_json::Value;

use crate::fields::Fields;
use crate::vectors::Vectors;

/// Checks a row; the rows before it come too, for sections that are one sequence.
pub type Check = fn(&Vectors, &Value, &[Value]) -> Result<(), String>;

pub struct Section {
    pub name: &'static str,
    /// Takes the rows out of the section.
    pub rows: fn(&Value) -> Result<Vec<Value>, String>,
    pub fields: Fields,
    pub check: Check,
    /// Whether the rows build on each other.
    pub is_sequence: bool,
    /// Where else the section runs. Its rows are listed as ignored here.
    pub elsewhere: Option<&'static str>,
}

impl Section {
    pub const fn new(name: &'static str, fields: Fields, check: Check) -> Self {
        Self {
            name,
            rows: list,
            fields,
            check,
            is_sequence: false,
            elsewhere: None,
        }
    }

    const fn elsewhere(name: &'static str, place: &'static str) -> Self {
        Self {
            name,
            rows: list,
            fields: &[],
            check: |_, _, _| Err("it runs elsewhere".to_owned()),
            is_sequence: false,
            elsewhere: Some(place),
        }
    }
}

pub fn all() -> Vec<Section> {
    let mut sections = vec![
        authenticate_request::section(),
        jwks_cache::section(),
        organization::section(),
    ];
    sections.extend(cookies::sections());
    sections.extend(hosts::sections());
    sections.extend(identity::sections());
    sections.extend(paths::sections());
    sections.extend(proxy::sections());
    sections.extend([
        backend::section(),
        csp::section(),
        redirects::section(),
        webhooks::section(),
    ]);
    sections.extend(publishable_key::sections());
    sections.extend(verify_token::sections());
    sections.push(protect::section());
    // Convex judges these tokens, so the local deployment's own verification runs them.
    sections.push(Section::elsewhere(
        "convex_token",
        "local/convex/src/auth/tests/recorded.rs",
    ));
    sections
}

/// The section is a list of rows.
pub fn list(content: &Value) -> Result<Vec<Value>, String> {
    content
        .as_array()
        .cloned()
        .ok_or_else(|| "this section is not a list".to_owned())
}

/// Compares what was expected with what came out.
pub fn same(what: &str, expected: &Value, actual: &Value) -> Result<(), String> {
    if expected == actual {
        Ok(())
    } else {
        Err(format!("{what}: expected {expected}, got {actual}"))
    }
}

pub fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name]
        .as_str()
        .unwrap_or_else(|| panic!("the field `{name}` is not a text"))
}
