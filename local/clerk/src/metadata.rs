//! Metadata as Clerk merges it.

use serde_json::{Map, Value};

/// Merges `changes` into `metadata` at every level; null removes a key.
pub(crate) fn merge(metadata: &mut Map<String, Value>, changes: &Map<String, Value>) {
    for (key, change) in changes {
        match (metadata.get_mut(key), change) {
            (_, Value::Null) => {
                metadata.remove(key);
            }
            (Some(Value::Object(existing)), Value::Object(changes)) => merge(existing, changes),
            _ => {
                metadata.insert(key.clone(), change.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    #[test]
    fn merging_is_deep_and_null_removes() {
        let mut metadata = json!({ "theme": "dark", "plan": { "name": "free", "seats": 1 } });
        let changes = json!({ "theme": null, "plan": { "seats": 5 }, "new": [1] });
        merge(
            metadata.as_object_mut().unwrap(),
            changes.as_object().unwrap(),
        );
        assert_eq!(
            metadata,
            json!({ "plan": { "name": "free", "seats": 5 }, "new": [1] })
        );
    }
}
