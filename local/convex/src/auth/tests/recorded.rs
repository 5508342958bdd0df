//! What the hosted service makes of tokens, recorded.

use serde_json::{Value as Json, json};

use super::support::{ADMIN_KEY, Signer, Web};
use crate::auth::{AdminKey, AuthConfig, Authenticator};

#[tokio::test]
async fn tokens_are_judged_as_the_hosted_service_does() {
    let vectors: Json = serde_json::from_str(include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/vectors/clerk-vectors.json"
    )))
    .unwrap();
    let (rsa, p256) = (Signer::rsa(), Signer::p256());
    let cases = vectors["convex_token"].as_array().unwrap();
    assert!(cases.len() >= 17);
    for case in cases {
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
