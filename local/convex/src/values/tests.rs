//! Values against recorded samples, and properties.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;
use serde_json::Value as Json;

use super::size::fields_size;
use super::*;

fn samples() -> Json {
    serde_json::from_str(include_str!("../../tests/data/convex-samples.json")).unwrap()
}

fn rows(name: &str) -> Vec<Json> {
    samples()[name].as_array().unwrap().clone()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// The samples' own spelling of a typed value.
fn typed(json: &Json) -> Option<Value> {
    let (kind, payload) = json.as_object().unwrap().iter().next().unwrap();
    Some(match kind.as_str() {
        "undefined" => return None,
        "null" => Value::Null,
        "int64" => Value::Int64(payload.as_str().unwrap().parse().unwrap()),
        "float" => Value::Float64(match payload {
            Json::Number(number) => number.as_f64().unwrap(),
            text => text.as_str().unwrap().parse().unwrap(),
        }),
        "bool" => Value::Boolean(payload.as_bool().unwrap()),
        "string" => payload.as_str().unwrap().into(),
        "bytes" => Value::Bytes(hex(payload.as_str().unwrap())),
        "array" => Value::Array(
            payload
                .as_array()
                .unwrap()
                .iter()
                .map(|element| typed(element).unwrap())
                .collect(),
        ),
        "object" => Value::Object(
            payload
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), typed(value).unwrap()))
                .collect(),
        ),
        other => panic!("unknown kind {other}"),
    })
}

#[test]
fn sort_keys_are_the_recorded_bytes_in_the_recorded_order() {
    let mut previous = Vec::new();
    for row in rows("sort_keys_in_order") {
        let mut key = Vec::new();
        sort_key(typed(&row["value"]).as_ref(), &mut key);
        assert_eq!(key, hex(row["key_hex"].as_str().unwrap()), "{row}");
        assert!(previous < key, "{row}");
        previous = key;
    }
}

#[test]
fn document_ids_are_the_recorded_texts() {
    for row in rows("document_ids") {
        let id = DocumentId {
            table: TableNumber(row["table_number"].as_u64().unwrap().try_into().unwrap()),
            internal: hex(row["internal_id_hex"].as_str().unwrap())
                .try_into()
                .unwrap(),
        };
        let text = row["id"].as_str().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse(), Ok(id));
    }
}

#[test]
fn other_texts_are_no_document_ids() {
    for row in rows("invalid_document_ids") {
        let text = row["input"].as_str().unwrap();
        assert!(text.parse::<DocumentId>().is_err(), "{row}");
    }
}

#[test]
fn sizes_are_the_recorded_ones() {
    for row in rows("value_sizes") {
        let value = Value::from_json(&row["value"]).unwrap();
        assert_eq!(value.size() as u64, row["size"].as_u64().unwrap(), "{row}");
        if let Value::Object(fields) = &value {
            assert_eq!(fields_size(fields), value.size());
        }
    }
}

#[test]
fn timestamps_are_the_recorded_texts() {
    for row in rows("timestamps") {
        let timestamp = Timestamp(row["u64"].as_str().unwrap().parse().unwrap());
        let text = row["encoded"].as_str().unwrap();
        assert_eq!(timestamp.encode(), text);
        assert_eq!(Timestamp::decode(text), Some(timestamp));
    }
}

#[test]
fn recorded_values_come_back_as_they_went() {
    for row in rows("values") {
        let json = &row["json"];
        match Value::from_json(json) {
            Ok(value) => assert_eq!(value.to_json(), *json, "{row}"),
            Err(ValueError::Undefined) => assert_eq!(Value::from_json_or_undefined(json), Ok(None)),
            Err(ValueError::CommitTimestamp) => {}
            Err(error) => panic!("{row}: {error}"),
        }
    }
}

#[test]
fn what_is_no_value_is_refused() {
    for row in rows("invalid_values") {
        assert!(Value::from_json(&row["json"]).is_err(), "{row}");
    }
    let deep = (0..70).fold(Json::Null, |inner, _| Json::Array(vec![inner]));
    assert_eq!(Value::from_json(&deep), Err(ValueError::TooDeep));
}

pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::Int64),
        any::<f64>().prop_map(Value::Float64),
        any::<bool>().prop_map(Value::Boolean),
        ".{0,6}".prop_map(Value::String),
        proptest::collection::vec(any::<u8>(), 0..5).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::btree_map("[a-z]{1,3}", inner, 0..4).prop_map(Value::Object),
        ]
    })
}

fn key_of(value: &Value) -> Vec<u8> {
    let mut key = Vec::new();
    sort_key(Some(value), &mut key);
    key
}

proptest! {
    #[test]
    fn any_value_survives_json(value in any_value()) {
        let text = value.to_json().to_string();
        let back = Value::parse(&text).unwrap();
        prop_assert_eq!(key_of(&back), key_of(&value));
    }

    #[test]
    fn any_id_survives_its_text(table in any::<u32>(), internal in any::<[u8; 16]>()) {
        let id = DocumentId { table: TableNumber(table), internal };
        prop_assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn numbers_sort_as_numbers(a in any::<i64>(), b in any::<i64>()) {
        prop_assert_eq!(a.cmp(&b), key_of(&Value::Int64(a)).cmp(&key_of(&Value::Int64(b))));
    }

    #[test]
    fn floats_sort_by_total_order(a in any::<f64>(), b in any::<f64>()) {
        prop_assert_eq!(a.total_cmp(&b), key_of(&Value::Float64(a)).cmp(&key_of(&Value::Float64(b))));
    }

    #[test]
    fn keys_delimit_themselves(a in any_value(), b in any_value(), c in any_value()) {
        let pair = |x: &Value, y: &Value| [key_of(x), key_of(y)].concat();
        if key_of(&a) < key_of(&b) {
            prop_assert!(pair(&a, &c) < pair(&b, &c));
        }
    }
}
