#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use serde_json::{Value as Json, json};

use super::*;
use crate::values::{DocumentId, TableNumber, Value};

fn samples() -> Json {
    serde_json::from_str(include_str!("../../tests/data/convex-samples.json")).unwrap()
}

fn check(validator: Json, value: Json) -> Result<(), Mismatch> {
    let users = |name: &str| (name == "users").then_some(TableNumber(10_001));
    let validator = Validator::from_json(&validator).unwrap();
    validator.check(&Value::from_json(&value).unwrap(), &users)
}

#[test]
fn the_recorded_schema_is_read_but_for_its_search_indexes() {
    let mut export = samples()["schema_export"].clone();
    assert!(matches!(
        Schema::from_json(&export),
        Err(SchemaExportError::NotProvided { .. })
    ));
    for table in export["tables"].as_array_mut().unwrap() {
        table["searchIndexes"] = json!([]);
        table["vectorIndexes"] = json!([]);
    }
    let schema = Schema::from_json(&export).unwrap();
    assert!(schema.validate);
    assert_eq!(schema.tables.len(), 3);
    assert_eq!(
        schema.tables["messages"].indexes[0].fields,
        ["author", "body"]
    );
}

#[test]
fn a_mismatch_says_where_it_is() {
    let validator = json!({"type": "object", "value": {
        "tags": {"fieldType": {"type": "array", "value": {"type": "string"}}, "optional": false},
    }});
    assert_eq!(check(validator.clone(), json!({"tags": ["a"]})), Ok(()));
    let wrong = check(validator.clone(), json!({"tags": ["a", 1]})).unwrap_err();
    assert_eq!(wrong.path, ".tags[1]");
    let extra = check(validator.clone(), json!({"tags": [], "more": 1})).unwrap_err();
    assert!(extra.problem.contains("`more`"));
    let missing = check(validator, json!({})).unwrap_err();
    assert!(missing.problem.contains("`tags`"));
}

#[test]
fn an_id_belongs_to_its_table() {
    let id = |table| {
        DocumentId {
            table: TableNumber(table),
            internal: [7; 16],
        }
        .to_string()
    };
    let validator = json!({"type": "id", "tableName": "users"});
    assert_eq!(check(validator.clone(), json!(id(10_001))), Ok(()));
    assert!(check(validator.clone(), json!(id(10_002))).is_err());
    assert!(check(validator, json!("someone")).is_err());
}

#[test]
fn literals_records_and_unions() {
    let role = json!({"type": "union", "value": [
        {"type": "literal", "value": "admin"}, {"type": "null"},
    ]});
    assert_eq!(check(role.clone(), json!("admin")), Ok(()));
    assert_eq!(check(role.clone(), json!(null)), Ok(()));
    assert!(check(role, json!("member")).is_err());
    let record = json!({"type": "record", "keys": {"type": "string"},
        "values": {"fieldType": {"type": "bigint"}, "optional": false}});
    assert_eq!(
        check(record.clone(), json!({"a": {"$integer": "AQAAAAAAAAA="}})),
        Ok(())
    );
    assert!(check(record, json!({"a": 1})).is_err());
    assert!(check(json!({"type": "union", "value": []}), json!(1)).is_err());
}
