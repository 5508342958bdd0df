use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};

use super::support::{
    ADMIN_KEY, ISSUER, JWKS, Signer, Web, authenticator, claims, claims_with, oidc, who,
};
use crate::auth::documents::Document;
use crate::auth::{AdminKey, AuthenticationError, Authenticator};
use crate::secret::Secret;

const NOW: u64 = 1010;
const PERSON: &str = "https://issuer.example|user_1";

async fn refusal(authenticator: &Authenticator, token: &Secret) -> AuthenticationError {
    authenticator.authenticate(token, NOW).await.unwrap_err()
}

#[track_caller]
fn says(error: &AuthenticationError, code: &str, parts: &[&str]) {
    let message = error.to_string();
    assert_eq!(error.code(), code, "{message}");
    for part in parts {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}

#[tokio::test]
async fn both_algorithms_of_open_id_connect_are_verified() {
    for signer in [Signer::rsa(), Signer::ed25519()] {
        let web = Web::issuer(&[signer.published("k1")]);
        let authenticator = authenticator(&[oidc()], &web);
        let token = signer.token("k1", &claims());
        assert_eq!(
            who(authenticator.authenticate(&token, NOW).await),
            Ok(PERSON.to_owned())
        );
        assert_eq!(web.requests(), 2, "discovery and keys");
        let other = Signer::ed25519().token_with(
            &json!({ "alg": signer.algorithm(), "kid": "k1" }),
            &claims(),
        );
        says(
            &refusal(&authenticator, &other).await,
            "Unauthenticated",
            &["signature"],
        );
        assert_eq!(web.requests(), 2, "a wrong signature fetches nothing");
    }
}

#[tokio::test]
async fn a_token_without_key_id_is_tried_with_every_fitting_key() {
    let (first, second) = (Signer::rsa(), Signer::rsa());
    let web = Web::issuer(&[
        first.published("a"),
        Signer::ed25519().published("b"),
        second.published("c"),
    ]);
    let authenticator = authenticator(&[oidc()], &web);
    let token = second.token_with(&json!({ "alg": "RS256" }), &claims());
    assert_eq!(
        who(authenticator.authenticate(&token, NOW).await),
        Ok(PERSON.to_owned())
    );
}

#[tokio::test]
async fn no_header_talks_its_way_around_the_key() {
    let signer = Signer::rsa();
    let web = Web::issuer(&[signer.published("k1")]);
    let authenticator = authenticator(&[oidc()], &web);
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256", "kid": "k1" }),
        json!({ "alg": "RS512", "kid": "k1" }),
        json!({ "alg": "RS256", "kid": "k1", "crit": ["b64"] }),
        json!({ "alg": "RS256", "kid": "k1", "typ": "at+jwt" }),
    ] {
        let token = signer.token_with(&header, &claims());
        let error = refusal(&authenticator, &token).await;
        assert!(
            ["Unauthenticated", "InvalidAuthHeader"].contains(&error.code()),
            "{header}: {error}"
        );
    }
    // The header's own key is nobody's.
    let attacker = Signer::rsa();
    let own_key = json!({ "alg": "RS256", "kid": "k1", "jwk": attacker.published("k1") });
    let token = attacker.token_with(&own_key, &claims());
    says(
        &refusal(&authenticator, &token).await,
        "Unauthenticated",
        &["signature"],
    );
    // A claim changed after signing.
    let genuine = signer.token("k1", &claims());
    let parts: Vec<_> = genuine.expose().split('.').collect();
    let forged = URL_SAFE_NO_PAD.encode(claims_with(json!({ "sub": "admin" })).to_string());
    let token = Secret::new(format!("{}.{forged}.{}", parts[0], parts[2]));
    says(
        &refusal(&authenticator, &token).await,
        "Unauthenticated",
        &["signature"],
    );
    for garbage in ["", "a", "a.b.c", "....", "ä.ö.ü"] {
        says(
            &refusal(&authenticator, &Secret::new(garbage)).await,
            "InvalidAuthHeader",
            &[],
        );
    }
}

#[tokio::test]
async fn messages_name_what_was_found_and_what_is_configured() {
    let signer = Signer::rsa();
    let web = Web::issuer(&[signer.published("k1")]);
    let other = json!({ "domain": "https://other.example", "applicationID": "app" });
    let all = authenticator(&[other.clone(), oidc()], &web);
    let token = |changes| signer.token("k1", &claims_with(changes));
    let error = refusal(&all, &token(json!({ "iss": "https://third.example" }))).await;
    says(
        &error,
        "NoAuthProvider",
        &["third.example", "https://other.example", ISSUER],
    );
    let error = refusal(&all, &token(json!({ "aud": null }))).await;
    says(&error, "NoAuthProvider", &["none", "\"convex\"", "Clerk"]);
    let error = refusal(&all, &token(json!({ "aud": "elsewhere" }))).await;
    says(&error, "NoAuthProvider", &["\"elsewhere\"", "\"convex\""]);
    let error = refusal(&all, &token(json!({ "aud": ["convex", "b"] }))).await;
    says(&error, "Unauthenticated", &["\"convex\", \"b\""]);
    let error = refusal(&all, &token(json!({ "exp": 1003 }))).await;
    says(&error, "Unauthenticated", &["expired 7 s ago", ISSUER]);
    let error = refusal(&all, &token(json!({ "sub": null }))).await;
    says(&error, "InvalidAuthHeader", &["`sub`"]);
    let error = refusal(&all, &token(json!({ "exp": "soon" }))).await;
    says(&error, "InvalidAuthHeader", &["`exp`"]);
    let error = refusal(&all, &signer.token("k2", &claims())).await;
    says(&error, "Unauthenticated", &["\"k2\"", "\"k1\""]);
    let error = refusal(&authenticator(&[], &web), &token(json!({}))).await;
    says(&error, "NoAuthProvider", &["auth.config.ts", ISSUER]);
}

#[tokio::test]
async fn an_issuer_that_does_not_answer_is_named() {
    let signer = Signer::rsa();
    let token = signer.token("k1", &claims());
    let web = Web::issuer(&[signer.published("k1")]);
    web.fail(JWKS);
    let error = refusal(&authenticator(&[oidc()], &web), &token).await;
    says(
        &error,
        "AuthProviderDiscoveryFailed",
        &[JWKS, "5 seconds", ISSUER],
    );
    web.publish(JWKS, &json!("no key set"));
    let error = refusal(&authenticator(&[oidc()], &web), &token).await;
    says(&error, "AuthProviderDiscoveryFailed", &["not a key set"]);
    let discovery = format!("{ISSUER}/.well-known/openid-configuration");
    web.publish(
        &discovery,
        &json!({ "issuer": ISSUER, "jwks_uri": "http://elsewhere.example/jwks" }),
    );
    let error = refusal(&authenticator(&[oidc()], &web), &token).await;
    says(
        &error,
        "AuthProviderDiscoveryFailed",
        &["http://elsewhere.example/jwks"],
    );
    let error = refusal(&authenticator(&[oidc()], &Web::default()), &token).await;
    says(&error, "AuthProviderDiscoveryFailed", &["404", &discovery]);
}

fn custom(jwks: &str, algorithm: &str, application_id: Option<&str>) -> Json {
    let mut provider =
        json!({ "type": "customJwt", "issuer": ISSUER, "jwks": jwks, "algorithm": algorithm });
    if let Some(id) = application_id {
        provider["applicationID"] = json!(id);
    }
    provider
}

#[tokio::test]
async fn a_custom_provider_pins_its_algorithm_and_needs_a_key_id() {
    let (p256, rsa) = (Signer::p256(), Signer::rsa());
    let web = Web::issuer(&[p256.published("ec"), rsa.published("rsa")]);
    let authenticator = authenticator(&[custom(JWKS, "ES256", Some("app"))], &web);
    let claims = claims_with(json!({ "aud": ["other", "app"], "iat": null }));
    let identity = authenticator
        .authenticate(&p256.token("ec", &claims), NOW)
        .await;
    assert_eq!(who(identity), Ok(PERSON.to_owned()));
    let error = refusal(&authenticator, &rsa.token("rsa", &claims)).await;
    says(&error, "InvalidAuthHeader", &["RS256", "ES256"]);
    let error = refusal(
        &authenticator,
        &p256.token_with(&json!({ "alg": "ES256" }), &claims),
    )
    .await;
    says(&error, "InvalidAuthHeader", &["kid"]);
    web.set(
        JWKS,
        Ok(Document {
            status: 200,
            content_type: Some("text/html".into()),
            body: b"{}".to_vec(),
        }),
    );
    let cold = super::support::authenticator(&[custom(JWKS, "ES256", None)], &web);
    let error = refusal(&cold, &p256.token("ec", &claims)).await;
    says(&error, "AuthProviderDiscoveryFailed", &["text/html"]);
}

#[tokio::test]
async fn a_custom_provider_allows_five_seconds() {
    let signer = Signer::p256();
    let keys = STANDARD.encode(json!({ "keys": [signer.published("k")] }).to_string());
    let web = Web::default();
    let inline = custom(
        &format!("data:application/json;base64,{keys}"),
        "ES256",
        None,
    );
    let authenticator = authenticator(&[inline], &web);
    for (changes, accepted) in [
        (json!({ "exp": NOW - 4, "aud": null }), true),
        (json!({ "exp": NOW - 5 }), false),
        (json!({ "iat": NOW + 5 }), true),
        (json!({ "iat": NOW + 6 }), false),
        (json!({ "nbf": NOW + 10 }), false),
    ] {
        let token = signer.token("k", &claims_with(changes.clone()));
        let outcome = authenticator.authenticate(&token, NOW).await;
        assert_eq!(outcome.is_ok(), accepted, "{changes}: {outcome:?}");
    }
    assert_eq!(web.requests(), 0);
}

#[tokio::test]
async fn the_first_provider_that_fits_is_asked() {
    let signer = Signer::rsa();
    let web = Web::issuer(&[signer.published("k1")]);
    let other_application = json!({ "domain": ISSUER, "applicationID": "other" });
    let authenticator = authenticator(
        &[other_application, oidc(), custom(JWKS, "RS256", None)],
        &web,
    );
    let token = signer.token("k1", &claims_with(json!({ "email_verified": "yes" })));
    says(
        &refusal(&authenticator, &token).await,
        "InvalidAuthHeader",
        &["email_verified"],
    );
    let token = signer.token("k1", &claims_with(json!({ "aud": "third" })));
    assert_eq!(
        who(authenticator.authenticate(&token, NOW).await),
        Ok(PERSON.to_owned())
    );
}

#[tokio::test]
async fn many_at_once_fetch_once() {
    let signer = Signer::ed25519();
    let web = Web::issuer(&[signer.published("k1")]);
    let authenticator = authenticator(&[oidc()], &web);
    let token = signer.token("k1", &claims());
    let several = (0..20).map(|_| authenticator.authenticate(&token, NOW));
    for outcome in futures_util::future::join_all(several).await {
        assert!(outcome.is_ok());
    }
    assert_eq!(web.requests(), 2);
    web.fail(JWKS);
    let token = signer.token("unknown", &claims());
    let several = (0..20).map(|_| authenticator.authenticate(&token, NOW));
    for outcome in futures_util::future::join_all(several).await {
        assert_eq!(outcome.unwrap_err().code(), "AuthProviderDiscoveryFailed");
    }
    assert_eq!(web.requests(), 4, "who waited for a failure has it too");
}

#[tokio::test]
async fn a_rotated_key_is_fetched_and_the_old_one_ends() {
    let (old, new) = (Signer::ed25519(), Signer::ed25519());
    let web = Web::issuer(&[old.published("old")]);
    let authenticator = authenticator(&[oidc()], &web);
    assert!(
        authenticator
            .authenticate(&old.token("old", &claims()), NOW)
            .await
            .is_ok()
    );
    web.publish_keys(&[new.published("new")]);
    assert!(
        authenticator
            .authenticate(&new.token("new", &claims()), NOW)
            .await
            .is_ok()
    );
    says(
        &refusal(&authenticator, &old.token("old", &claims())).await,
        "Unauthenticated",
        &["\"old\""],
    );
    // The issuer is down, and its keys of before go on.
    web.fail(JWKS);
    let long = claims_with(json!({ "exp": 9000 }));
    let later = authenticator
        .authenticate(&new.token("new", &long), NOW + 400)
        .await;
    assert_eq!(who(later), Ok(PERSON.to_owned()));
}

#[test]
fn secrets_are_not_printed() {
    let key = AdminKey::from_secret("local", &[0xab; 32]);
    assert!(key.expose().starts_with("local|abab"));
    assert!(key.is(key.expose()));
    assert!(!AdminKey::new("").is(""));
    let authenticator = authenticator(&[oidc()], &Web::default());
    for printed in [
        format!("{key:?}"),
        format!("{authenticator:?}"),
        format!("{:?}", Secret::new("abab")),
    ] {
        assert!(
            !printed.contains("abab") && !printed.contains(ADMIN_KEY),
            "{printed}"
        );
    }
}
