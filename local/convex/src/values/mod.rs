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
}

impl Value {
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
