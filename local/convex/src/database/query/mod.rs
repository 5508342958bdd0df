//! Queries as `convex/server` sends them: an index range and what is done with the rows of it.

mod expression;
mod range;
#[cfg(test)]
mod tests;

use serde_json::Value as Json;

pub(super) use expression::Expression;
use range::Condition;
pub(super) use range::interval;

use super::error::DatabaseError;

/// The most operators of a query.
const MAXIMUM_OPERATORS: usize = 256;

/// A query that was read but not yet looked up in a catalog.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) table: String,
    pub(super) index: String,
    pub(super) range: Vec<Condition>,
    pub(super) descending: bool,
    pub(super) operators: Vec<Operator>,
}

/// A step that rows go through.
#[derive(Clone, Debug)]
pub(super) enum Operator {
    Filter(Expression),
    /// How many more rows pass.
    Limit(usize),
}

impl Query {
    pub(super) fn from_json(json: &Json) -> Result<Self, DatabaseError> {
        let source = json
            .get("source")
            .ok_or_else(|| invalid("it has no `source`"))?;
        let descending = match source.get("order").and_then(Json::as_str) {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(other) => return Err(invalid(format!("the order {other:?} is unknown"))),
        };
        let operators = match json.get("operators") {
            None | Some(Json::Null) => Vec::new(),
            Some(list) => operators(list)?,
        };
        let (table, index, range) = match text(source, "type")? {
            "FullTableScan" => (text(source, "tableName")?, "by_creation_time", Vec::new()),
            "IndexRange" => {
                let (table, index) = index_name(text(source, "indexName")?)?;
                let range = source.get("range").and_then(Json::as_array);
                let conditions = range.into_iter().flatten().map(Condition::from_json);
                (table, index, conditions.collect::<Result<_, _>>()?)
            }
            "Search" => {
                let feature = "full-text search";
                return Err(DatabaseError::NotProvided { feature });
            }
            other => return Err(invalid(format!("the source {other:?} is unknown"))),
        };
        Ok(Self {
            table: table.to_owned(),
            index: index.to_owned(),
            range,
            descending,
            operators,
        })
    }
}

fn operators(list: &Json) -> Result<Vec<Operator>, DatabaseError> {
    let list = list
        .as_array()
        .ok_or_else(|| invalid("`operators` is no list"))?;
    if list.len() > MAXIMUM_OPERATORS {
        let limit = MAXIMUM_OPERATORS;
        return Err(DatabaseError::TooManyOperators { limit });
    }
    list.iter().map(operator).collect()
}

fn operator(json: &Json) -> Result<Operator, DatabaseError> {
    if let Some(expression) = json.get("filter") {
        return Expression::from_json(expression).map(Operator::Filter);
    }
    match json.get("limit").map(whole_number) {
        Some(Some(limit)) => Ok(Operator::Limit(limit)),
        Some(None) => Err(invalid("a limit is no whole number")),
        None => Err(invalid("an operator is neither `filter` nor `limit`")),
    }
}

/// JavaScript sends `5.0` as well as `5`.
fn whole_number(json: &Json) -> Option<usize> {
    let number = json.as_f64()?;
    (number >= 0.0 && number.fract() == 0.0).then_some(number as usize)
}

fn index_name(name: &str) -> Result<(&str, &str), DatabaseError> {
    let unnamed = || invalid(format!("{name:?} is not `table.index`"));
    name.split_once('.').ok_or_else(unnamed)
}

fn text<'a>(json: &'a Json, name: &str) -> Result<&'a str, DatabaseError> {
    let text = json.get(name).and_then(Json::as_str);
    text.ok_or_else(|| invalid(format!("`{name}` is missing")))
}

fn invalid(problem: impl Into<String>) -> DatabaseError {
    DatabaseError::InvalidQuery {
        problem: problem.into(),
    }
}
