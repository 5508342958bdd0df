//! Handshakes: how a page rendered by a server gets its cookies right.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::collections::HashMap;

use axum::body::Body;
use http::{Request, StatusCode, header};
use support::{Answer, Browser, MAX, MAX_PASSWORD, World, claims, error_code, token_header};

/// A navigation to the handshake endpoint.
async fn navigate(browser: &mut Browser<'_>, query: &str) -> Answer {
    let request = Request::get(format!("/__clerk/v1/client/handshake?{query}"))
        .header(header::HOST, "127.0.0.1:4010");
    browser.send(request, Body::empty()).await
}

fn location(answer: &Answer) -> (url::Url, HashMap<String, String>) {
    assert_eq!(
        answer.status,
        StatusCode::TEMPORARY_REDIRECT,
        "{}",
        answer.text
    );
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    let url = url::Url::parse(answer.headers[header::LOCATION].to_str().unwrap()).unwrap();
    let query = url.query_pairs().into_owned().collect();
    (url, query)
}

/// The cookies that a list of `Set-Cookie` lines leaves behind.
fn applied(browser: &mut Browser<'_>, directives: &serde_json::Value) {
    for line in directives.as_array().unwrap() {
        browser.keep(line.as_str().unwrap());
    }
}

const BACK: &str = "redirect_url=http%3A%2F%2F127.0.0.1%3A4010%2Fdashboard%3Ftab%3D1";

#[tokio::test]
async fn signed_in_browsers_come_back_with_session_uat_and_dev_browser() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let answer = navigate(
        &mut browser,
        &format!("{BACK}&__clerk_hs_reason=session-token-expired&suffixed_cookies=true"),
    )
    .await;
    let (url, query) = location(&answer);
    assert!(
        url.as_str()
            .starts_with("http://127.0.0.1:4010/dashboard?tab=1&")
    );
    let handshake = &query["__clerk_handshake"];
    assert_eq!(
        token_header(handshake)["kid"],
        world.clerk.jwks()["keys"][0]["kid"]
    );
    applied(&mut browser, &claims(handshake)["handshake"]);

    let session = claims(&browser.cookies["__session"]);
    assert_eq!(session["azp"], "http://127.0.0.1:4010");
    assert_eq!(session["email"], MAX);
    let uat: i64 = browser.cookies["__client_uat"].parse().unwrap();
    assert!(session["iat"].as_i64().unwrap() >= uat && uat > 0);
    let suffixes: Vec<_> = browser
        .cookies
        .keys()
        .filter(|name| name.starts_with("__session_"))
        .collect();
    assert_eq!(suffixes.len(), 1);
    assert_eq!(browser.cookies["__clerk_db_jwt"], query["__clerk_db_jwt"]);
}

#[tokio::test]
async fn a_browser_that_never_was_here_gets_a_dev_browser_and_is_signed_out() {
    let world = World::new();
    let mut browser = Browser {
        world: &world,
        cookies: Default::default(),
        dev_browser: None,
    };
    browser.cookies.insert("__session".into(), "stale".into());
    let answer = navigate(
        &mut browser,
        &format!("{BACK}&__clerk_hs_reason=dev-browser-missing"),
    )
    .await;
    let (_, query) = location(&answer);
    applied(
        &mut browser,
        &claims(&query["__clerk_handshake"])["handshake"],
    );
    assert!(!browser.cookies.contains_key("__session"));
    assert_eq!(browser.cookies["__client_uat"], "0");
    browser.dev_browser = Some(browser.cookies["__clerk_db_jwt"].clone());
    assert_eq!(browser.get("/client").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_client_is_found_by_the_dev_browser_alone() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    browser.cookies.clear();
    let dev_browser = browser.dev_browser.clone().unwrap();
    let answer = navigate(
        &mut browser,
        &format!("{BACK}&__clerk_db_jwt={dev_browser}"),
    )
    .await;
    let (_, query) = location(&answer);
    applied(
        &mut browser,
        &claims(&query["__clerk_handshake"])["handshake"],
    );
    assert!(browser.cookies.contains_key("__session") && browser.cookies.contains_key("__client"));
}

#[tokio::test]
async fn a_nonce_stands_for_the_cookies_once_and_for_a_minute() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let answer = navigate(&mut browser, &format!("{BACK}&format=nonce")).await;
    let (_, query) = location(&answer);
    assert!(!query.contains_key("__clerk_handshake"));
    let path = format!(
        "/clients/handshake_payload?nonce={}",
        query["__clerk_handshake_nonce"]
    );
    let payload = world.backend("GET", &path, None).await;
    applied(&mut browser, &payload.body["directives"]);
    assert!(browser.cookies.contains_key("__session"));
    let again = world.backend("GET", &path, None).await;
    assert_eq!(
        (again.status, error_code(&again)),
        (StatusCode::BAD_REQUEST, "invalid_handshake")
    );

    let (_, query) = location(&navigate(&mut browser, &format!("{BACK}&format=nonce")).await);
    world.clock.advance(std::time::Duration::from_secs(60));
    let path = format!(
        "/clients/handshake_payload?nonce={}",
        query["__clerk_handshake_nonce"]
    );
    assert_eq!(
        error_code(&world.backend("GET", &path, None).await),
        "invalid_handshake"
    );
}

#[tokio::test]
async fn the_page_can_ask_for_its_organization() {
    let world = World::new();
    let mut browser = world.signed_in(support::ADA, support::ADA_PASSWORD).await;
    let answer = navigate(
        &mut browser,
        &format!("{BACK}&organization_id=example-organization"),
    )
    .await;
    let (_, query) = location(&answer);
    applied(
        &mut browser,
        &claims(&query["__clerk_handshake"])["handshake"],
    );
    assert_eq!(
        claims(&browser.cookies["__session"])["o"]["slg"],
        "example-organization"
    );
    let answer = navigate(
        &mut browser,
        &format!("{BACK}&organization_id=org_of_someone_else"),
    )
    .await;
    assert_eq!(
        location(&answer).1.len(),
        3,
        "an organization that the user is not in changes nothing"
    );
}

#[tokio::test]
async fn handshakes_lead_to_loopback_only() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    for target in [
        "https%3A%2F%2Fevil.example%2F",
        "%2F%2Fevil.example%2F",
        "javascript%3Aalert(1)",
    ] {
        let answer = navigate(&mut browser, &format!("redirect_url={target}")).await;
        assert_eq!(
            (answer.status, error_code(&answer)),
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid_redirect_url")
        );
    }
    let missing = navigate(&mut browser, "").await;
    assert_eq!(error_code(&missing), "form_param_missing");
    let touch = browser
        .get("/client/touch?redirect_url=https%3A%2F%2Fevil.example")
        .await;
    assert_eq!(error_code(&touch), "invalid_redirect_url");
}
