#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::values::{Fields, Value};

fn range_error(conditions: Json) -> &'static str {
    let conditions: Vec<_> = conditions
        .as_array()
        .unwrap()
        .iter()
        .map(condition)
        .collect();
    interval("t.by_ab", &["a", "b", "_creationTime"], &conditions)
        .unwrap_err()
        .code()
}

/// `["Eq", "a"]` as a condition.
fn condition(json: &Json) -> Condition {
    let json = json!({"type": json[0], "fieldPath": json[1], "value": 1});
    Condition::from_json(&json).unwrap()
}

#[test]
fn ranges_that_are_none_have_names() {
    assert_eq!(range_error(json!([["Eq", "c"]])), "FieldNotInIndex");
    assert_eq!(range_error(json!([["Eq", "b"]])), "InvalidIndexRange");
    assert_eq!(range_error(json!([["Gt", "b"]])), "InvalidIndexRange");
    assert_eq!(
        range_error(json!([["Eq", "a"], ["Lt", "a"]])),
        "InvalidIndexRange"
    );
    assert_eq!(
        range_error(json!([["Eq", "a"], ["Eq", "a"]])),
        "AlreadyDefinedBound"
    );
    assert_eq!(
        range_error(json!([["Gt", "a"], ["Gte", "a"]])),
        "AlreadyDefinedBound"
    );
    assert_eq!(
        range_error(json!([["Gt", "a"], ["Lt", "b"]])),
        "BoundsOnMultipleFields"
    );
    assert_eq!(
        range_error(json!([["Gt", "a"], ["Gt", "b"]])),
        "BoundsOnMultipleFields"
    );
}

#[test]
fn equalities_may_come_in_any_order() {
    let list = |json: Json| {
        json.as_array()
            .unwrap()
            .iter()
            .map(condition)
            .collect::<Vec<_>>()
    };
    let fields = ["a", "b", "_creationTime"];
    let one = interval(
        "i",
        &fields,
        &list(json!([["Eq", "a"], ["Eq", "b"], ["Gt", "_creationTime"]])),
    );
    let other = interval(
        "i",
        &fields,
        &list(json!([["Gt", "_creationTime"], ["Eq", "b"], ["Eq", "a"]])),
    );
    assert_eq!(one.unwrap(), other.unwrap());
}

fn holds(expression: Json) -> Result<bool, &'static str> {
    let document = json!({"n": 5, "i": {"$integer": "AQAAAAAAAAA="}, "o": {"s": "x"}, "t": true});
    let Value::Object(document) = Value::from_json(&document).unwrap() else {
        return Ok(Fields::new().is_empty());
    };
    let expression = Expression::from_json(&expression).map_err(|error| error.code())?;
    expression.holds(&document).map_err(|error| error.code())
}

#[test]
fn expressions_have_their_values() {
    let field = |name: &str| json!({"$field": name});
    let integer = json!({"$literal": {"$integer": "AQAAAAAAAAA="}});
    assert_eq!(holds(json!({"$eq": [field("n"), 5]})), Ok(true));
    assert_eq!(
        holds(json!({"$neq": [field("o.s"), {"$literal": "x"}]})),
        Ok(false)
    );
    assert_eq!(holds(json!({"$lt": [field("missing"), null]})), Ok(true));
    assert_eq!(
        holds(json!({"$eq": [field("missing"), {"$literal": {"$undefined": null}}]})),
        Ok(true)
    );
    assert_eq!(holds(json!({"$gt": [field("o.s"), field("n")]})), Ok(true));
    assert_eq!(
        holds(json!({"$eq": [{"$mod": [{"$add": [field("n"), 2.0]}, 4.0]}, 3.0]})),
        Ok(true)
    );
    assert_eq!(holds(json!({"$eq": [{"$neg": field("n")}, -5]})), Ok(true));
    assert_eq!(
        holds(json!({"$eq": [{"$sub": [field("i"), integer]}, {"$integer": "AAAAAAAAAAA="}]})),
        Ok(true)
    );
    assert_eq!(
        holds(json!({"$and": [field("t"), {"$not": field("t")}]})),
        Ok(false)
    );
    assert_eq!(
        holds(json!({"$or": [{"$lte": [1, 0]}, {"$gte": [1, 1]}]})),
        Ok(true)
    );
    assert_eq!(holds(json!({"$and": []})), Ok(true));
}

#[test]
fn expressions_without_value_are_errors() {
    let field = |name: &str| json!({"$field": name});
    assert_eq!(holds(field("n")), Err("EvalError"));
    assert_eq!(holds(json!({"$not": null})), Err("EvalError"));
    assert_eq!(
        holds(json!({"$eq": [{"$add": [field("n"), field("i")]}, 1]})),
        Err("EvalError")
    );
    let zero = json!({"$integer": "AAAAAAAAAAA="});
    assert_eq!(
        holds(json!({"$eq": [{"$div": [field("i"), zero]}, 1]})),
        Err("EvalError")
    );
    assert_eq!(holds(json!({"$eq": [1]})), Err("InvalidQuery"));
    assert_eq!(holds(json!({"$unknown": [1]})), Err("InvalidQuery"));
}

#[test]
fn what_is_not_provided_is_named() {
    let search =
        json!({"source": {"type": "Search", "indexName": "t.s", "filters": []}, "operators": []});
    assert_eq!(Query::from_json(&search).unwrap_err().code(), "NotProvided");
    let operators = vec![json!({"limit": 1}); 257];
    let many =
        json!({"source": {"type": "FullTableScan", "tableName": "t"}, "operators": operators});
    assert_eq!(
        Query::from_json(&many).unwrap_err().code(),
        "TooManyOperators"
    );
}
