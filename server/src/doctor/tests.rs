#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::{collections::BTreeMap, net::TcpListener, time::Duration};

use axum::{Json, Router, routing::get};
use http::{StatusCode, header};
use leptos_clerk_convex::config::Configuration;
use serde_json::{Value, json};

use super::{
    clerk, convex, local,
    report::{Finding, Report},
    routes,
};

const ISSUER: &str = "https://foo-bar-13.clerk.accounts.dev";

/// What was found out about each thing: `ok`, `skipped`, or the reason.
fn found(report: &Report) -> BTreeMap<&'static str, String> {
    let word = |finding: &Finding| match finding {
        Finding::Ok(_) => "ok".to_owned(),
        Finding::Skipped(_) => "skipped".to_owned(),
        Finding::Failed {
            reason,
            detail,
            action,
        } => {
            assert!(!detail.is_empty() && !action.is_empty(), "{reason}");
            reason.clone()
        }
    };
    report
        .lines
        .iter()
        .map(|line| (line.name, word(&line.finding)))
        .collect()
}

fn reason(report: &Report, name: &str) -> String {
    found(report).get(name).cloned().unwrap_or_default()
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn key_set(key: u8) -> Value {
    let modulus = [vec![0xc1], vec![key; 255]].concat();
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    json!({ "keys": [{
        "kty": "RSA", "kid": format!("ins_{key}"), "e": "AQAB", "n": URL_SAFE_NO_PAD.encode(modulus),
    }]})
}

/// A Clerk instance whose Backend and Frontend API are on loopback.
async fn clerk_instance(
    secret: Value,
    published: Value,
    issuer: &str,
    date: &'static str,
) -> Configuration {
    let discovery =
        json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/.well-known/jwks.json") });
    let jwks = get(move || async move { ([(header::DATE, date)], Json(published)) });
    let router = Router::new()
        .route("/v1/jwks", get(move || async move { Json(secret) }))
        .route("/.well-known/jwks.json", jwks)
        .route(
            "/.well-known/openid-configuration",
            get(move || async move { Json(discovery) }),
        );
    configuration(&serve(router).await)
}

fn configuration(url: &str) -> Configuration {
    Configuration::from_lookup(|name| match name {
        "CLERK_PUBLISHABLE_KEY" => {
            Some("pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk".to_owned())
        }
        "CLERK_SECRET_KEY" => Some("sk_test_abc".to_owned()),
        "CLERK_API_URL" | "CLERK_PROXY_URL" => Some(url.to_owned()),
        _ => None,
    })
    .unwrap()
}

#[tokio::test]
async fn a_sound_instance_is_in_order_but_for_a_clock_that_stood_still() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let configuration = clerk_instance(key_set(3), key_set(3), ISSUER, date).await;
    let mut report = Report::default();
    assert_eq!(clerk::check(&mut report, &configuration).await, ISSUER);
    let found = found(&report);
    for name in [
        "keys",
        "secret key",
        "one instance",
        "jwks",
        "oidc discovery",
    ] {
        assert_eq!(found[name], "ok", "{name}: {:?}", report.lines);
    }
    assert_eq!(found["clock"], "clock-skew");
    assert_eq!(report.failures(), 1);
}

#[tokio::test]
async fn keys_of_two_instances_and_a_proxy_to_another_one_are_found() {
    let other = "https://other-1.clerk.accounts.dev";
    let configuration = clerk_instance(key_set(3), key_set(5), other, "").await;
    let mut report = Report::default();
    assert_eq!(clerk::check(&mut report, &configuration).await, other);
    assert_eq!(
        reason(&report, "one instance"),
        "keys-of-different-instances"
    );
    assert_eq!(reason(&report, "oidc discovery"), "issuer-mismatch");
    assert_eq!(reason(&report, "clock"), "skipped");
}

#[tokio::test]
async fn what_does_not_answer_is_named() {
    let mut report = Report::default();
    clerk::check(&mut report, &configuration("http://127.0.0.1:1")).await;
    assert_eq!(reason(&report, "secret key"), "jwk-remote-failed-to-load");
    assert_eq!(reason(&report, "jwks"), "frontend-api-unreachable");
    assert_eq!(
        reason(&report, "oidc discovery"),
        "frontend-api-unreachable"
    );

    let html = Router::new().fallback(|| async { "<html>" });
    let mut report = Report::default();
    clerk::check(&mut report, &configuration(&serve(html).await)).await;
    assert_eq!(reason(&report, "jwks"), "no-key-set");
    assert_eq!(reason(&report, "oidc discovery"), "no-discovery-document");
}

#[test]
fn issuers_compare_as_convex_compares_them() {
    assert!(clerk::same_issuer("foo-bar-13.clerk.accounts.dev/", ISSUER));
    assert!(!clerk::same_issuer(
        "http://foo-bar-13.clerk.accounts.dev",
        ISSUER
    ));
    for (domain, elsewhere, expected) in [
        (Some(ISSUER), true, "ok"),
        (Some("https://clerk.example.com"), true, "issuer-mismatch"),
        (None, true, "skipped"),
        (None, false, "issuer-missing"),
    ] {
        let mut report = Report::default();
        clerk::issuer_domain(&mut report, domain, ISSUER, elsewhere);
        assert_eq!(reason(&report, "issuer domain"), expected);
    }
}

#[test]
fn a_clock_may_be_wrong_by_what_is_tolerated() {
    for (skew, expected) in [
        (None, "skipped"),
        (Some(0), "ok"),
        (Some(-5), "ok"),
        (Some(6), "clock-skew"),
    ] {
        let mut report = Report::default();
        clerk::clock(&mut report, skew, Duration::from_secs(5));
        assert_eq!(reason(&report, "clock"), expected);
    }
}

#[test]
fn a_session_token_is_looked_into() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let token = |claims: Value| format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string()));
    for (token, expected) in [
        (None, "skipped"),
        (Some("sk_test_abc".to_owned()), "not-a-token"),
        (Some(token(json!({ "iss": ISSUER, "aud": "convex" }))), "ok"),
        (Some(token(json!({ "iss": ISSUER }))), "audience-missing"),
        (
            Some(token(json!({ "iss": "https://x", "aud": "convex" }))),
            "issuer-mismatch",
        ),
    ] {
        let mut report = Report::default();
        clerk::session_token(&mut report, token.as_deref(), ISSUER);
        assert_eq!(reason(&report, "session token"), expected);
        assert!(!format!("{:?}", report.lines).contains("sk_test"));
    }
}

/// A deployment whose answer to anybody with a token is this.
async fn deployment(status: u16, code: &'static str, message: &'static str) -> String {
    let query = move |headers: http::HeaderMap| async move {
        if headers.contains_key(header::AUTHORIZATION) {
            let refusal = json!({ "code": code, "message": message });
            return (StatusCode::from_u16(status).unwrap(), Json(refusal));
        }
        let answer = json!({ "status": "error", "errorMessage": "Could not find public function" });
        (StatusCode::OK, Json(answer))
    };
    let router = Router::new()
        .route("/version", get(|| async { "1.2.3" }))
        .route("/api/query", axum::routing::post(query));
    serve(router).await
}

#[tokio::test]
async fn a_deployment_says_whether_it_knows_the_issuer() {
    for (status, code, message, expected) in [
        (401, "NoAuthProvider", "no provider", "no-matching-provider"),
        (401, "Unauthenticated", "provider x: unknown kid", "ok"),
        (
            400,
            "AuthProviderDiscoveryFailed",
            "no document",
            "keys-unavailable",
        ),
        (200, "", "", "bad-answer"),
    ] {
        let url = deployment(status, code, message).await;
        let mut report = Report::default();
        convex::check(&mut report, &url, ISSUER, true, None).await;
        assert_eq!(reason(&report, "convex"), "ok");
        assert_eq!(reason(&report, "convex queries"), "ok");
        assert_eq!(reason(&report, "convex provider"), expected, "{code}");
    }
    let url = deployment(401, "TokenExpired", "it expired").await;
    let mut report = Report::default();
    convex::check(&mut report, &url, ISSUER, true, Some("token")).await;
    assert_eq!(reason(&report, "convex sign-in"), "convex-refused");
}

#[tokio::test]
async fn a_deployment_that_is_none_is_told() {
    let mut report = Report::default();
    convex::check(&mut report, "http://127.0.0.1:1", ISSUER, true, None).await;
    assert_eq!(reason(&report, "convex"), "deployment-unreachable");
    assert_eq!(reason(&report, "convex queries"), "deployment-unreachable");

    let url = serve(Router::new().fallback(|| async { "<html>" })).await;
    let mut report = Report::default();
    convex::check(&mut report, &url, ISSUER, true, None).await;
    assert_eq!(reason(&report, "convex"), "deployment-unreachable");
    assert_eq!(reason(&report, "convex queries"), "bad-answer");
}

#[test]
fn a_port_that_is_used_is_named() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let mut report = Report::default();
    local::port(&mut report, "address", address, "LEPTOS_SITE_ADDR");
    assert_eq!(reason(&report, "address"), "port-in-use");
    assert!(
        report.lines[0]
            .to_string()
            .starts_with("failed   address (port-in-use): ")
    );
    drop(listener);
    let mut report = Report::default();
    local::port(&mut report, "address", address, "LEPTOS_SITE_ADDR");
    assert_eq!(reason(&report, "address"), "ok");
    assert!(!local::package(
        &mut report,
        std::path::Path::new("/nowhere")
    ));
    assert_eq!(reason(&report, "npm package"), "package-missing");
}

#[test]
fn patterns_cover_paths() {
    for (pattern, path, expected) in [
        ("/sign-in", "/sign-in", true),
        ("/sign-in", "/sign-in/", true),
        ("/sign-in", "/sign-up", false),
        ("/sign-in/{*step}", "/sign-in/a/b", true),
        ("/sign-in/{*step}", "/sign-in", false),
        ("/users/{id}", "/users/1", true),
        ("/users/{id}", "/users", false),
        ("/", "/", true),
    ] {
        assert_eq!(routes::covers(pattern, path), expected, "{pattern} {path}");
    }
}
