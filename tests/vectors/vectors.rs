//! The file of cases, with its placeholders filled in.

use std::path::PathBuf;
use std::sync::Arc;

use leptos_clerk_convex::server::{KeySet, VerificationKey};
use serde_json::{Map, Value};

/// The clock of rows that set none.
pub const NOW: f64 = 1_666_648_250.0;

pub struct Vectors {
    root: Map<String, Value>,
}

impl Vectors {
    pub fn load() -> Self {
        let path = std::env::var_os("CLERK_VECTORS").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/clerk-vectors.json"),
            PathBuf::from,
        );
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let root: Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let Value::Object(mut root) = root else {
            panic!("{}: not an object", path.display())
        };
        root.remove("$schema");
        Self { root }
    }

    /// Replaces `$jwt:NAME`, `$pem:NAME` and `$jwk:NAME` everywhere in a value.
    pub fn fill(&self, value: &Value) -> Value {
        fill(value, &self.root)
    }

    pub fn sections(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.root.iter()
    }

    pub fn get(&self, pointer: &str) -> &Value {
        let (first, rest) = pointer[1..].split_once('/').unwrap_or((&pointer[1..], ""));
        let value = self.root.get(first);
        let value = if rest.is_empty() {
            value
        } else {
            value.and_then(|value| value.pointer(&format!("/{rest}")))
        };
        value.unwrap_or_else(|| panic!("the file has no {pointer}"))
    }

    /// `live` and `test` stand for the file's two keys; anything else is itself.
    pub fn publishable_key(&self, name: &Value) -> Option<String> {
        let name = name.as_str()?;
        Some(match name {
            "live" => self.get("/constants/pk_live").as_str().unwrap().to_owned(),
            "test" => self.get("/constants/pk_test").as_str().unwrap().to_owned(),
            other => other.to_owned(),
        })
    }

    pub fn key_set(&self, name: &str) -> Option<KeySet> {
        KeySet::from_json(self.get(&format!("/jwks/{name}"))).ok()
    }

    pub fn pem(&self, name: &str) -> Arc<VerificationKey> {
        Arc::new(
            VerificationKey::from_pem(self.get(&format!("/keys/{name}")).as_str().unwrap())
                .unwrap(),
        )
    }
}

fn fill(value: &Value, root: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => fill_text(text, root),
        Value::Array(values) => values.iter().map(|value| fill(value, root)).collect(),
        Value::Object(values) => values
            .iter()
            .map(|(key, value)| (key.clone(), fill(value, root)))
            .collect(),
        other => other.clone(),
    }
}

fn fill_text(text: &str, root: &Map<String, Value>) -> Value {
    let mut rest = text;
    let mut filled = String::new();
    while let Some(start) = rest.find('$') {
        filled.push_str(&rest[..start]);
        rest = &rest[start..];
        let kind = ["$jwt:", "$pem:", "$jwk:"]
            .into_iter()
            .find(|kind| rest.starts_with(kind));
        let Some(kind) = kind else {
            filled.push('$');
            rest = &rest[1..];
            continue;
        };
        let after = &rest[kind.len()..];
        let end = after
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.')
            .unwrap_or(after.len());
        let name = after[..end].trim_end_matches('.');
        // The description of the placeholders names them itself.
        if name == "NAME" {
            filled.push_str(kind);
            rest = after;
            continue;
        }
        let value = match kind {
            "$jwt:" => &root["jwts"][name]["token"],
            _ => &root["keys"][name],
        };
        match value {
            Value::String(value) => filled.push_str(value),
            Value::Null => panic!("the file has no {kind}{name}"),
            other => return other.clone(),
        }
        rest = &after[name.len()..];
    }
    filled.push_str(rest);
    Value::String(filled)
}
