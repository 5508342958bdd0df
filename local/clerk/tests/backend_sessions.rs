//! Sessions and their tokens over the Backend API.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use support::{ADA, MAX, MAX_PASSWORD, START, World, claims, error_code, user_id};

#[tokio::test]
async fn sessions_are_listed_read_and_revoked() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let (user, session) = (user_id(&world, MAX).await, browser.session_id().await);
    let bare = world
        .backend("GET", &format!("/sessions?user_id={user}"), None)
        .await;
    assert_eq!(bare.body[0]["id"], session.as_str());
    let paged = world
        .backend(
            "GET",
            &format!("/sessions?user_id={user}&status=active&paginated=true"),
            None,
        )
        .await;
    assert_eq!(paged.body["total_count"], 1);
    let one = world
        .backend("GET", &format!("/sessions/{session}"), None)
        .await;
    assert_eq!(
        (&one.body["user_id"], &one.body["status"]),
        (&json!(user), &json!("active"))
    );
    let token = world
        .backend(
            "POST",
            &format!("/sessions/{session}/tokens/convex"),
            Some(json!({})),
        )
        .await;
    assert_eq!(claims(token.body["jwt"].as_str().unwrap())["aud"], "convex");

    let revoked = world
        .backend("POST", &format!("/sessions/{session}/revoke"), None)
        .await;
    assert_eq!(revoked.body["status"], "revoked");
    assert_eq!(
        browser.get("/client").await.body["response"]["sessions"],
        json!([])
    );
    assert_eq!(
        world
            .backend("POST", &format!("/sessions/{session}/tokens"), None)
            .await
            .status,
        StatusCode::NOT_FOUND
    );

    let made = world
        .backend("POST", "/sessions", Some(json!({ "user_id": user })))
        .await;
    let token = world
        .backend(
            "POST",
            &format!("/sessions/{}/tokens", made.body["id"].as_str().unwrap()),
            None,
        )
        .await;
    assert_eq!(
        claims(token.body["jwt"].as_str().unwrap())["sub"],
        user.as_str()
    );
}

#[tokio::test]
async fn a_session_that_a_server_revoked_is_over_at_its_next_call() {
    let world = World::new();
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let id = max.session_id().await;
    world
        .backend("POST", &format!("/sessions/{id}/revoke"), None)
        .await;
    for path in [
        format!("/client/sessions/{id}/touch"),
        format!("/client/sessions/{id}/tokens"),
        format!("/client/sessions/{id}/tokens/convex"),
    ] {
        let over = max.post(&path, &[]).await;
        assert_eq!(
            (over.status, error_code(&over)),
            (StatusCode::UNAUTHORIZED, "authentication_invalid"),
            "{path}"
        );
        assert_eq!(over.body["meta"]["client"]["sessions"], json!([]), "{path}");
    }
    assert_eq!(max.get("/me").await.status, StatusCode::UNAUTHORIZED);
    let client = max.get("/client").await;
    assert_eq!(
        client.body["response"]["last_active_session_id"],
        Value::Null
    );
}

#[tokio::test]
async fn an_expired_token_is_refreshed_with_the_refresh_cookie_of_its_session() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let session = browser.session_id().await;
    let expired = browser
        .post(&format!("/client/sessions/{session}/tokens"), &[])
        .await
        .body["jwt"]
        .clone();
    let refresh = browser
        .cookies
        .iter()
        .find(|(name, _)| name.starts_with("__refresh_"))
        .unwrap()
        .1
        .clone();
    world.clock.advance(Duration::from_secs(120));
    let path = format!("/sessions/{session}/refresh?suffixed_cookies=true");
    let body = |expired: &Value, refresh: &str, format: &str| {
        Some(json!({
            "format": format, "expired_token": expired, "refresh_token": refresh,
            "request_origin": "http://127.0.0.1:4010", "request_headers": { "host": ["127.0.0.1:4010"] },
        }))
    };
    let fresh = world
        .backend("POST", &path, body(&expired, &refresh, "cookie"))
        .await;
    let line = fresh.body["cookies"][0]
        .as_str()
        .unwrap_or_else(|| panic!("{}", fresh.text));
    let jwt = line
        .strip_prefix("__session=")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    assert_eq!(claims(jwt)["iat"], START + 120);
    assert_eq!(claims(jwt)["azp"], "http://127.0.0.1:4010");
    let token = world
        .backend("POST", &path, body(&expired, &refresh, "token"))
        .await;
    assert_eq!(token.body["object"], "token");

    let mut other = world.signed_in(ADA, support::ADA_PASSWORD).await;
    let other_session = other.session_id().await;
    let foreign = other
        .post(&format!("/client/sessions/{other_session}/tokens"), &[])
        .await
        .body["jwt"]
        .clone();
    for (expired, refresh) in [
        (&foreign, refresh.as_str()),
        (&expired, "garbage"),
        (&expired, expired.as_str().unwrap()),
    ] {
        let refused = world
            .backend("POST", &path, body(expired, refresh, "cookie"))
            .await;
        assert_eq!(
            (refused.status, error_code(&refused)),
            (StatusCode::UNAUTHORIZED, "authentication_invalid")
        );
    }
    browser.verb("DELETE", "/client/sessions", &[]).await;
    assert!(
        !browser
            .cookies
            .keys()
            .any(|name| name.starts_with("__refresh_")),
        "signing out takes the cookie away"
    );
    assert_eq!(
        world
            .backend("POST", &path, body(&expired, &refresh, "cookie"))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}
