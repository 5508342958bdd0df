//! The schema of `convex/schema.ts` and the validators of functions, from the JSON that `convex/server` exports.

mod export;
#[cfg(test)]
mod tests;
mod validator;

use std::collections::BTreeMap;

pub(crate) use export::{SchemaExportError, is_identifier};
#[cfg(test)]
pub(crate) use validator::ObjectField;
pub(crate) use validator::{Mismatch, Validator};

/// The tables that the deployment knows by name, and whether documents must fit them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Schema {
    pub(crate) tables: BTreeMap<String, TableSchema>,
    /// Whether documents are checked. Indexes exist either way.
    pub(crate) validate: bool,
}

/// One table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TableSchema {
    pub(crate) indexes: Vec<IndexDefinition>,
    /// What a document without its system fields has to be; `None` is anything.
    pub(crate) document: Option<Validator>,
}

/// An index by name, over fields given as dotted paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexDefinition {
    pub(crate) name: String,
    pub(crate) fields: Vec<String>,
}
