use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use crate::auth::claims::{acting_as, custom, open_id_connect};
use crate::auth::error::Refusal;
use crate::auth::{Identity, UserIdentity};
use crate::values::Value;

fn object(json: Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

fn mapped(extra: Json) -> Json {
    let mut claims = object(json!({ "iss": "https://a.example", "sub": "user_1" }));
    claims.extend(object(extra));
    open_id_connect(&claims).unwrap().attributes
}

#[test]
fn the_recorded_claims_map_to_the_recorded_identity() {
    let samples: Json =
        serde_json::from_str(include_str!("../../../tests/data/convex-samples.json")).unwrap();
    let sample = &samples["identity_mapping"];
    let identity = open_id_connect(sample["claims"].as_object().unwrap()).unwrap();
    assert_eq!(identity.attributes, sample["identity"]);
    assert_eq!(identity.token_identifier, "https://issuer.example|user_1");
}

#[test]
fn every_standard_claim_has_its_attribute() {
    let identity = mapped(json!({
        "preferred_username": "ada", "profile": "https://a.example/ada", "website": "https://ada.example",
        "gender": "f", "birthdate": "1815-12-10", "zoneinfo": "Europe/London", "locale": "en",
        "phone_number": "+1", "phone_number_verified": false, "nickname": null,
        "address": { "formatted": "12 St James's Square", "country": "UK" }, "updated_at": 1.5,
    }));
    let expected = json!({
        "issuer": "https://a.example", "subject": "user_1", "tokenIdentifier": "https://a.example|user_1",
        "preferredUsername": "ada", "profileUrl": "https://a.example/ada", "websiteUrl": "https://ada.example",
        "gender": "f", "birthday": "1815-12-10", "timezone": "Europe/London", "language": "en",
        "phoneNumber": "+1", "phoneNumberVerified": false,
        "address": "12 St James's Square", "updatedAt": "1970-01-01T00:00:01.500+00:00",
    });
    assert_eq!(identity, expected);
}

#[test]
fn no_claim_takes_the_place_of_who_it_is() {
    let identity = mapped(json!({
        "tokenIdentifier": "https://a.example|admin", "issuer": "x", "subject": "admin",
        "emailVerified": true, "updatedAt": "now",
    }));
    let expected = json!({
        "issuer": "https://a.example", "subject": "user_1", "tokenIdentifier": "https://a.example|user_1",
    });
    assert_eq!(identity, expected);
}

#[test]
fn claims_that_are_no_convex_values_are_left_out() {
    let identity = mapped(json!({
        "o": { "id": "org_1", "rol": "admin" }, "naïve": 1, "$float": "AAAAAAAA+H8=", "nested": { "$set": 1 },
    }));
    assert_eq!(identity["o"], json!({ "id": "org_1", "rol": "admin" }));
    assert_eq!(identity.as_object().unwrap().len(), 4);
}

#[test]
fn a_standard_claim_of_another_type_is_refused() {
    let claims = object(json!({ "iss": "a", "sub": "b", "email_verified": "true" }));
    assert_eq!(
        open_id_connect(&claims),
        Err(Refusal::MalformedClaim {
            claim: "email_verified",
            expected: "true or false"
        })
    );
}

#[test]
fn a_custom_token_is_flattened_and_has_no_standard_claims() {
    let claims = object(json!({
        "iss": "a", "sub": "b", "exp": 1, "given_name": "Ada", "o": { "id": "org_1", "deep": { "x": [1] } },
    }));
    assert_eq!(
        custom(&claims).unwrap().attributes,
        json!({
            "issuer": "a", "subject": "b", "tokenIdentifier": "a|b",
            "given_name": "Ada", "o.id": "org_1", "o.deep.x": [1],
        })
    );
}

#[test]
fn whom_an_admin_acts_as_needs_an_identifier() {
    let named =
        acting_as(&json!({ "issuer": "https://a", "subject": "b", "name": "Ada" })).unwrap();
    assert_eq!(named.token_identifier, "https://a|b");
    assert_eq!(named.attributes["name"], "Ada");
    let split = acting_as(&json!({ "tokenIdentifier": "https://a|b|c" })).unwrap();
    assert_eq!(split.attributes["issuer"], "https://a");
    assert_eq!(split.attributes["subject"], "b|c");
    for missing in [
        json!(null),
        json!({}),
        json!({ "issuer": "a" }),
        json!({ "tokenIdentifier": 1 }),
    ] {
        assert_eq!(acting_as(&missing), None, "{missing}");
    }
}

#[test]
fn an_identity_prints_nobody() {
    let identity = Identity::User(Arc::new(UserIdentity {
        token_identifier: "issuer|ada".to_owned(),
        attributes: json!({ "email": "ada@example.com" }),
        expires_at_seconds: Some(100),
    }));
    assert_eq!(Identity::None.attributes(), Json::Null);
    assert!(!format!("{identity:?}").contains("ada"));
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "\\PC{0,8}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[$a-z_.é]{0,6}", inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever an issuer puts into its tokens, functions get a Convex object with the right identifier, or the token is refused.
    #[test]
    fn an_identity_is_a_convex_object(
        extra in prop::collection::btree_map("[$a-zA-Z_é]{0,12}|address|updated_at|email|tokenIdentifier", any_json(), 0..6)
    ) {
        let mut claims: Map<String, Json> = extra.into_iter().collect();
        claims.insert("iss".into(), json!("https://a.example"));
        claims.insert("sub".into(), json!("user_1"));
        for identity in [open_id_connect(&claims), custom(&claims)].into_iter().flatten() {
            prop_assert_eq!(&identity.attributes["tokenIdentifier"], "https://a.example|user_1");
            prop_assert!(matches!(Value::from_json(&identity.attributes), Ok(Value::Object(_))));
        }
    }
}
