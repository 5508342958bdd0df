//! Validators: what a value has to look like.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

use super::SchemaExportError;
use crate::values::{DocumentId, Fields, TableNumber, Value, ValueError, sort_key};

/// What a value has to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Validator {
    Null,
    Number,
    BigInt,
    /// An integer, or what becomes one at the commit.
    CommitTimestamp,
    Boolean,
    String,
    Bytes,
    Any,
    Literal(Value),
    /// The id of a document in the table of this name.
    Id(String),
    Array(Box<Validator>),
    Union(Vec<Validator>),
    Object(BTreeMap<String, ObjectField>),
    Record {
        keys: Box<Validator>,
        values: Box<Validator>,
    },
}

/// A field of an object validator.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ObjectField {
    pub(crate) validator: Validator,
    pub(crate) optional: bool,
}

/// A value does not fit: where in it, what is there and what should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}\nPath: {path}\nValue: {value}\nValidator: {validator}")]
pub(crate) struct Mismatch {
    pub(crate) problem: String,
    /// The place, for example `.author.tags[2]`; `.` is the value itself.
    pub(crate) path: String,
    value: String,
    validator: String,
}

type Tables<'a> = &'a dyn Fn(&str) -> Option<TableNumber>;

impl Validator {
    /// Reads the JSON that `convex/values` exports.
    pub(crate) fn from_json(json: &Json) -> Result<Self, SchemaExportError> {
        let value = || json.get("value").ok_or(SchemaExportError::Missing("value"));
        Ok(match text(json, "type")? {
            "null" => Self::Null,
            "number" => Self::Number,
            "bigint" => Self::BigInt,
            "commitTs" => Self::CommitTimestamp,
            "boolean" => Self::Boolean,
            "string" => Self::String,
            "bytes" => Self::Bytes,
            "any" => Self::Any,
            "literal" => Self::Literal(Value::from_json(value()?)?),
            "id" => Self::Id(text(json, "tableName")?.to_owned()),
            "array" => Self::Array(Box::new(Self::from_json(value()?)?)),
            "union" => {
                let members = value()?
                    .as_array()
                    .ok_or(SchemaExportError::Missing("value"))?;
                Self::Union(
                    members
                        .iter()
                        .map(Self::from_json)
                        .collect::<Result<_, _>>()?,
                )
            }
            "object" => {
                let fields = value()?
                    .as_object()
                    .ok_or(SchemaExportError::Missing("value"))?;
                let field =
                    |(name, json): (&String, &Json)| Ok((name.clone(), object_field(json)?));
                Self::Object(
                    fields
                        .iter()
                        .map(field)
                        .collect::<Result<_, SchemaExportError>>()?,
                )
            }
            "record" => Self::Record {
                keys: Box::new(Self::from_json(
                    json.get("keys").ok_or(SchemaExportError::Missing("keys"))?,
                )?),
                values: Box::new(
                    object_field(
                        json.get("values")
                            .ok_or(SchemaExportError::Missing("values"))?,
                    )?
                    .validator,
                ),
            },
            other => return Err(SchemaExportError::UnknownValidator(other.to_owned())),
        })
    }

    /// Whether `value` fits. `tables` gives a table's number by its name.
    pub(crate) fn check(&self, value: &Value, tables: Tables<'_>) -> Result<(), Mismatch> {
        self.check_at(value, &mut Path::default(), tables)
    }

    fn check_at(&self, value: &Value, path: &mut Path, tables: Tables<'_>) -> Result<(), Mismatch> {
        let fits = match (self, value) {
            (Self::Any, _)
            | (Self::Null, Value::Null)
            | (Self::Number, Value::Float64(_))
            | (Self::BigInt, Value::Int64(_))
            | (Self::CommitTimestamp, Value::Int64(_) | Value::CommitTimestamp)
            | (Self::Boolean, Value::Boolean(_))
            | (Self::String, Value::String(_))
            | (Self::Bytes, Value::Bytes(_)) => true,
            (Self::Literal(literal), value) => same(literal, value),
            (Self::Id(table), Value::String(text)) => {
                return check_id(table, text, tables)
                    .map_err(|problem| self.mismatch(problem, value, path));
            }
            (Self::Array(element), Value::Array(elements)) => {
                for (at, value) in elements.iter().enumerate() {
                    path.inside(format!("[{at}]"), |path| {
                        element.check_at(value, path, tables)
                    })?;
                }
                true
            }
            (Self::Object(fields), Value::Object(values)) => {
                return self.check_object(fields, values, value, path, tables);
            }
            (Self::Record { keys, values }, Value::Object(fields)) => {
                for (name, value) in fields {
                    path.inside(format!(".{name}"), |path| {
                        keys.check_at(&Value::from(name.as_str()), path, tables)?;
                        values.check_at(value, path, tables)
                    })?;
                }
                true
            }
            (Self::Union(members), value) => members
                .iter()
                .any(|member| member.check_at(value, path, tables).is_ok()),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        Err(self.mismatch(
            "The value does not match the validator.".to_owned(),
            value,
            path,
        ))
    }

    fn check_object(
        &self,
        fields: &BTreeMap<String, ObjectField>,
        values: &Fields,
        value: &Value,
        path: &mut Path,
        tables: Tables<'_>,
    ) -> Result<(), Mismatch> {
        for (name, field) in fields {
            match values.get(name) {
                Some(value) => path.inside(format!(".{name}"), |path| {
                    field.validator.check_at(value, path, tables)
                })?,
                None if field.optional => {}
                None => {
                    let problem = format!("The object is missing the required field `{name}`.");
                    return Err(self.mismatch(problem, value, path));
                }
            }
        }
        if let Some(name) = values.keys().find(|name| !fields.contains_key(*name)) {
            let problem =
                format!("The object has the extra field `{name}`, which is not in the validator.");
            return Err(self.mismatch(problem, value, path));
        }
        Ok(())
    }

    fn mismatch(&self, problem: String, value: &Value, path: &Path) -> Mismatch {
        Mismatch {
            problem,
            path: path.to_string(),
            value: shortened(value.to_json().to_string()),
            validator: shortened(self.to_string()),
        }
    }
}

fn check_id(table: &str, text: &str, tables: Tables<'_>) -> Result<(), String> {
    let Ok(id) = text.parse::<DocumentId>() else {
        return Err(format!(
            "Expected an id of table `{table}`, found another string."
        ));
    };
    if tables(table) == Some(id.table) {
        return Ok(());
    }
    Err(format!(
        "Expected an id of table `{table}`, found an id of another table."
    ))
}

fn same(one: &Value, other: &Value) -> bool {
    let key = |value| {
        let mut key = Vec::new();
        sort_key(Some(value), &mut key);
        key
    };
    key(one) == key(other)
}

fn shortened(text: String) -> String {
    const MOST: usize = 1000;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

pub(super) fn text<'a>(json: &'a Json, name: &'static str) -> Result<&'a str, SchemaExportError> {
    json.get(name)
        .and_then(Json::as_str)
        .ok_or(SchemaExportError::Missing(name))
}

fn object_field(json: &Json) -> Result<ObjectField, SchemaExportError> {
    let validator = json
        .get("fieldType")
        .ok_or(SchemaExportError::Missing("fieldType"))?;
    Ok(ObjectField {
        validator: Validator::from_json(validator)?,
        optional: json
            .get("optional")
            .and_then(Json::as_bool)
            .unwrap_or(false),
    })
}

impl From<ValueError> for SchemaExportError {
    fn from(error: ValueError) -> Self {
        Self::Value(error)
    }
}

/// As it is written in TypeScript.
impl fmt::Display for Validator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("v.null()"),
            Self::Number => f.write_str("v.float64()"),
            Self::BigInt => f.write_str("v.int64()"),
            Self::CommitTimestamp => f.write_str("v.commitTs()"),
            Self::Boolean => f.write_str("v.boolean()"),
            Self::String => f.write_str("v.string()"),
            Self::Bytes => f.write_str("v.bytes()"),
            Self::Any => f.write_str("v.any()"),
            Self::Literal(value) => write!(f, "v.literal({})", value.to_json()),
            Self::Id(table) => write!(f, "v.id({table:?})"),
            Self::Array(element) => write!(f, "v.array({element})"),
            Self::Union(members) => {
                f.write_str("v.union(")?;
                for (at, member) in members.iter().enumerate() {
                    let separator = if at == 0 { "" } else { ", " };
                    write!(f, "{separator}{member}")?;
                }
                f.write_str(")")
            }
            Self::Object(fields) => {
                f.write_str("v.object({")?;
                for (at, (name, field)) in fields.iter().enumerate() {
                    let separator = if at == 0 { "" } else { ", " };
                    match field.optional {
                        true => write!(f, "{separator}{name}: v.optional({})", field.validator)?,
                        false => write!(f, "{separator}{name}: {}", field.validator)?,
                    }
                }
                f.write_str("})")
            }
            Self::Record { keys, values } => write!(f, "v.record({keys}, {values})"),
        }
    }
}

/// Where in a value a check is.
#[derive(Default)]
struct Path(Vec<String>);

impl Path {
    fn inside<R>(&mut self, part: String, check: impl FnOnce(&mut Self) -> R) -> R {
        self.0.push(part);
        let result = check(self);
        self.0.pop();
        result
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [] => f.write_str("."),
            parts => parts.iter().try_for_each(|part| f.write_str(part)),
        }
    }
}
