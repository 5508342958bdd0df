#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

use super::*;

const NOW: i64 = 1_700_000_000_000;

fn claims(extra: Value) -> SessionClaims {
    let mut payload = json!({ "sub": "user_1", "sid": "sess_1", "iat": NOW / 1000 });
    for (name, value) in extra.as_object().unwrap() {
        payload[name] = value.clone();
    }
    serde_json::from_value(payload).unwrap()
}

fn identity(extra: Value) -> Identity {
    Identity::from_claims(&claims(extra)).unwrap()
}

#[test]
fn refuses_what_is_no_session() {
    for (payload, error) in [
        (json!({ "sid": "s" }), ClaimsError::MissingUser),
        (json!({ "sub": "", "sid": "s" }), ClaimsError::MissingUser),
        (json!({ "sub": 1, "sid": "s" }), ClaimsError::MissingUser),
        (json!({ "sub": "u" }), ClaimsError::MissingSession),
        (
            json!({ "sub": "u", "sid": "s", "act": "user_9" }),
            ClaimsError::MalformedActor,
        ),
        (
            json!({ "sub": "u", "sid": "s", "v": 2, "o": { "id": "o" }, "fea": "x" }),
            ClaimsError::MalformedFeatures,
        ),
    ] {
        let claims = serde_json::from_value(payload).unwrap();
        assert_eq!(Identity::from_claims(&claims), Err(error));
    }
}

#[test]
fn an_unknown_status_is_not_active() {
    assert!(identity(json!({})).is_active());
    assert!(identity(json!({ "sts": "active" })).is_active());
    assert!(!identity(json!({ "sts": "pending" })).is_active());
    assert!(!identity(json!({ "sts": "locked" })).is_active());
    assert!(!identity(json!({ "sts": 1 })).is_active());
}

#[test]
fn the_seed_holds_the_allow_list_and_nothing_else() {
    let full = identity(json!({
        "v": 2, "sts": "active", "fva": [1, -1], "fea": "o:a", "pla": "u:b", "act": { "sub": "user_9" },
        "o": { "id": "org_1", "rol": "admin", "slg": "acme", "per": "read", "fpm": "1" },
        "name": "Ada", "email": "ada@example.com", "picture": "https://img.clerk.com/x",
        "private": "secret", "jti": "j", "azp": "https://a", "exp": 1, "metadata": { "ssn": 1 },
    }));
    let seed = serde_json::to_value(&full).unwrap();
    assert_eq!(
        seed,
        json!({
            "user_id": "user_1", "session_id": "sess_1", "session_status": "active",
            "organization": { "id": "org_1", "slug": "acme", "role": "org:admin", "permissions": ["org:a:read"] },
            "actor": { "sub": "user_9" },
            "factor_verification_age": { "first": NOW - 60_000, "second": null },
            "features": "o:a", "plans": "u:b",
            "profile": { "name": "Ada", "email": "ada@example.com", "image_url": "https://img.clerk.com/x" },
        })
    );
    assert_eq!(serde_json::from_value::<Identity>(seed).unwrap(), full);
}

#[test]
fn debug_of_claims_shows_no_value() {
    let shown = format!("{:?}", claims(json!({ "email": "ada@example.com" })));
    assert!(shown.contains("email") && !shown.contains("ada@"));
}

#[test]
fn decodes_a_token_without_trusting_it() {
    use base64::Engine as _;
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"sub":"user_1"}"#);
    let decoded = SessionClaims::insecure_decode(&format!("e30.{payload}.x")).unwrap();
    assert_eq!(decoded.user_id(), Some("user_1"));
    for broken in [
        "",
        "a.b",
        "a.b.c",
        &format!("e30.{payload}"),
        &format!("e30.{payload}.x.y"),
        "e30.WzFd.x",
    ] {
        assert_eq!(
            SessionClaims::insecure_decode(broken),
            Err(ClaimsError::NotAToken),
            "{broken}"
        );
    }
}

#[test]
fn verification_ages_while_the_token_is_in_use() {
    let strict = Requirement::Reverification(Reverification::Strict);
    let fresh = identity(json!({ "fva": [9, 9] }));
    assert!(fresh.has(&strict, NOW));
    assert!(fresh.has(&strict, NOW + 59_999));
    assert!(!fresh.has(&strict, NOW + 60_000));
}

#[test]
fn a_configuration_survives_the_trip_to_the_browser() {
    let custom = |level, seconds| Reverification::Custom {
        level,
        after: Duration::from_secs(seconds),
    };
    for reverification in [
        Reverification::StrictMfa,
        Reverification::Strict,
        Reverification::Moderate,
        Reverification::Lax,
        custom(ReverificationLevel::FirstFactor, 60),
        custom(ReverificationLevel::MultiFactor, 90),
    ] {
        assert_eq!(
            Reverification::from_config(&reverification.to_config()),
            Some(reverification)
        );
    }
    for broken in [
        json!("nope"),
        json!(null),
        json!({ "level": "strict" }),
        json!({ "level": "first_factor", "afterMinutes": 0 }),
        json!({ "level": "first_factor", "afterMinutes": -1 }),
        json!({ "level": "first_factor", "afterMinutes": 1e300 }),
    ] {
        assert_eq!(Reverification::from_config(&broken), None, "{broken}");
    }
}

#[test]
fn a_requirement_is_serialisable() {
    let requirement = Requirement::all([
        Requirement::SignedIn,
        Requirement::role("admin"),
        Requirement::any([Requirement::plan("pro"), Requirement::Never]),
        Requirement::Reverification(Reverification::Lax),
    ]);
    let text = serde_json::to_string(&requirement).unwrap();
    assert_eq!(
        serde_json::from_str::<Requirement>(&text).unwrap(),
        requirement
    );
}

/// A decimal number made of bits, lowest first, without any integer type in between.
fn decimal(bits: &[bool]) -> String {
    let mut digits = vec![0u8];
    for bit in bits.iter().rev() {
        let mut carry = u8::from(*bit);
        for digit in &mut digits {
            let value = *digit * 2 + carry;
            *digit = value % 10;
            carry = value / 10;
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    digits
        .iter()
        .rev()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}

fn any_identity() -> impl Strategy<Value = Identity> {
    let organization = proptest::option::of((
        "[a-c]{0,1}",
        proptest::collection::vec("org:[a-c]:[a-c]", 0..4),
    ));
    let claim = || proptest::option::of("((o|u|ou|uo|x):[a-c],){0,3}(o|u):[a-c]|[a-c,:]{0,6}");
    let age = || prop_oneof![Just(-1i64), 0i64..2000];
    (
        organization,
        claim(),
        claim(),
        proptest::option::of((age(), age())),
    )
        .prop_map(|(organization, features, plans, fva)| {
            let mut extra = json!({});
            if let Some((role, permissions)) = organization {
                extra =
                    json!({ "org_id": "org_1", "org_role": role, "org_permissions": permissions });
            }
            for (name, value) in [("fea", features), ("pla", plans)] {
                if let Some(value) = value {
                    extra[name] = json!(value);
                }
            }
            if let Some((first, second)) = fva {
                extra["fva"] = json!([first, second]);
            }
            identity(extra)
        })
}

fn any_requirement() -> impl Strategy<Value = Requirement> {
    let leaf = prop_oneof![
        Just(Requirement::SignedIn),
        Just(Requirement::Never),
        "(org:){0,2}[a-c]{0,1}".prop_map(Requirement::Role),
        "(org:){0,2}[a-c]:[a-c]".prop_map(Requirement::Permission),
        "((o|org|organization|u|user|x):){0,1}[a-c]{0,1}".prop_map(Requirement::Feature),
        "((o|org|organization|u|user|x):){0,1}[a-c]{0,1}".prop_map(Requirement::Plan),
        prop_oneof![
            Just(Reverification::StrictMfa),
            Just(Reverification::Strict),
            Just(Reverification::Moderate),
            Just(Reverification::Lax)
        ]
        .prop_map(Requirement::Reverification),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Requirement::All),
            proptest::collection::vec(inner, 0..4).prop_map(Requirement::Any),
        ]
    })
}

proptest! {
    #[test]
    fn a_list_of_requirements_holds_exactly_when_each_does(
        identity in any_identity(),
        requirements in proptest::collection::vec(any_requirement(), 0..5),
    ) {
        let each: Vec<bool> = requirements.iter().map(|requirement| identity.has(requirement, NOW)).collect();
        let all = identity.has(&Requirement::all(requirements.clone()), NOW);
        let any = identity.has(&Requirement::any(requirements.clone()), NOW);
        prop_assert_eq!(all, !each.is_empty() && each.iter().all(|met| *met));
        prop_assert_eq!(any, each.iter().any(|met| *met));
    }

    #[test]
    fn an_unreadable_part_denies_the_whole(identity in any_identity(), requirement in any_requirement()) {
        let spoiled = Requirement::all([requirement, Requirement::Never]);
        prop_assert!(!identity.has(&spoiled, NOW));
    }

    #[test]
    fn parameters_of_the_wrong_type_deny_whatever_else_is_asked(
        identity in any_identity(),
        spoiled in prop_oneof![Just("role"), Just("permission"), Just("feature"), Just("plan"), Just("reverification")],
        wrong in prop_oneof![Just(json!(null)), Just(json!(1)), Just(json!(true)), Just(json!([])), Just(json!({}))],
    ) {
        let mut params = json!({
            "role": "a", "permission": "a:a", "feature": "a", "plan": "a", "reverification": "lax",
        });
        params[spoiled] = wrong;
        prop_assert!(!identity.has(&Requirement::from_has_params(params.as_object().unwrap()), NOW));
    }

    #[test]
    fn time_takes_away_and_never_gives(identity in any_identity(), requirement in any_requirement(), later in 0i64..200_000_000) {
        prop_assert!(identity.has(&requirement, NOW) || !identity.has(&requirement, NOW + later));
    }

    #[test]
    fn rotation_is_no_change_and_a_new_verification_is(verified in 0i64..100_000, first in 0i64..10_000, second in 0i64..10_000) {
        // In seconds: a token issued `age` after the verification states whole minutes.
        let token = |age: i64| identity(json!({ "iat": verified + age, "fva": [age / 60, -1] }));
        prop_assert_eq!(token(first), token(second));
        let reverified = identity(json!({ "iat": verified + 10_000, "fva": [0, -1] }));
        prop_assert_ne!(token(first.min(9_800)), reverified);
    }

    #[test]
    fn masks_of_any_length_are_read(bits in proptest::collection::vec(any::<bool>(), 1..300), features in 1usize..3) {
        let names: Vec<String> = (0..bits.len()).map(|index| format!("p{index}")).collect();
        let fea: Vec<String> = (0..features).map(|index| format!("o:f{index}")).collect();
        let masks = vec![decimal(&bits); features];
        let permissions = permissions::expand(Some(&fea.join(",")), Some(&names.join(",")), Some(&masks.join(","))).unwrap();
        let expected: Vec<String> = (0..features)
            .flat_map(|feature| {
                names.iter().zip(&bits).filter(|(_, bit)| **bit).map(move |(name, _)| format!("org:f{feature}:{name}"))
            })
            .collect();
        prop_assert_eq!(permissions, expected);
    }

    #[test]
    fn no_payload_makes_it_panic(payload in any_payload(), requirement in any_requirement(), now in any::<i64>()) {
        let claims: SessionClaims = serde_json::from_value(payload).unwrap();
        if let Ok(identity) = Identity::from_claims(&claims) {
            let _ = identity.has(&requirement, now);
        }
    }
}

fn any_payload() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        Just(json!(null)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(|text| json!(text)),
        (any::<f64>(), any::<i64>()).prop_map(|(a, b)| json!([a, b])),
        ("[a-z:,0-9]{0,12}", "[a-z,]{0,8}", "[0-9,-]{0,40}").prop_map(|(id, per, fpm)| {
            json!({ "id": id, "rol": id, "slg": id, "per": per, "fpm": fpm, "sub": id })
        }),
    ];
    let name = proptest::sample::select(vec![
        "v",
        "iat",
        "sts",
        "fva",
        "act",
        "o",
        "fea",
        "pla",
        "org_id",
        "org_role",
        "org_permissions",
        "name",
    ]);
    proptest::collection::btree_map(name, value, 0..8).prop_map(|extra| {
        let mut payload = json!({ "sub": "user_1", "sid": "sess_1", "v": 2, "iat": 1 });
        for (name, value) in extra {
            payload[name] = value;
        }
        payload
    })
}
