//! The expressions of filters.

use serde_json::Value as Json;

use super::invalid;
use crate::database::error::DatabaseError;
use crate::values::{Fields, Value, sort_key};

/// An expression over one document. Its value may be `undefined`, which is `None`.
#[derive(Clone, Debug)]
pub(in crate::database) enum Expression {
    Literal(Option<Value>),
    Field(String),
    Compare(Comparison, Box<[Expression; 2]>),
    Compute(Computation, Box<[Expression; 2]>),
    Negate(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
}

#[derive(Clone, Copy, Debug)]
pub(in crate::database) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::database) enum Computation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Expression {
    pub(super) fn from_json(json: &Json) -> Result<Self, DatabaseError> {
        let operator = json.as_object().filter(|object| object.len() == 1);
        let Some((name, operand)) = operator.and_then(|object| object.iter().next()) else {
            return literal(json);
        };
        let compare = |comparison| Ok(Self::Compare(comparison, pair(name, operand)?));
        let compute = |computation| Ok(Self::Compute(computation, pair(name, operand)?));
        match name.as_str() {
            "$literal" => literal(operand),
            "$field" => match operand.as_str() {
                Some(path) => Ok(Self::Field(path.to_owned())),
                None => Err(invalid("`$field` needs the path of a field")),
            },
            "$eq" => compare(Comparison::Equal),
            "$neq" => compare(Comparison::NotEqual),
            "$lt" => compare(Comparison::Less),
            "$lte" => compare(Comparison::LessOrEqual),
            "$gt" => compare(Comparison::Greater),
            "$gte" => compare(Comparison::GreaterOrEqual),
            "$add" => compute(Computation::Add),
            "$sub" => compute(Computation::Subtract),
            "$mul" => compute(Computation::Multiply),
            "$div" => compute(Computation::Divide),
            "$mod" => compute(Computation::Remainder),
            "$neg" => Ok(Self::Negate(Box::new(Self::from_json(operand)?))),
            "$not" => Ok(Self::Not(Box::new(Self::from_json(operand)?))),
            "$and" => Ok(Self::And(list(name, operand)?)),
            "$or" => Ok(Self::Or(list(name, operand)?)),
            _ => literal(json),
        }
    }

    /// Whether the document passes a filter.
    pub(in crate::database) fn holds(&self, document: &Fields) -> Result<bool, DatabaseError> {
        match self {
            Self::Compare(comparison, operands) => {
                let [left, right] = &**operands;
                let left = key(left.evaluate(document)?.as_ref());
                let right = key(right.evaluate(document)?.as_ref());
                Ok(match comparison {
                    Comparison::Equal => left == right,
                    Comparison::NotEqual => left != right,
                    Comparison::Less => left < right,
                    Comparison::LessOrEqual => left <= right,
                    Comparison::Greater => left > right,
                    Comparison::GreaterOrEqual => left >= right,
                })
            }
            Self::And(parts) => {
                for part in parts {
                    if !part.holds(document)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Or(parts) => {
                for part in parts {
                    if part.holds(document)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(part) => Ok(!part.holds(document)?),
            other => match other.evaluate(document)? {
                Some(Value::Boolean(boolean)) => Ok(boolean),
                found => Err(failure(format!(
                    "expected a boolean, found {}",
                    name_of(&found)
                ))),
            },
        }
    }

    fn evaluate(&self, document: &Fields) -> Result<Option<Value>, DatabaseError> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Field(path) => Value::at_path(document, path).cloned(),
            Self::Compute(computation, operands) => {
                let [left, right] = &**operands;
                Some(computation.apply(left.evaluate(document)?, right.evaluate(document)?)?)
            }
            Self::Negate(operand) => Some(match operand.evaluate(document)? {
                Some(Value::Float64(number)) => Value::Float64(-number),
                Some(Value::Int64(number)) => {
                    Value::Int64(number.checked_neg().ok_or_else(overflow)?)
                }
                found => return Err(failure(format!("cannot negate {}", name_of(&found)))),
            }),
            Self::Compare(..) | Self::And(_) | Self::Or(_) | Self::Not(_) => {
                Some(Value::Boolean(self.holds(document)?))
            }
        })
    }
}

impl Computation {
    fn apply(self, left: Option<Value>, right: Option<Value>) -> Result<Value, DatabaseError> {
        match (&left, &right) {
            (Some(Value::Float64(left)), Some(Value::Float64(right))) => {
                Ok(Value::Float64(match self {
                    Self::Add => left + right,
                    Self::Subtract => left - right,
                    Self::Multiply => left * right,
                    Self::Divide => left / right,
                    Self::Remainder => left % right,
                }))
            }
            (Some(Value::Int64(left)), Some(Value::Int64(right))) => {
                if *right == 0 && matches!(self, Self::Divide | Self::Remainder) {
                    return Err(failure("division of an int64 by zero".to_owned()));
                }
                let result = match self {
                    Self::Add => left.checked_add(*right),
                    Self::Subtract => left.checked_sub(*right),
                    Self::Multiply => left.checked_mul(*right),
                    Self::Divide => left.checked_div(*right),
                    Self::Remainder => left.checked_rem(*right),
                };
                result.map(Value::Int64).ok_or_else(overflow)
            }
            _ => Err(failure(format!(
                "arithmetic needs two float64s or two int64s, found {} and {}",
                name_of(&left),
                name_of(&right)
            ))),
        }
    }
}

fn literal(json: &Json) -> Result<Expression, DatabaseError> {
    let value = Value::from_json_or_undefined(json);
    value
        .map(Expression::Literal)
        .map_err(|error| invalid(format!("a filter: {error}")))
}

fn pair(operator: &str, operands: &Json) -> Result<Box<[Expression; 2]>, DatabaseError> {
    match operands.as_array().map(Vec::as_slice) {
        Some([left, right]) => Ok(Box::new([
            Expression::from_json(left)?,
            Expression::from_json(right)?,
        ])),
        _ => Err(invalid(format!("`{operator}` needs two operands"))),
    }
}

fn list(operator: &str, operands: &Json) -> Result<Vec<Expression>, DatabaseError> {
    let operands = operands.as_array();
    let operands = operands.ok_or_else(|| invalid(format!("`{operator}` needs a list")))?;
    operands.iter().map(Expression::from_json).collect()
}

fn key(value: Option<&Value>) -> Vec<u8> {
    let mut key = Vec::new();
    sort_key(value, &mut key);
    key
}

fn name_of(value: &Option<Value>) -> &'static str {
    value.as_ref().map_or("undefined", Value::type_name)
}

fn overflow() -> DatabaseError {
    failure("an int64 overflows".to_owned())
}

fn failure(problem: String) -> DatabaseError {
    DatabaseError::Evaluation { problem }
}
