//! What the hosted service makes of tokens, recorded.

use serde_json::{Value as Json, json};

use super::support::{ADMIN_KEY, Signer, Web};
use crate::auth::{AdminKey, AuthConfig, Authenticator};

/// The rows, from the file that `CLERK_VECTORS` names if it is set.
fn rows() -> Vec<Json> {
    let text = match std::env::var_os("CLERK_VECTORS") {
        Some(path) => std::fs::read_to_string(path).unwrap(),
        None => include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/vectors/clerk-vectors.json"
        ))
        .to_owned(),
    };
    let vectors: Json = serde_json::from_str(&text).unwrap();
    vectors["convex_token"].as_array().unwrap().clone()
}

macro_rules! rows {
    ($($name:ident: $id:literal,)+) => {
        $(#[tokio::test]
        async fn $name() {
            let rows = rows();
            let row = rows.iter().find(|row| row["id"] == $id);
            check(row.unwrap()).await;
        })+

        #[test]
        fn every_row_is_here() {
            let known = [$($id),+];
            for row in rows() {
                assert!(known.contains(&row["id"].as_str().unwrap()), "{row}");
            }
        }
    };
}

rows! {
    ok: "ok",
    aud_array_single: "aud-array-single",
    aud_array_extra: "aud-array-extra",
    aud_other: "aud-other",
    iss_trailing_slash_token: "iss-trailing-slash-token",
    domain_trailing_slash: "domain-trailing-slash",
    iss_no_scheme: "iss-no-scheme",
    iss_missing: "iss-missing",
    exp_equal_now: "exp-equal-now",
    iat_missing: "iat-missing",
    iat_future: "iat-future",
    nbf_future: "nbf-future",
    typ_lowercase: "typ-lowercase",
    typ_at_jwt: "typ-at-jwt",
    alg_es256: "alg-es256",
    email_verified_string: "email-verified-string",
    fva_dropped: "fva-dropped",
}

async fn check(case: &Json) {
    let (rsa, p256) = (Signer::rsa(), Signer::p256());
    let id = case["id"].as_str().unwrap();
    let signer = if case["header"]["alg"] == "ES256" {
        &p256
    } else {
        &rsa
    };
    let token = signer.token_with(&case["header"], &case["claims"]);
    let config = AuthConfig::from_json(&json!({ "providers": [case["config"]] })).unwrap();
    let authenticator = Authenticator::with_documents(
        config,
        AdminKey::new(ADMIN_KEY),
        clerk(&signer.published("k1")),
    );
    let now = case["now"].as_u64().unwrap();
    let outcome = authenticator.authenticate(&token, now).await;
    let expect = &case["expect"];
    match expect["error"].as_str().or(noted(id)) {
        Some(code) => assert_eq!(outcome.unwrap_err().code(), code, "{id}"),
        None => {
            let identity = outcome
                .unwrap_or_else(|error| panic!("{id}: {error}"))
                .attributes();
            check_identity(id, &identity, expect);
        }
    }
}

/// Codes of the cases whose expectation is recorded as a note.
fn noted(id: &str) -> Option<&'static str> {
    match id {
        "iss-trailing-slash-token" | "iss-no-scheme" => Some("AuthProviderDiscoveryFailed"),
        "email-verified-string" => Some("InvalidAuthHeader"),
        _ => None,
    }
}

fn check_identity(id: &str, identity: &Json, expect: &Json) {
    if let Some(identifier) = expect.get("tokenIdentifier") {
        assert_eq!(&identity["tokenIdentifier"], identifier, "{id}");
    }
    if let Some(custom) = expect.get("custom_claims").and_then(Json::as_object) {
        let mut expected = custom.clone();
        for name in ["issuer", "subject", "tokenIdentifier"] {
            expected.insert(name.to_owned(), identity[name].clone());
        }
        assert_eq!(identity.as_object().unwrap(), &expected, "{id}");
    }
}

fn clerk(key: &Json) -> Web {
    let domain = "https://foo-bar-13.clerk.accounts.dev";
    let jwks_uri = format!("{domain}/.well-known/jwks.json");
    let web = Web::default();
    let discovery = json!({ "issuer": domain, "jwks_uri": jwks_uri });
    web.publish(
        &format!("{domain}/.well-known/openid-configuration"),
        &discovery,
    );
    web.publish(&jwks_uri, &json!({ "keys": [key] }));
    web
}
