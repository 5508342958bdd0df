#![allow(clippy::unwrap_used, reason = "tests")]

//! The scanner against serde_json.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

use super::json::{Scanner, string};

/// A text's fields as the scanner finds them.
fn scanned(text: &str) -> Result<BTreeMap<String, String>, &'static str> {
    let mut scanner = Scanner::new(text);
    let mut fields = BTreeMap::new();
    scanner.enter_object()?;
    while let Some(key) = scanner.key()? {
        let key = string(&format!("\"{key}\"")).ok_or("no key")?.into_owned();
        fields.insert(key, scanner.value()?.text.to_owned());
    }
    scanner.end()?;
    Ok(fields)
}

/// As serde_json finds them.
fn expected(text: &str) -> Option<BTreeMap<String, String>> {
    let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).ok()?;
    let fields = fields.into_iter();
    Some(
        fields
            .map(|(key, value)| (key, value.get().to_owned()))
            .collect(),
    )
}

fn items(text: &str) -> Result<Vec<&str>, &'static str> {
    let mut scanner = Scanner::new(text);
    let mut items = Vec::new();
    scanner.enter_list()?;
    while scanner.item()? {
        items.push(scanner.value()?.text);
    }
    scanner.end()?;
    Ok(items)
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |value| {
        prop_oneof![
            proptest::collection::vec(value.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map(texts(), value, 0..5).prop_map(Value::from_iter),
        ]
    })
}

/// Long enough for several words of eight bytes, with what ends or seems to end a string in any of its places.
fn texts() -> impl Strategy<Value = String> {
    "[a-z\"\\\\{}\\[\\],:.0é\u{10000}\n]{0,30}"
}

/// White space in places where JSON allows it.
fn spaced(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

proptest! {
    #[test]
    fn finds_the_fields_that_serde_json_finds(fields in proptest::collection::btree_map(texts(), values(), 0..6)) {
        let value = Value::from_iter(fields);
        for text in [value.to_string(), spaced(&value)] {
            prop_assert_eq!(scanned(&text).ok(), expected(&text));
        }
    }

    #[test]
    fn whatever_is_taken_for_an_object_by_serde_json_is_one_here(
        value in values(), place in any::<prop::sample::Index>(), with in prop::option::of(any::<char>()),
    ) {
        // One character more, or another one less.
        let mut text: Vec<char> = json!({ "a": value, "b": [] }).to_string().chars().collect();
        let place = place.index(text.len());
        match with {
            Some(character) => text.insert(place, character),
            None => _ = text.remove(place),
        }
        let text: String = text.into_iter().collect();
        let found = scanned(&text);
        if let Some(fields) = expected(&text) {
            prop_assert_eq!(found.ok(), Some(fields));
        }
    }

    #[test]
    fn any_text_has_an_answer(text in r#"\PC*|[{}\[\]",:\\0-9.a ]*"#) {
        prop_assert!(scanned(&text).is_ok() || expected(&text).is_none());
        let is_object = text.trim_start().as_bytes().first() == Some(&b'{');
        prop_assert!(items(&text).is_err() || !is_object);
    }

    #[test]
    fn strings_are_those_of_serde_json(text in texts()) {
        let encoded = json!(text).to_string();
        prop_assert_eq!(string(&encoded).unwrap(), text);
    }
}

#[test]
fn lists_have_their_items() {
    assert_eq!(items("[]"), Ok(vec![]));
    assert_eq!(
        items(r#" [ 1 , [2,"]"], {"a":"}"},"x\"" ] "#),
        Ok(vec!["1", r#"[2,"]"]"#, r#"{"a":"}"}"#, r#""x\"""#])
    );
}

#[test]
fn what_is_broken_at_its_own_level_is_refused() {
    for text in [
        "",
        "1",
        "[",
        "[1",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1]x",
        r#"["a]"#,
        r#"["a\"]"#,
        "[{]",
        "[:]",
    ] {
        assert!(items(text).is_err(), "{text}");
    }
    for text in [
        "[]",
        "{",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{,"a":1}"#,
        r#"{"a" 1}"#,
        "{a:1}",
        r#"{"a":1}{}"#,
        r#"{"a":1 "b":2}"#,
    ] {
        assert!(scanned(text).is_err(), "{text}");
    }
}

#[test]
fn knows_whether_a_number_may_be_written_as_a_whole_one() {
    let has_fractions = |text| Scanner::new(text).value().unwrap().has_fractions_of_zero;
    assert!(has_fractions("1.0"));
    assert!(has_fractions(r#"{"a":[1.0]}"#));
    assert!(!has_fractions(r#"{"a":[1.5],"b":"1.0"}"#));
    assert!(!has_fractions(r#""1.0""#));
}
