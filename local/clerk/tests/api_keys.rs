//! API keys and the waiting list.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::Duration;

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use support::{ADA, ADA_PASSWORD, Answer, Browser, MAX, MAX_PASSWORD, World, error_code, user_id};

/// A page's call with a session token, as ClerkJS makes it.
async fn call(world: &World, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("/__clerk{path}"))
        .header(header::HOST, "127.0.0.1:4010")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
        .unwrap();
    world.send(request).await
}

async fn token(browser: &mut Browser<'_>) -> String {
    let id = browser.session_id().await;
    let answer = browser
        .post(&format!("/client/sessions/{id}/tokens"), &[])
        .await;
    answer.body["jwt"].as_str().unwrap().to_owned()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

#[tokio::test]
async fn a_key_shows_its_secret_once_and_works_until_it_is_revoked() {
    let world = World::new();
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let token = token(&mut max).await;
    let subject = user_id(&world, MAX).await;
    let form = json!({ "type": "api_key", "name": "Backups", "subject": subject, "description": "every night" });
    let created = call(&world, &token, "POST", "/api_keys", Some(form.clone())).await;
    assert_eq!(created.status, StatusCode::OK, "{}", created.text);
    let (id, secret) = (text(&created.body["id"]), text(&created.body["secret"]));
    assert!(secret.starts_with("ak_"));
    assert_eq!(created.body["subject"], subject.as_str());
    assert_eq!(
        (&created.body["revoked"], &created.body["expired"]),
        (&json!(false), &json!(false))
    );
    let twice = call(&world, &token, "POST", "/api_keys", Some(form)).await;
    assert_eq!(error_code(&twice), "form_identifier_exists");

    let listed = call(
        &world,
        &token,
        "GET",
        &format!("/api_keys?subject={subject}&query=back&limit=10&offset=0"),
        None,
    )
    .await;
    assert_eq!(listed.body["total_count"], 1, "{}", listed.text);
    assert_eq!(listed.body["data"][0]["id"], id.as_str());
    assert!(!listed.text.contains(&secret), "the secret is shown once");

    let verify = async || {
        world
            .backend(
                "POST",
                "/api_keys/verify",
                Some(json!({ "secret": secret })),
            )
            .await
    };
    assert_eq!(verify().await.body["subject"], subject.as_str());
    let reason = Some(json!({ "revocation_reason": "leaked" }));
    let revoked = call(
        &world,
        &token,
        "POST",
        &format!("/api_keys/{id}/revoke"),
        reason,
    )
    .await;
    assert_eq!(
        (&revoked.body["revoked"], &revoked.body["revocation_reason"]),
        (&json!(true), &json!("leaked"))
    );
    assert_eq!(verify().await.status, StatusCode::NOT_FOUND);
    let left = call(
        &world,
        &token,
        "GET",
        &format!("/api_keys?subject={subject}"),
        None,
    )
    .await;
    assert_eq!(left.body, json!({ "data": [], "total_count": 0 }));
}

#[tokio::test]
async fn a_key_ends_when_its_time_is_over() {
    let world = World::new();
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let token = token(&mut max).await;
    let form = |seconds: Value| json!({ "type": "api_key", "name": "Short", "seconds_until_expiration": seconds });
    let nonsense = call(&world, &token, "POST", "/api_keys", Some(form(json!(-1)))).await;
    assert_eq!(error_code(&nonsense), "form_param_format_invalid");
    let created = call(&world, &token, "POST", "/api_keys", Some(form(json!(60)))).await;
    let secret = text(&created.body["secret"]);
    world.clock.advance(Duration::from_secs(60));
    let verified = world
        .backend(
            "POST",
            "/api_keys/verify",
            Some(json!({ "secret": secret })),
        )
        .await;
    assert_eq!(verified.status, StatusCode::NOT_FOUND);
    // So has the page's own token.
    let late = call(&world, &token, "GET", "/api_keys", None).await;
    assert_eq!(
        (late.status, error_code(&late)),
        (StatusCode::UNAUTHORIZED, "authentication_invalid")
    );
}

#[tokio::test]
async fn keys_of_others_are_out_of_reach() {
    let world = World::new();
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let (adas, maxs) = (token(&mut ada).await, token(&mut max).await);
    let organizations = world.backend("GET", "/organizations", None).await;
    let organization = text(&organizations.body["data"][0]["id"]);
    let form = json!({ "type": "api_key", "name": "Deploy", "subject": organization });
    let created = call(&world, &adas, "POST", "/api_keys", Some(form.clone())).await;
    let id = text(&created.body["id"]);

    let outside = call(&world, &maxs, "POST", "/api_keys", Some(form.clone())).await;
    assert_eq!(
        error_code(&outside),
        "organization_not_found_or_unauthorized"
    );
    let stolen = call(
        &world,
        &maxs,
        "POST",
        &format!("/api_keys/{id}/revoke"),
        Some(json!({})),
    )
    .await;
    assert_eq!(stolen.status, StatusCode::NOT_FOUND);
    let member = json!({ "user_id": user_id(&world, MAX).await, "role": "org:member" });
    world
        .backend(
            "POST",
            &format!("/organizations/{organization}/memberships"),
            Some(member),
        )
        .await;
    let inside = call(
        &world,
        &maxs,
        "GET",
        &format!("/api_keys?subject={organization}"),
        None,
    )
    .await;
    assert_eq!(error_code(&inside), "missing_organization_permission");
    for refused in ["", "nonsense", world.clerk.secret_key().as_str()] {
        let answer = call(&world, refused, "GET", "/api_keys", None).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{refused}");
    }
}

#[tokio::test]
async fn the_waiting_list_takes_an_address_once() {
    let world = World::new();
    let mut visitor = world.browser().await;
    let joined = visitor
        .post("/waitlist", &[("email_address", "later@example.com")])
        .await;
    assert_eq!(joined.status, StatusCode::OK, "{}", joined.text);
    assert!(
        text(&joined.body["id"]).starts_with("wle_"),
        "{}",
        joined.text
    );
    let again = visitor
        .post("/waitlist", &[("email_address", "LATER@example.com")])
        .await;
    assert_eq!(again.body["id"], joined.body["id"]);
    let malformed = visitor
        .post("/waitlist", &[("email_address", "later")])
        .await;
    assert_eq!(error_code(&malformed), "form_param_format_invalid");
    assert_eq!(
        malformed.body["errors"][0]["meta"]["param_name"],
        "email_address"
    );
    let entries = world.backend("GET", "/waitlist_entries", None).await;
    assert_eq!(entries.body["total_count"], 1);
    assert_eq!(
        entries.body["data"][0]["email_address"],
        "later@example.com"
    );
}
