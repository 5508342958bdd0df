//! The web platform, against known answers.

use serde_json::json;

use super::{engine, message, query, value};

#[test]
fn digests_are_those_of_the_standard() {
    assert_eq!(
        value(&query(&engine(), "platform:digests")),
        json!([
            "a9993e364706816aba3e25717850c26c9cd0d89d",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ])
    );
}

#[test]
fn hmac_is_that_of_rfc_4231() {
    assert_eq!(
        value(&query(&engine(), "platform:hmac")),
        json!([
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            false
        ])
    );
}

#[test]
fn urls_are_parsed_and_changed() {
    assert_eq!(
        value(&query(&engine(), "platform:url")),
        json!([
            "https://user:pw@example.com:8080/a/b?x=1&y=a%20b#h",
            "https://example.com:8080",
            "example.com:8080",
            "/a/b",
            "?x=1&y=a%20b",
            "#h",
            "a b",
            "https://user:pw@example.com/a/b?x=1&y=a+b&z=%C3%A4%26",
            false,
            "a=1&b=2+3",
        ])
    );
}

#[test]
fn text_is_encoded_and_decoded() {
    assert_eq!(
        value(&query(&engine(), "platform:text")),
        json!([10, "aé€😀", "\u{fffd}A", "x"])
    );
}

#[test]
fn bodies_are_read() {
    assert_eq!(
        value(&query(&engine(), "platform:bodies")),
        json!([
            "POST", "välue", "a.txt", "content", "text/plain", 202, "application/json", {"a": 1}, true, "ab"
        ])
    );
}

#[test]
fn what_else_there_is_works() {
    let others = value(&query(&engine(), "platform:others"));
    assert_eq!(
        others.as_array().unwrap()[..6],
        [
            json!(true),
            json!(0),
            json!(true),
            json!(1),
            json!("AbortError"),
            json!(7)
        ]
    );
    assert!(
        others[6]
            .as_str()
            .unwrap()
            .starts_with("ReadableStream is not provided")
    );
}

#[test]
fn what_is_missing_is_named() {
    let text = message(&query(&engine(), "platform:missing"));
    assert!(
        text.contains("Intl") && text.contains("does not provide"),
        "{text}"
    );
}
