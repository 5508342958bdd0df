//! Reading what `schema.ts` exports.

use serde_json::Value as Json;

use super::validator::text;
use super::{IndexDefinition, Schema, TableSchema, Validator};
use crate::values::ValueError;

/// The most indexes of a table, and fields of an index.
const MAXIMUM_INDEXES: usize = 32;
const MAXIMUM_INDEX_FIELDS: usize = 16;

/// The schema asks for something that it cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SchemaExportError {
    #[error("the exported schema lacks `{0}`")]
    Missing(&'static str),
    #[error("the validator type {0:?} is unknown to this deployment")]
    UnknownValidator(String),
    #[error("a literal validator holds no Convex value: {0}")]
    Value(ValueError),
    #[error("table {0:?}: a name is letters, digits and underscores, and begins with a letter")]
    TableName(String),
    #[error("index {index:?} of table {table:?}: {rule}")]
    Index {
        table: String,
        index: String,
        rule: &'static str,
    },
    #[error(
        "table {table:?} has {feature}, which the local deployment does not provide; a Convex deployment does"
    )]
    NotProvided {
        table: String,
        feature: &'static str,
    },
}

impl Schema {
    /// Reads the JSON of `defineSchema(…).export()`.
    pub(crate) fn from_json(json: &Json) -> Result<Self, SchemaExportError> {
        let tables = json
            .get("tables")
            .and_then(Json::as_array)
            .ok_or(SchemaExportError::Missing("tables"))?;
        let validate = json.get("schemaValidation").and_then(Json::as_bool);
        Ok(Self {
            tables: tables.iter().map(table).collect::<Result<_, _>>()?,
            validate: validate.unwrap_or(true),
        })
    }
}

fn table(json: &Json) -> Result<(String, TableSchema), SchemaExportError> {
    let name = text(json, "tableName")?.to_owned();
    if !is_identifier(&name) {
        return Err(SchemaExportError::TableName(name));
    }
    let not_provided = [
        ("searchIndexes", "a full-text search index"),
        ("stagedSearchIndexes", "a full-text search index"),
        ("vectorIndexes", "a vector index"),
        ("stagedVectorIndexes", "a vector index"),
    ];
    for (list, feature) in not_provided {
        if json
            .get(list)
            .and_then(Json::as_array)
            .is_some_and(|list| !list.is_empty())
        {
            return Err(SchemaExportError::NotProvided {
                table: name,
                feature,
            });
        }
    }
    let document = match json.get("documentType") {
        None | Some(Json::Null) => None,
        Some(validator) => Some(Validator::from_json(validator)?).filter(|v| *v != Validator::Any),
    };
    let indexes = indexes(json, &name)?;
    Ok((name, TableSchema { indexes, document }))
}

fn indexes(json: &Json, table: &str) -> Result<Vec<IndexDefinition>, SchemaExportError> {
    let mut found: Vec<IndexDefinition> = Vec::new();
    // A staged index is one that a large deployment fills before it is used; here it is filled at once.
    for list in ["indexes", "stagedDbIndexes"] {
        for index in json
            .get(list)
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
        {
            let name = text(index, "indexDescriptor")?.to_owned();
            let fields = index.get("fields").and_then(Json::as_array);
            let fields = fields.ok_or(SchemaExportError::Missing("fields"))?;
            let fields: Vec<_> = fields
                .iter()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect();
            if let Some(rule) = broken_index_rule(&name, &fields, &found) {
                return Err(SchemaExportError::Index {
                    table: table.to_owned(),
                    index: name,
                    rule,
                });
            }
            found.push(IndexDefinition { name, fields });
        }
    }
    Ok(found)
}

fn broken_index_rule(
    name: &str,
    fields: &[String],
    others: &[IndexDefinition],
) -> Option<&'static str> {
    if ["by_id", "by_creation_time"].contains(&name) {
        return Some("this name belongs to a built-in index");
    }
    if !is_identifier(name) {
        return Some("a name is letters, digits and underscores, and begins with a letter");
    }
    if others.iter().any(|other| other.name == name) {
        return Some("the table has another index of this name");
    }
    if others.len() >= MAXIMUM_INDEXES {
        return Some("a table has at most 32 indexes");
    }
    if fields.is_empty() || fields.len() > MAXIMUM_INDEX_FIELDS {
        return Some("an index has 1 to 16 fields");
    }
    if fields.iter().any(|field| field == "_creationTime") {
        return Some("every index ends with `_creationTime` already");
    }
    let repeated = |(at, field): (usize, &String)| fields[..at].contains(field);
    fields
        .iter()
        .enumerate()
        .any(repeated)
        .then_some("a field is listed twice")
}

/// Whether `name` can be the name of a table or index.
pub(crate) fn is_identifier(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
