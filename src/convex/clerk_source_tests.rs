#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::clerk::ClerkFailure;

const NOW: i64 = 1_760_000_000_000;

fn token(change: impl FnOnce(&mut Value)) -> String {
    let seconds = NOW / 1000;
    let mut claims = json!({
        "sub": "user_1", "sid": "sess_1", "aud": "convex", "iss": "https://clerk.example",
        "iat": seconds - 10, "exp": seconds + 50, "v": 2,
        "o": { "id": "org_1", "rol": "admin", "slg": "acme" },
    });
    change(&mut claims);
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn identity(organization: Option<(&str, Option<&str>)>) -> Identity {
    let mut person = json!({ "user_id": "user_1", "session_id": "sess_1" });
    if let Some((id, role)) = organization {
        person["organization"] = json!({ "id": id, "role": role });
    }
    serde_json::from_value(person).unwrap()
}

const KEY: &str = "sess_1|user_1|org_1|org:admin";

fn at_hand(cookies: &str) -> Option<String> {
    token_at_hand(cookies, KEY, NOW).map(|token| token.as_secret_str().to_owned())
}

#[test]
fn the_key_is_all_that_makes_a_person() {
    let organization = Some(("org_1", Some("org:admin")));
    assert_eq!(identity_key(&identity(organization)), KEY);
    assert_eq!(identity_key(&identity(None)), "sess_1|user_1||");
}

#[test]
fn a_fresh_session_token_for_convex_is_taken_from_the_cookie() {
    let good = token(|_| {});
    assert_eq!(
        at_hand(&format!("theme=dark; __session={good}")),
        Some(good.clone())
    );
    assert_eq!(
        at_hand(&format!("__session_AbC-1={good}; a=b")),
        Some(good.clone())
    );
    let listed = token(|claims| claims["aud"] = json!(["other", "convex"]));
    assert_eq!(at_hand(&format!("__session={listed}")), Some(listed));
    let newer = token(|claims| claims["exp"] = json!(NOW / 1000 + 59));
    let both = format!("__session={good}; __session_x={newer}");
    assert_eq!(at_hand(&both), Some(newer));
}

#[test]
fn another_token_is_not() {
    let others = [
        token(|claims| claims["aud"] = json!("other")),
        token(|claims| claims["aud"] = Value::Null),
        token(|claims| claims["exp"] = json!(NOW / 1000 + 9)),
        token(|claims| claims["sub"] = json!("user_2")),
        token(|claims| claims["sid"] = json!("sess_2")),
        token(|claims| claims["o"]["id"] = json!("org_2")),
        token(|claims| claims["o"]["rol"] = json!("member")),
        "not.a.token".to_owned(),
        String::new(),
    ];
    for other in others {
        assert_eq!(at_hand(&format!("__session={other}")), None, "{other}");
    }
    let good = token(|_| {});
    assert_eq!(at_hand(&format!("__sessions={good}; session={good}")), None);
}

#[test]
fn a_role_that_is_not_known_yet_is_no_other_person() {
    let with_role = signed_in(&identity(Some(("org_1", Some("org:admin")))));
    let state = |organization| AuthState::Authenticated(Arc::new(identity(organization)));
    let without = state(Some(("org_1", None)));
    assert_eq!(sign_in(&without, Some(&with_role)), with_role);
    let other_organization = state(Some(("org_2", None)));
    assert_ne!(sign_in(&other_organization, Some(&with_role)), with_role);
    let personal = state(None);
    assert_ne!(sign_in(&personal, Some(&with_role)), with_role);
    let other_role = state(Some(("org_1", Some("org:member"))));
    assert_ne!(sign_in(&other_role, Some(&with_role)), with_role);
}

#[test]
fn only_clerks_own_no_is_a_no() {
    let api = |status| ClerkError::Api {
        code: "code".to_owned(),
        message: "message".to_owned(),
        status,
    };
    let unreachable = [
        (ClerkError::Offline, false),
        (
            ClerkError::Unavailable(ClerkFailure::FailedToLoadClerkJs),
            false,
        ),
        (ClerkError::SignedOut, true),
        (api(429), false),
        (api(503), false),
    ];
    for (error, degraded) in unreachable {
        assert_eq!(
            without_token(&error, degraded),
            TokenAnswer::Unreachable,
            "{error}"
        );
    }
    for error in [ClerkError::SignedOut, api(404)] {
        assert_eq!(
            without_token(&error, false),
            TokenAnswer::NoToken,
            "{error}"
        );
    }
}

#[test]
fn a_token_of_somebody_else_is_noticed() {
    let token = token(|_| {});
    assert!(is_of(&token, Some("user_1")));
    assert!(!is_of(&token, Some("user_2")));
    assert!(is_of("opaque", Some("user_2")));
}
