//! The size of a value, as limits count it.

use super::{Fields, Value};

impl Value {
    /// Bytes, by Convex's measure.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Null | Self::Boolean(_) => 1,
            Self::Int64(_) | Self::Float64(_) | Self::CommitTimestamp => 9,
            Self::String(text) => 2 + text.len(),
            Self::Bytes(bytes) => 2 + bytes.len(),
            Self::Array(elements) => 2 + elements.iter().map(Self::size).sum::<usize>(),
            Self::Object(fields) => fields_size(fields),
        }
    }
}

/// The size of a document or object.
pub(crate) fn fields_size(fields: &Fields) -> usize {
    2 + fields
        .iter()
        .map(|(name, value)| name.len() + 1 + value.size())
        .sum::<usize>()
}
