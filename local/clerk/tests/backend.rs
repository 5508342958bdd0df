//! The Backend API, as `@clerk/backend` calls it.
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
use serde_json::json;

use support::fixtures::fixture;
use support::{ADA, MAX, MAX_PASSWORD, World, assert_shape, error_code, recorded, user_id};

#[tokio::test]
async fn only_the_secret_key_opens_it() {
    let world = World::new();
    for authorization in [
        None,
        Some("Bearer sk_test_wrong".to_owned()),
        Some(world.clerk.secret_key()),
        Some("Bearer ".into()),
    ] {
        let mut request = Request::get("/__clerk/bapi/v1/users");
        if let Some(value) = authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let answer = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            (answer.status, error_code(&answer)),
            (StatusCode::UNAUTHORIZED, "authentication_invalid")
        );
    }
    let answer = world.backend("GET", "/users", None).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        answer.headers[header::CONTENT_TYPE],
        "application/json",
        "without charset: the official client demands it"
    );
}

#[tokio::test]
async fn users_are_made_found_changed_and_deleted() {
    let world = World::new();
    let new = json!({ "email_address": ["srv+clerk_test@example.com"], "password": "server-made-1", "first_name": "Srv" });
    let created = world.backend("POST", "/users", Some(new.clone())).await;
    assert_shape(&created.body, &recorded("POST", "/v1/users"), "created");
    let id = created.body["id"].as_str().unwrap();
    assert_eq!(user_id(&world, "SRV+clerk_test@example.com").await, id);
    assert_eq!(
        error_code(&world.backend("POST", "/users", Some(new)).await),
        "form_identifier_exists"
    );

    let count = world
        .backend(
            "GET",
            "/users/count?email_address=srv%2Bclerk_test%40example.com",
            None,
        )
        .await;
    assert_eq!(
        count.body,
        json!({ "object": "total_count", "total_count": 1 })
    );
    let all = world
        .backend("GET", "/users?limit=2&order_by=created_at", None)
        .await;
    assert_eq!(all.body.as_array().unwrap().len(), 2);
    assert_eq!(all.body[0]["email_addresses"][0]["email_address"], ADA);

    let metadata = json!({ "public_metadata": { "role": "x", "deep": { "a": 1 } }, "private_metadata": { "secret": 1 } });
    let merged = world
        .backend("PATCH", &format!("/users/{id}/metadata"), Some(metadata))
        .await;
    assert_eq!(merged.body["public_metadata"]["role"], "x");
    assert_eq!(merged.body["private_metadata"], json!({ "secret": 1 }));
    let removed = json!({ "public_metadata": { "deep": null } });
    let merged = world
        .backend("PATCH", &format!("/users/{id}/metadata"), Some(removed))
        .await;
    assert_eq!(merged.body["public_metadata"], json!({ "role": "x" }));
    let renamed = world
        .backend(
            "PATCH",
            &format!("/users/{id}"),
            Some(json!({ "first_name": "Server", "last_name": null })),
        )
        .await;
    assert_eq!(renamed.body["first_name"], "Server");

    let mut browser = world
        .signed_in("srv+clerk_test@example.com", "server-made-1")
        .await;
    let me = browser.get("/me").await;
    assert!(
        me.body["response"].get("private_metadata").is_none(),
        "private metadata never reaches a browser"
    );

    let deleted = world.backend("DELETE", &format!("/users/{id}"), None).await;
    assert_eq!(
        deleted.body,
        json!({ "object": "user", "id": id, "deleted": true })
    );
    let gone = world.backend("GET", &format!("/users/{id}"), None).await;
    assert_eq!(
        (gone.status, error_code(&gone)),
        (StatusCode::NOT_FOUND, "resource_not_found")
    );
    assert_eq!(browser.get("/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn banned_users_are_signed_out_and_stay_out() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let id = user_id(&world, MAX).await;
    world
        .backend("POST", &format!("/users/{id}/ban"), None)
        .await;
    assert_eq!(browser.get("/me").await.status, StatusCode::UNAUTHORIZED);
    let form = [("identifier", MAX), ("password", MAX_PASSWORD)];
    assert_eq!(
        error_code(&browser.post("/client/sign_ins", &form).await),
        "user_banned"
    );
    world
        .backend("POST", &format!("/users/{id}/unban"), None)
        .await;
    world
        .backend("POST", &format!("/users/{id}/lock"), None)
        .await;
    assert_eq!(
        error_code(&browser.post("/client/sign_ins", &form).await),
        "user_locked"
    );
    world
        .backend("POST", &format!("/users/{id}/unlock"), None)
        .await;
    assert_eq!(
        browser.post("/client/sign_ins", &form).await.body["response"]["status"],
        "complete"
    );

    let right = world
        .backend(
            "POST",
            &format!("/users/{id}/verify_password"),
            Some(json!({ "password": MAX_PASSWORD })),
        )
        .await;
    assert_eq!(right.body, json!({ "verified": true }));
    let wrong = world
        .backend(
            "POST",
            &format!("/users/{id}/verify_password"),
            Some(json!({ "password": "nope" })),
        )
        .await;
    assert_eq!(error_code(&wrong), "form_password_incorrect");
    assert_eq!(
        error_code(
            &world
                .backend(
                    "POST",
                    &format!("/users/{id}/verify_totp"),
                    Some(json!({ "code": "1" }))
                )
                .await
        ),
        "no_second_factors"
    );
}

#[tokio::test]
async fn tickets_sign_in_once() {
    let world = World::new();
    let id = user_id(&world, MAX).await;
    let create = || {
        world.backend(
            "POST",
            "/sign_in_tokens",
            Some(json!({ "user_id": id, "expires_in_seconds": 60 })),
        )
    };
    let token = create().await;
    assert_shape(
        &token.body,
        &recorded("POST", "/v1/sign_in_tokens"),
        "sign_in_token",
    );
    let ticket = token.body["token"].as_str().unwrap();
    let mut browser = world.browser().await;
    let form = [("strategy", "ticket"), ("ticket", ticket)];
    let done = browser.post("/client/sign_ins", &form).await;
    assert_shape(
        &done.body["response"],
        &fixture("sign_in_ticket")["response"]["response"],
        "ticket",
    );
    assert_eq!(done.body["response"]["status"], "complete");

    let mut other = world.browser().await;
    assert_eq!(
        error_code(&other.post("/client/sign_ins", &form).await),
        "sign_in_token_already_used_code"
    );
    let late = create().await;
    world.clock.advance(Duration::from_secs(60));
    let form = [
        ("strategy", "ticket"),
        ("ticket", late.body["token"].as_str().unwrap()),
    ];
    assert_eq!(
        error_code(&other.post("/client/sign_ins", &form).await),
        "ticket_expired_code"
    );
    let revoked = create().await;
    world
        .backend(
            "POST",
            &format!(
                "/sign_in_tokens/{}/revoke",
                revoked.body["id"].as_str().unwrap()
            ),
            None,
        )
        .await;
    let form = [
        ("strategy", "ticket"),
        ("ticket", revoked.body["token"].as_str().unwrap()),
    ];
    assert_eq!(
        error_code(&other.post("/client/sign_ins", &form).await),
        "sign_in_token_revoked_code"
    );
    let session_token = browser.cookies["__client"].clone();
    for forged in ["garbage", session_token.as_str()] {
        let form = [("strategy", "ticket"), ("ticket", forged)];
        assert_eq!(
            error_code(&other.post("/client/sign_ins", &form).await),
            "ticket_invalid_code"
        );
    }
}

#[tokio::test]
async fn organizations_are_managed_by_servers() {
    let world = World::new();
    let max = user_id(&world, MAX).await;
    let list = world
        .backend("GET", "/organizations?query=example", None)
        .await;
    assert_eq!(list.body["total_count"], 1);
    let new = json!({ "name": "Made by a server", "created_by": max, "public_metadata": { "tier": "gold" }, "private_metadata": { "s": 1 } });
    let created = world.backend("POST", "/organizations", Some(new)).await;
    assert_eq!(
        (
            &created.body["slug"],
            &created.body["private_metadata"]["s"]
        ),
        (&json!("made-by-a-server"), &json!(1))
    );
    let under = format!("/organizations/{}", created.body["id"].as_str().unwrap());
    assert_eq!(
        world
            .backend("GET", "/organizations/made-by-a-server", None)
            .await
            .body["id"],
        created.body["id"]
    );

    let ada = user_id(&world, ADA).await;
    let added = world
        .backend(
            "POST",
            &format!("{under}/memberships"),
            Some(json!({ "user_id": ada, "role": "org:member" })),
        )
        .await;
    assert_eq!(added.body["role"], "org:member", "{}", added.text);
    let changed = world
        .backend(
            "PATCH",
            &format!("{under}/memberships/{ada}"),
            Some(json!({ "role": "org:admin" })),
        )
        .await;
    assert_eq!(changed.body["role"], "org:admin");
    let members = world
        .backend("GET", &format!("{under}/memberships?role=org:admin"), None)
        .await;
    assert_eq!(members.body["total_count"], 2);
    let mine = world
        .backend(
            "GET",
            &format!("/users/{ada}/organization_memberships"),
            None,
        )
        .await;
    assert_eq!(mine.body["total_count"], 2);
    world
        .backend("DELETE", &format!("{under}/memberships/{ada}"), None)
        .await;
    let invited = world
        .backend(
            "POST",
            &format!("{under}/invitations"),
            Some(json!({ "email_address": ADA, "role": "org:member" })),
        )
        .await;
    assert_eq!(invited.body["status"], "pending");
    let metadata = world
        .backend(
            "PATCH",
            &format!("{under}/metadata"),
            Some(json!({ "public_metadata": { "tier": null } })),
        )
        .await;
    assert_eq!(metadata.body["public_metadata"], json!({}));
    assert_eq!(
        world.backend("DELETE", &under, None).await.body["deleted"],
        true
    );
    assert_eq!(
        world.backend("GET", &under, None).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn testing_tokens_and_keys_are_there() {
    let world = World::new();
    let token = world
        .backend("POST", "/testing_tokens", Some(json!({})))
        .await;
    assert_shape(
        &token.body,
        &recorded("POST", "/v1/testing_tokens"),
        "testing_token",
    );
    assert_eq!(
        world.backend("GET", "/jwks", None).await.body,
        world.clerk.jwks()
    );
}

#[tokio::test]
async fn only_instances_in_memory_can_be_reset() {
    let world = World::new();
    let reset = |world: &World| {
        let request = Request::post("/__clerk/bapi/testing/reset").header(
            header::AUTHORIZATION,
            format!("Bearer {}", world.clerk.secret_key()),
        );
        request.body(Body::empty()).unwrap()
    };
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    browser.verb("DELETE", "/me", &[]).await;
    assert_eq!(world.send(reset(&world)).await.status, StatusCode::OK);
    world.signed_in(MAX, MAX_PASSWORD).await;

    let directory = tempfile::tempdir().unwrap();
    let kept = World::with(|options| {
        options.data = local_clerk::Data::Directory(directory.path().to_owned())
    });
    assert_eq!(kept.send(reset(&kept)).await.status, StatusCode::NOT_FOUND);
}
