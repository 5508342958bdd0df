use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::Algorithm;
use serde_json::json;

use super::support::Signer;
use crate::auth::documents::NoAnswer;
use crate::auth::error::KeySetError;
use crate::auth::key_cache::{KeyCache, Published};
use crate::auth::key_set::KeySet;

fn published(key_ids: &[&str]) -> Published {
    let signer = Signer::ed25519();
    let keys: Vec<_> = key_ids.iter().map(|id| signer.published(id)).collect();
    Published {
        issuer: None,
        keys: KeySet::from_json(&json!({ "keys": keys })).unwrap(),
    }
}

fn failure() -> KeySetError {
    KeySetError::NoAnswer {
        url: "https://a.example".to_owned(),
        reason: NoAnswer::TimedOut,
    }
}

#[test]
fn keys_of_other_kinds_are_left_out() {
    let mut encryption = Signer::rsa().published("encryption");
    encryption["use"] = json!("enc");
    let set = KeySet::from_json(&json!({ "keys": [
        Signer::rsa().published("rsa"), Signer::p256().published("ec"), Signer::ed25519().published("ed"),
        encryption, { "kty": "oct", "kid": "shared", "k": "c2VjcmV0" },
        { "kty": "EC", "crv": "P-384", "kid": "large" }, { "kid": 7 }, "odd",
    ]}));
    let set = set.unwrap();
    assert_eq!(set.ids(), ["rsa", "ec", "ed"]);
    assert_eq!(set.candidates(Some("rsa"), Algorithm::RS256).count(), 1);
    assert_eq!(set.candidates(Some("rsa"), Algorithm::ES256).count(), 0);
    assert_eq!(set.candidates(None, Algorithm::ES256).count(), 1);
    assert!(KeySet::from_json(&json!({ "key": [] })).is_none());
}

#[test]
fn a_data_url_holds_keys_in_either_encoding() {
    let text = json!({ "keys": [Signer::p256().published("inline")] }).to_string();
    let percent = text.replace('"', "%22").replace('{', "%7B");
    for url in [
        format!("data:application/json,{text}"),
        format!("data:,{percent}"),
        format!(
            "data:text/plain;charset=utf-8;base64,{}",
            STANDARD.encode(&text)
        ),
        format!(
            "data:application/json;BASE64,{}",
            STANDARD.encode(&text).trim_end_matches('=')
        ),
    ] {
        assert_eq!(
            KeySet::from_data_url(&url).unwrap().ids(),
            ["inline"],
            "{url}"
        );
    }
}

#[test]
fn keys_are_good_for_five_minutes() {
    let mut cache = KeyCache::default();
    assert!(cache.usable(Some("a"), 1000).is_none());
    cache.fetched(Ok(published(&["a"])), Some("a"), 1000);
    assert!(cache.usable(Some("a"), 1299).is_some());
    assert!(cache.usable(Some("a"), 1300).is_none());
    // A clock that was set back changes nothing.
    assert!(cache.usable(Some("a"), 10).is_some());
}

#[test]
fn a_failure_keeps_the_keys_of_before() {
    let mut cache = KeyCache::default();
    cache.fetched(Err(failure()), Some("a"), 990);
    assert_eq!(cache.outcome(Some("a")), Err(failure()));
    assert!(
        cache.usable(Some("a"), 991).is_none(),
        "without keys, every request tries"
    );
    cache.fetched(Ok(published(&["a"])), Some("a"), 1000);
    cache.fetched(Err(failure()), Some("a"), 1300);
    assert!(cache.outcome(Some("a")).is_ok());
    assert!(
        cache.usable(Some("a"), 1301).is_some(),
        "the next fetch waits"
    );
    assert!(cache.usable(Some("a"), 1310).is_none());
    assert_eq!(
        cache.outcome(Some("b")),
        Err(failure()),
        "a new key may be among what failed"
    );
}

#[test]
fn made_up_key_ids_cause_a_fetch_now_and_then() {
    let mut cache = KeyCache::default();
    cache.fetched(Ok(published(&["a"])), Some("a"), 1000);
    let mut fetches = 0;
    for request in 0..1000_u64 {
        let (id, now) = (format!("made-up-{request}"), 1000 + request / 10);
        if cache.usable(Some(&id), now).is_none() {
            fetches += 1;
            cache.fetched(Ok(published(&["a"])), Some(&id), now);
        }
    }
    assert_eq!(fetches, 10, "in 100 seconds");
}

#[test]
fn a_new_key_is_found_at_once() {
    let mut cache = KeyCache::default();
    for (now, id) in [(1000, "a"), (1001, "b"), (1002, "c")] {
        assert!(cache.usable(Some(id), now).is_none());
        cache.fetched(Ok(published(&[id])), Some(id), now);
        assert!(cache.usable(Some(id), now).is_some());
    }
}
