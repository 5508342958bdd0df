#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

//! Values, paths and messages against the recorded samples.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    auth::{AuthToken, RefusalReason},
    error::{FunctionError, RequestError},
    function::{FunctionKind, FunctionPath, QueryToken},
    preloaded::Preloaded,
    protocol::{ClientMessage, ServerMessage, Timestamp},
    values::{Bytes, EncodedValue, Float, Int64, ValueError, decode, encode, encode_arguments},
};

pub(super) fn samples(key: &str) -> Value {
    let all: Value =
        serde_json::from_str(include_str!("../../tests/data/convex-samples.json")).unwrap();
    all[key].clone()
}

/// Numbers compare as JavaScript compares them.
pub(super) fn plain(value: Value) -> Value {
    EncodedValue::from(value).decode().unwrap()
}

#[test]
fn recorded_values_are_their_own_encoding() {
    for sample in samples("values").as_array().unwrap() {
        let value = &sample["json"];
        if sample["what"].as_str().unwrap().contains("only)") {
            continue;
        }
        assert_eq!(encode(value).unwrap(), plain(value.clone()), "{sample}");
    }
    for sample in samples("invalid_values").as_array().unwrap() {
        encode(&sample["json"]).expect_err(&sample.to_string());
    }
}

#[test]
fn typed_values_have_convex_s_encoding() {
    assert_eq!(
        encode(&Int64(-1)).unwrap(),
        json!({ "$integer": "//////////8=" })
    );
    assert_eq!(
        encode(&Bytes(vec![0, 255])).unwrap(),
        json!({ "$bytes": "AP8=" })
    );
    assert_eq!(
        encode(&Float(f64::INFINITY)).unwrap(),
        json!({ "$float": "AAAAAAAA8H8=" })
    );
    assert_eq!(encode(&Float(2.0)).unwrap(), json!(2));
    assert_eq!(
        decode::<Int64>(&json!({ "$integer": "BQAAAAAAAAA=" })).unwrap(),
        Int64(5)
    );
    assert_eq!(decode::<Float>(&json!(3)).unwrap(), Float(3.0));
    assert!(
        decode::<Float>(&json!({ "$float": "AAAAAAAA+H8=" }))
            .unwrap()
            .0
            .is_nan()
    );
    assert_eq!(decode::<u32>(&json!(1.0)).unwrap(), 1);
    assert_eq!(decode::<f64>(&json!(1)).unwrap().to_bits(), 1f64.to_bits());
    for wrong in [
        json!({ "$integer": "AQ==" }),
        json!({ "$bytes": "AQ==" }),
        json!(1),
        json!({}),
    ] {
        decode::<Int64>(&wrong).unwrap_err();
    }
}

#[test]
fn arguments_are_objects_of_values() {
    assert_eq!(encode_arguments(&()).unwrap(), json!({}));
    assert_eq!(
        encode_arguments(&1).unwrap_err(),
        ValueError::ArgumentsNotAnObject
    );
    assert_eq!(
        encode(&json!({ "b": { "$x": 1 } })).unwrap_err(),
        ValueError::FieldName("$x".into())
    );
    assert!(matches!(
        encode(&u64::MAX).unwrap_err(),
        ValueError::NumberTooLarge(_)
    ));
    let mut deep = json!(1);
    for _ in 0..65 {
        deep = json!([deep]);
    }
    assert_eq!(encode(&deep).unwrap_err(), ValueError::TooDeep);
}

#[test]
fn paths_and_tokens_have_one_form() {
    for (text, canonical) in [
        ("messages:list", "messages:list"),
        ("messages.js:list", "messages:list"),
        ("dir/users", "dir/users:default"),
        ("dir/users.js", "dir/users:default"),
        ("a:b:c", "a:b:c"),
    ] {
        assert_eq!(FunctionPath::new(text).as_str(), canonical);
    }
    let arguments = encode_arguments(&json!({ "z": 1.0, "a": { "y": [1], "x": null } })).unwrap();
    assert_eq!(
        QueryToken::new(&"messages:list".into(), &arguments).as_str(),
        r#"{"udfPath":"messages:list","args":{"a":{"x":null,"y":[1]},"z":1}}"#
    );
}

#[test]
fn recorded_messages_survive_reading_and_writing() {
    let wire = samples("wire");
    for sample in wire["server"].as_array().unwrap() {
        let message = ServerMessage::from_json(&sample.to_string()).unwrap();
        let read_again =
            ServerMessage::from_json(&serde_json::to_string(&message).unwrap()).unwrap();
        assert_eq!(message, read_again);
        assert_ne!(message, ServerMessage::Unknown);
    }
}

#[test]
fn later_messages_are_ignored_and_nonsense_is_refused() {
    let later = ServerMessage::from_json(r#"{"type":"Novelty","field":1}"#).unwrap();
    assert_eq!(later, ServerMessage::Unknown);
    let more =
        ServerMessage::from_json(r#"{"type":"FatalError","error":"e","novelty":1}"#).unwrap();
    assert_eq!(more, ServerMessage::FatalError { error: "e".into() });
    for nonsense in [
        "",
        "[]",
        "{}",
        r#"{"type":"AuthError"}"#,
        r#"{"type":"Transition"}"#,
    ] {
        ServerMessage::from_json(nonsense).unwrap_err();
    }
}

#[test]
fn error_data_that_is_null_is_not_the_same_as_none() {
    let response = |more: &str| {
        let text = format!(
            r#"{{"type":"ActionResponse","requestId":0,"success":false,"result":"e"{more}}}"#
        );
        match ServerMessage::from_json(&text).unwrap() {
            ServerMessage::ActionResponse(response) => response.error_data,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(response(""), None);
    assert_eq!(
        response(r#","errorData":null"#),
        Some(EncodedValue::default())
    );
}

#[test]
fn recorded_timestamps_are_read_and_written() {
    for sample in samples("timestamps").as_array().unwrap() {
        let timestamp = Timestamp(sample["u64"].as_str().unwrap().parse().unwrap());
        assert_eq!(serde_json::to_value(timestamp).unwrap(), sample["encoded"]);
        assert_eq!(
            Timestamp::from_text(sample["encoded"].as_str().unwrap()),
            Some(timestamp)
        );
    }
}

#[test]
fn the_recorded_payload_is_a_preloaded_query() {
    let payload = samples("preload_payload")["payload"].clone();
    let preloaded: Preloaded = serde_json::from_value(payload.clone()).unwrap();
    assert_eq!(serde_json::to_value(&preloaded).unwrap(), payload);
    assert_eq!(
        preloaded.token().as_str(),
        r#"{"udfPath":"messages:list","args":{"x":{"$integer":"AQAAAAAAAAA="}}}"#
    );
}

#[test]
fn errors_read_as_in_official_clients() {
    let error = FunctionError::new(
        FunctionKind::Mutation,
        "m:m".into(),
        "boom".into(),
        Some(json!({ "code": 1.0 }).into()),
    );
    assert_eq!(
        error.to_string(),
        "[CONVEX M(m:m)] boom\n  Called by client"
    );
    assert_eq!(
        error
            .data_as::<std::collections::BTreeMap<String, u8>>()
            .unwrap()["code"],
        1
    );
    let lost = RequestError::ConnectionLost {
        kind: FunctionKind::Action,
        path: "tools:run".into(),
    };
    assert_eq!(
        lost.to_string(),
        "[CONVEX A(tools:run)] Connection lost while action was in flight\n  Called by client"
    );
}

#[test]
fn secrets_do_not_print() {
    let token = AuthToken::new("s3cret");
    let message = ClientMessage::Authenticate {
        base_version: 0,
        credential: Some(&token).into(),
    };
    assert!(message.to_json().contains("s3cret"));
    assert!(!format!("{token:?} {message:?}").contains("s3cret"));
}

#[test]
fn refusals_are_named() {
    for (text, reason) in [
        ("Token expired 10 seconds ago", RefusalReason::Expired),
        (
            "No auth provider found matching the given token",
            RefusalReason::NoMatchingProvider,
        ),
        (
            "Could not fetch JWKS from issuer",
            RefusalReason::KeysUnavailable,
        ),
        ("Could not verify token signature", RefusalReason::Signature),
        ("Could not verify token", RefusalReason::Rejected),
    ] {
        assert_eq!(RefusalReason::from_text(text), reason, "{text}");
    }
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(|float| serde_json::to_value(Float(float)).unwrap()),
        any::<i64>().prop_map(|integer| serde_json::to_value(Int64(integer)).unwrap()),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z_ ]{1,5}", inner, 0..5)
                .prop_map(|fields| fields.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

#[test]
fn whole_numbers_are_integers_wherever_they_are_and_texts_stay() {
    for (text, expected) in [
        ("1.0", "1"),
        ("-12.00", "-12"),
        ("[1.0,2.5,3.0]", "[1,2.5,3]"),
        (r#"{"a":1.0,"b":"1.0"}"#, r#"{"a":1,"b":"1.0"}"#),
        (r#"["\"1.0",1.0,"\\",2.0]"#, r#"["\"1.0",1,"\\",2]"#),
        ("-0.0", "-0.0"),
        ("9007199254740992.0", "9007199254740992"),
        ("9007199254740994.0", "9007199254740994.0"),
        ("1.01", "1.01"),
        ("1.0e3", "1.0e3"),
        ("10.05", "10.05"),
    ] {
        let value: EncodedValue = serde_json::from_str(text).unwrap();
        assert_eq!(value.as_json(), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn the_canonical_form_is_canonical(value in values()) {
        let once = encode(&value).unwrap();
        prop_assert_eq!(encode(&once).unwrap().to_string(), once.to_string());
        let text = once.to_string();
        prop_assert_eq!(serde_json::from_str::<Value>(&text).map(|value| encode(&value).unwrap().to_string()).unwrap(), text.clone());
        prop_assert_eq!(EncodedValue::of(&value).unwrap().to_string(), text);
    }

    #[test]
    fn whole_numbers_are_the_same_numbers(value in values(), whole in any::<i32>()) {
        let text = format!("[{value},{whole}.0,{value}]");
        let read: EncodedValue = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read.as_json(), format!("[{},{whole},{}]", EncodedValue::from(&value), EncodedValue::from(&value)));
        let (ours, theirs): (Vec<Value>, Vec<Value>) = (read.decode().unwrap(), serde_json::from_str(&text).unwrap());
        prop_assert_eq!(ours[1].as_f64(), theirs[1].as_f64());
        prop_assert_eq!(&encode(&ours).unwrap(), &encode(&theirs).unwrap());
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in ".*") {
        let _ = ServerMessage::from_json(&text);
        let _ = AuthToken::new(text).claims();
    }
}
