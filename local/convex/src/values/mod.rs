//! Convex values: what functions take, return and store.

mod document_id;
mod json;
mod order;
mod size;
#[cfg(test)]
mod tests;
mod timestamp;

use std::collections::BTreeMap;

pub(crate) use document_id::{DocumentId, InternalId, TableNumber};
pub(crate) use json::{ValueError, fields_to_json};
pub(crate) use order::sort_key;
pub(crate) use size::fields_size;
pub(crate) use timestamp::Timestamp;

/// The fields of an object or document, in the order of their names.
pub(crate) type Fields = BTreeMap<String, Value>;

/// A value that is stored in a document or crosses the boundary of a function. `undefined` is not one: where it is
/// allowed, an `Option<Value>` stands for it.
///
/// `PartialEq` is numeric; values are compared and indexed with [`sort_key`], which knows −0 and NaN.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Int64(i64),
    Float64(f64),
    Boolean(bool),
    String(String),
    Bytes(Vec<u8>),
    Array(Vec<Value>),
    Object(Fields),
    /// Becomes the time of the commit, an `Int64`, when the document that it is written in is committed.
    CommitTimestamp,
}

impl Value {
    /// Whether a [`Value::CommitTimestamp`] is anywhere in it.
    pub(crate) fn awaits_commit(&self) -> bool {
        match self {
            Self::CommitTimestamp => true,
            Self::Array(elements) => elements.iter().any(Self::awaits_commit),
            Self::Object(fields) => fields.values().any(Self::awaits_commit),
            _ => false,
        }
    }

    /// The value with the time of its commit.
    pub(crate) fn committed_at(self, timestamp: Timestamp) -> Self {
        match self {
            Self::CommitTimestamp => Self::Int64(i64::try_from(timestamp.0).unwrap_or(i64::MAX)),
            Self::Array(elements) => Self::Array(
                elements
                    .into_iter()
                    .map(|element| element.committed_at(timestamp))
                    .collect(),
            ),
            Self::Object(fields) => Self::Object(
                fields
                    .into_iter()
                    .map(|(name, value)| (name, value.committed_at(timestamp)))
                    .collect(),
            ),
            other => other,
        }
    }

    /// The name of the type as validators and messages spell it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int64(_) => "bigint",
            Self::Float64(_) => "number",
            Self::Boolean(_) => "boolean",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::CommitTimestamp => "commitTs",
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Fields> {
        match self {
            Self::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The value at a dotted path such as `author.name`; `None` when a part is missing or not an object.
    pub(crate) fn at_path<'a>(fields: &'a Fields, path: &str) -> Option<&'a Self> {
        let mut parts = path.split('.');
        let mut value = fields.get(parts.next()?)?;
        for part in parts {
            value = value.as_object()?.get(part)?;
        }
        Some(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float64(number)
    }
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}
