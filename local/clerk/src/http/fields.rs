//! Form and query fields.

use serde_json::Value;

/// Name and value pairs of a query, a form or a JSON object; names may repeat.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().collect())
    }

    /// The top level of a JSON object, as ClerkJS would have written it into a form.
    pub(crate) fn from_json(value: &Value) -> Self {
        let mut pairs = Vec::new();
        for (name, value) in value.as_object().into_iter().flatten() {
            match value {
                Value::Null => pairs.push((name.clone(), String::new())),
                Value::String(text) => pairs.push((name.clone(), text.clone())),
                Value::Array(items) => {
                    for item in items {
                        pairs.push((
                            name.clone(),
                            item.as_str()
                                .map_or_else(|| item.to_string(), str::to_owned),
                        ));
                    }
                }
                other => pairs.push((name.clone(), other.to_string())),
            }
        }
        Self(pairs)
    }

    /// The value of a field that is there and not empty. ClerkJS sends hidden fields as empty strings.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.sent(name).filter(|value| !value.is_empty())
    }

    /// The value of a field that is there, empty or not: an empty one clears.
    pub(crate) fn sent(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All non-empty values of a field, also under the name with `[]` that some clients append.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, value)| {
                key.strip_suffix("[]").unwrap_or(key) == name && !value.is_empty()
            })
            .map(|(_, value)| value.as_str())
            .collect()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.text(name)?.parse().ok()
    }
}
