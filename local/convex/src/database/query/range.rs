//! The conditions of an index range, and the interval of keys that they mean.

use serde_json::Value as Json;

use super::{invalid, text};
use crate::database::error::DatabaseError;
use crate::database::key::{Interval, prefix_end};
use crate::values::{Value, sort_key};

/// One condition; `None` is `undefined`.
#[derive(Clone, Debug)]
pub(in crate::database) struct Condition {
    comparison: Comparison,
    field: String,
    value: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Condition {
    pub(super) fn from_json(json: &Json) -> Result<Self, DatabaseError> {
        let comparison = match text(json, "type")? {
            "Eq" => Comparison::Equal,
            "Gt" => Comparison::Greater,
            "Gte" => Comparison::GreaterOrEqual,
            "Lt" => Comparison::Less,
            "Lte" => Comparison::LessOrEqual,
            other => return Err(invalid(format!("the condition {other:?} is unknown"))),
        };
        let value = json.get("value").unwrap_or(&Json::Null);
        Ok(Self {
            comparison,
            field: text(json, "fieldPath")?.to_owned(),
            value: Value::from_json_or_undefined(value)
                .map_err(|error| invalid(error.to_string()))?,
        })
    }
}

/// The conditions of a range by what they are for.
struct Sorted<'a> {
    /// A value for each field of the index, as far as there are equalities.
    equal: Vec<Option<&'a Condition>>,
    lower: Option<&'a Condition>,
    upper: Option<&'a Condition>,
}

/// The keys for which `conditions` hold in the index called `name` over `fields`: equalities on the first fields, then
/// bounds on the next one.
pub(in crate::database) fn interval(
    name: &str,
    fields: &[&str],
    conditions: &[Condition],
) -> Result<Interval, DatabaseError> {
    let sorted = sort(name, fields, conditions)?;
    let mut prefix = Vec::new();
    for condition in sorted.equal.iter().map_while(|condition| *condition) {
        sort_key(condition.value.as_ref(), &mut prefix);
    }
    let bound = |condition: &Condition, after: bool| {
        let mut key = prefix.clone();
        sort_key(condition.value.as_ref(), &mut key);
        if after { prefix_end(&key) } else { key }
    };
    let start = match sorted.lower {
        Some(lower) => bound(lower, lower.comparison == Comparison::Greater),
        None => prefix.clone(),
    };
    let end = match sorted.upper {
        Some(upper) => Some(bound(upper, upper.comparison == Comparison::LessOrEqual)),
        None if prefix.is_empty() => None,
        None => Some(prefix_end(&prefix)),
    };
    Ok(Interval {
        start: start.into(),
        end: end.map(Into::into),
    })
}

fn sort<'a>(
    name: &str,
    fields: &[&str],
    conditions: &'a [Condition],
) -> Result<Sorted<'a>, DatabaseError> {
    let mut sorted = Sorted {
        equal: vec![None; fields.len()],
        lower: None,
        upper: None,
    };
    for condition in conditions {
        let Some(at) = fields.iter().position(|field| *field == condition.field) else {
            return Err(DatabaseError::FieldNotInIndex {
                index: name.to_owned(),
                field: condition.field.clone(),
            });
        };
        let slot = match condition.comparison {
            Comparison::Equal => &mut sorted.equal[at],
            Comparison::Greater | Comparison::GreaterOrEqual => &mut sorted.lower,
            Comparison::Less | Comparison::LessOrEqual => &mut sorted.upper,
        };
        let earlier = slot.replace(condition);
        if let Some(earlier) = earlier {
            return Err(twice(name, earlier, condition));
        }
    }
    check_order(name, fields, &sorted)?;
    Ok(sorted)
}

fn twice(index: &str, one: &Condition, other: &Condition) -> DatabaseError {
    let index = index.to_owned();
    if one.field == other.field {
        let field = one.field.clone();
        return DatabaseError::AlreadyDefinedBound { index, field };
    }
    DatabaseError::BoundsOnMultipleFields {
        index,
        first: one.field.clone(),
        second: other.field.clone(),
    }
}

fn check_order(name: &str, fields: &[&str], sorted: &Sorted<'_>) -> Result<(), DatabaseError> {
    let wrong = |problem: String| DatabaseError::InvalidIndexRange {
        index: name.to_owned(),
        problem,
    };
    if let (Some(lower), Some(upper)) = (sorted.lower, sorted.upper)
        && lower.field != upper.field
    {
        return Err(twice(name, lower, upper));
    }
    let equalities = sorted
        .equal
        .iter()
        .take_while(|condition| condition.is_some())
        .count();
    if let Some(late) = sorted.equal[equalities..].iter().flatten().next() {
        return Err(wrong(format!(
            "`{}` is compared for equality, and `{}` before it is not",
            late.field, fields[equalities]
        )));
    }
    if let Some(bound) = sorted.lower.or(sorted.upper)
        && fields.get(equalities) != Some(&bound.field.as_str())
    {
        return Err(wrong(format!(
            "`{}` has bounds and does not follow the fields that are compared for equality",
            bound.field
        )));
    }
    Ok(())
}
