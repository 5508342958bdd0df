//! What a page needs before anyone signs in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use support::fixtures::{fixture, response};
use support::{ORIGIN, World, assert_shape, error_code};

#[tokio::test]
async fn boot_makes_a_dev_browser_and_finds_no_client() {
    let world = World::new();
    let mut browser = world.browser().await;
    assert!(browser.dev_browser.as_ref().unwrap().starts_with("dvb_"));

    let client = browser.get("/client").await;
    assert_eq!(client.status, StatusCode::OK);
    assert_eq!(client.body, fixture("client_none")["response"]);
    assert_eq!(client.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(client.headers[header::CONTENT_TYPE], "application/json");
}

#[tokio::test]
async fn the_environment_has_the_fixtures_shape_under_both_verbs() {
    let world = World::new();
    let mut browser = world.browser().await;
    let mut expected = fixture("environment");
    // The names of simulated providers are the instance's own.
    expected["user_settings"]["social"] = Value::Null;
    for answer in [
        browser.get("/environment").await,
        browser.verb("PATCH", "/environment", &[]).await,
    ] {
        assert_eq!(answer.status, StatusCode::OK);
        assert_shape(&answer.body, &expected, "environment");
        let social = answer.body["user_settings"]["social"].as_object().unwrap();
        assert!(social.keys().all(|name| name.starts_with("oauth_custom_")));
    }
}

#[tokio::test]
async fn a_browser_without_dev_browser_is_told_to_get_one() {
    let world = World::new();
    let mut browser = world.browser().await;
    for id in [None, Some("dvb_unknown".to_owned())] {
        browser.dev_browser = id;
        let answer = browser.get("/client").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(error_code(&answer), "dev_browser_unauthenticated");
    }
}

#[tokio::test]
async fn discovery_names_an_issuer_and_keys_that_verify() {
    let world = World::new();
    let discovery = world.get("/.well-known/openid-configuration").await;
    assert_eq!(discovery.body["issuer"], format!("{ORIGIN}/__clerk"));
    assert_eq!(discovery.body["issuer"], world.clerk.issuer());
    assert_shape(
        &discovery.body,
        &fixture("openid_configuration"),
        "discovery",
    );
    let jwks = world.get("/.well-known/jwks.json").await;
    assert_shape(&jwks.body, &fixture("jwks"), "jwks");
    assert_eq!(jwks.body, world.clerk.jwks());
    assert!(
        world
            .clerk
            .jwt_key_pem()
            .starts_with("-----BEGIN PUBLIC KEY-----\n")
    );
}

#[tokio::test]
async fn other_hosts_and_origins_are_refused_and_loopback_origins_get_cors() {
    let world = World::new();
    let request = |host: &str, origin: Option<&str>| {
        let request = Request::post("/__clerk/v1/dev_browser").header(header::HOST, host);
        let request = match origin {
            Some(origin) => request.header(header::ORIGIN, origin),
            None => request,
        };
        request.body(Body::empty()).unwrap()
    };
    let rebound = world.send(request("rebound.example:4010", None)).await;
    assert_eq!(
        (rebound.status, error_code(&rebound)),
        (StatusCode::BAD_REQUEST, "host_invalid")
    );
    let foreign = world
        .send(request("127.0.0.1:4010", Some("https://evil.example")))
        .await;
    assert_eq!(
        (foreign.status, error_code(&foreign)),
        (StatusCode::BAD_REQUEST, "origin_invalid")
    );
    assert!(
        !foreign
            .headers
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
    let sandboxed = world.send(request("127.0.0.1:4010", Some("null"))).await;
    assert_eq!(error_code(&sandboxed), "origin_invalid");
    let neighbour = world
        .send(request("127.0.0.1:4010", Some("http://localhost:8080")))
        .await;
    assert_eq!(neighbour.status, StatusCode::OK);
    assert_eq!(
        neighbour.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN],
        "http://localhost:8080"
    );
    assert_eq!(
        neighbour.headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS],
        "true"
    );
}

#[tokio::test]
async fn dev_browser_has_the_fixtures_shape() {
    let world = World::new();
    let answer = world
        .send(
            Request::post("/__clerk/v1/dev_browser")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_shape(
        &answer.body,
        &response(&fixture("dev_browser")),
        "dev_browser",
    );
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let world = World::new();
    let answer = world.get("/v1/nothing/here").await;
    assert_eq!(
        (answer.status, error_code(&answer)),
        (StatusCode::NOT_FOUND, "resource_not_found")
    );
    assert_eq!(
        world.get("/v1/proxy-health").await.body,
        json!({ "status": "ok" })
    );
}

#[tokio::test]
async fn bundles_come_unmodified_and_exact_versions_are_immutable() {
    let packages = tempfile::tempdir().unwrap();
    let dist = packages.path().join("@clerk/clerk-js/dist");
    std::fs::create_dir_all(&dist).unwrap();
    std::fs::write(
        packages.path().join("@clerk/clerk-js/package.json"),
        r#"{"version":"6.40.0"}"#,
    )
    .unwrap();
    std::fs::write(dist.join("clerk.browser.js"), "window.Clerk = 1;").unwrap();
    std::fs::write(packages.path().join("secret.js"), "no").unwrap();
    let world = World::with(|options| options.bundles = packages.path().to_owned());

    let exact = world
        .get("/npm/@clerk/clerk-js@6.40.0/dist/clerk.browser.js")
        .await;
    assert_eq!(
        (exact.status, exact.text.as_str()),
        (StatusCode::OK, "window.Clerk = 1;")
    );
    assert_eq!(
        exact.headers[header::CACHE_CONTROL],
        "public, max-age=31536000, immutable"
    );
    assert!(
        exact.headers[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .starts_with("text/javascript")
    );

    let major = world
        .get("/npm/@clerk/clerk-js@6/dist/clerk.browser.js")
        .await;
    assert_eq!(major.headers[header::CACHE_CONTROL], "public, no-cache");
    let again = Request::get("/__clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js")
        .header(header::IF_NONE_MATCH, &major.headers[header::ETAG])
        .body(Body::empty())
        .unwrap();
    assert_eq!(world.send(again).await.status, StatusCode::NOT_MODIFIED);

    for path in [
        "/npm/@clerk/clerk-js@5/dist/clerk.browser.js",
        "/npm/@clerk/clerk-js@6/dist/other.js",
        "/npm/@clerk/clerk-js@6/dist/..%2F..%2F..%2Fsecret.js",
        "/npm/@clerk/ui@1/dist/ui.browser.js",
        "/npm/@clerk/backend@3/dist/index.js",
    ] {
        assert_eq!(
            world.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}
