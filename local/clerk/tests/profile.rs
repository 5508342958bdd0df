//! What a signed-in person does with their account.
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
use support::{
    ADA, ADA_PASSWORD, MAX, MAX_PASSWORD, ORIGIN, World, assert_shape, claims, error_code,
};

#[tokio::test]
async fn names_and_metadata_are_kept_and_reach_the_token() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let updated = browser
        .verb(
            "PATCH",
            "/me",
            &[("first_name", "Augusta"), ("last_name", "")],
        )
        .await;
    assert_shape(&updated.body, &response(&fixture("me_patch")), "patch");
    assert_eq!(updated.body["response"]["first_name"], "Augusta");
    assert_eq!(updated.body["response"]["last_name"], Value::Null);
    assert_eq!(browser.token().await["name"], "Augusta");

    let form = [("unsafe_metadata", r#"{"theme":"dark","nested":{"a":1}}"#)];
    let metadata = browser.verb("PATCH", "/me/metadata", &form).await;
    assert_shape(
        &metadata.body,
        &response(&fixture("me_metadata")),
        "metadata",
    );
    browser
        .verb(
            "PATCH",
            "/me/metadata",
            &[("unsafe_metadata", r#"{"theme":null,"nested":{"b":2}}"#)],
        )
        .await;
    let me = browser.get("/me").await;
    assert_shape(&me.body, &response(&fixture("me_get")), "me");
    assert_eq!(
        me.body["response"]["unsafe_metadata"],
        json!({ "nested": { "a": 1, "b": 2 } })
    );
    let broken = browser
        .verb("PATCH", "/me/metadata", &[("unsafe_metadata", "{")])
        .await;
    assert_eq!(error_code(&broken), "form_param_format_invalid");
}

#[tokio::test]
async fn me_needs_a_live_session_of_the_callers_client() {
    let world = World::new();
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let adas = ada.session_id().await;
    let mut anonymous = world.browser().await;
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    for answer in [
        anonymous.get("/me").await,
        anonymous
            .get(&format!("/me?_clerk_session_id={adas}"))
            .await,
        max.get(&format!("/me?_clerk_session_id={adas}")).await,
        max.verb("DELETE", &format!("/me?_clerk_session_id={adas}"), &[])
            .await,
    ] {
        assert_eq!(
            (answer.status, error_code(&answer)),
            (StatusCode::UNAUTHORIZED, "authentication_invalid")
        );
    }
    let id = max.session_id().await;
    assert_eq!(
        max.get(&format!("/me?_clerk_session_id={id}")).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn addresses_are_added_verified_made_primary_and_removed() {
    let world = World::new();
    let recorded = fixture("me_email_addresses");
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let taken = browser
        .post("/me/email_addresses/", &[("email_address", ADA)])
        .await;
    assert_eq!(error_code(&taken), "form_identifier_exists");
    let created = browser
        .post(
            "/me/email_addresses/",
            &[("email_address", "max2+clerk_test@example.com")],
        )
        .await;
    assert_shape(&created.body, &response(&recorded["create"]), "create");
    let id = created.body["response"]["id"].as_str().unwrap().to_owned();

    let early = browser
        .verb("PATCH", "/me", &[("primary_email_address_id", &id)])
        .await;
    assert_eq!(error_code(&early), "form_resource_not_found");
    let sign_in = world
        .browser()
        .await
        .post(
            "/client/sign_ins",
            &[("identifier", "max2+clerk_test@example.com")],
        )
        .await;
    assert_eq!(error_code(&sign_in), "form_identifier_not_found");

    let prepared = browser
        .post(
            &format!("/me/email_addresses/{id}/prepare_verification"),
            &[("strategy", "email_code")],
        )
        .await;
    assert_shape(&prepared.body, &response(&recorded["prepare"]), "prepare");
    let attempt = format!("/me/email_addresses/{id}/attempt_verification");
    assert_eq!(
        error_code(&browser.post(&attempt, &[("code", "000000")]).await),
        "form_code_incorrect"
    );
    let verified = browser.post(&attempt, &[("code", "424242")]).await;
    assert_shape(&verified.body, &response(&recorded["attempt"]), "attempt");
    assert_eq!(
        verified.body["response"]["verification"]["status"],
        "verified"
    );

    let primary = browser
        .verb("PATCH", "/me", &[("primary_email_address_id", &id)])
        .await;
    assert_eq!(
        primary.body["response"]["primary_email_address_id"],
        id.as_str()
    );
    assert_eq!(
        browser.token().await["email"],
        "max2+clerk_test@example.com"
    );

    let removed = browser
        .verb("DELETE", &format!("/me/email_addresses/{id}"), &[])
        .await;
    assert_eq!(
        removed.body["response"],
        json!({ "object": "email_address", "id": id, "deleted": true })
    );
    let user = &removed.body["client"]["sessions"][0]["user"];
    let last = user["primary_email_address_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(user["email_addresses"][0]["email_address"], MAX);
    let refused = browser
        .verb("DELETE", &format!("/me/email_addresses/{last}"), &[])
        .await;
    assert_eq!(
        error_code(&refused),
        "last_required_identification_deletion_failed"
    );
}

#[tokio::test]
async fn a_changed_password_is_the_only_one_and_ends_other_sessions() {
    let world = World::new();
    let mut elsewhere = world.signed_in(MAX, MAX_PASSWORD).await;
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let wrong = [
        ("current_password", "not-my-password"),
        ("new_password", "correct-horse-10"),
    ];
    let refused = browser.post("/me/change_password", &wrong).await;
    assert_eq!(error_code(&refused), "form_password_incorrect");
    assert_eq!(
        refused.body["errors"][0]["meta"]["param_name"],
        "current_password"
    );
    let same = [
        ("current_password", MAX_PASSWORD),
        ("new_password", MAX_PASSWORD),
    ];
    assert_eq!(
        error_code(&browser.post("/me/change_password", &same).await),
        "form_new_password_matches_current"
    );

    let form = [
        ("current_password", MAX_PASSWORD),
        ("new_password", "correct-horse-10"),
        ("sign_out_of_other_sessions", "true"),
    ];
    let changed = browser.post("/me/change_password", &form).await;
    assert_shape(
        &changed.body,
        &response(&fixture("me_change_password")),
        "changed",
    );
    assert_eq!(
        changed.body["client"]["sessions"].as_array().unwrap().len(),
        1
    );
    assert_eq!(elsewhere.get("/me").await.status, StatusCode::UNAUTHORIZED);
    world.signed_in(MAX, "correct-horse-10").await;
    assert_eq!(
        error_code(&browser.post("/me/remove_password", &[]).await),
        "password_required"
    );
}

#[tokio::test]
async fn sessions_are_listed_and_revoked() {
    let world = World::new();
    let mut first = world.signed_in(MAX, MAX_PASSWORD).await;
    let mut second = world.signed_in(MAX, MAX_PASSWORD).await;
    let list = first.get("/me/sessions/active").await;
    assert_shape(
        &list.body,
        &response(&fixture("me_sessions_active")),
        "sessions",
    );
    assert_eq!(list.body.as_array().unwrap().len(), 2);
    let id = second.session_id().await;
    let revoked = first.post(&format!("/me/sessions/{id}/revoke"), &[]).await;
    assert_eq!(revoked.body["response"]["status"], "revoked");
    assert_eq!(second.get("/me").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        first
            .get("/me/sessions/active")
            .await
            .body
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_profile_image_is_uploaded_shown_and_removed() {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot really";
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let upload = |content_type: &str| {
        let mut body = format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\nContent-Type: {content_type}\r\n\r\n").into_bytes();
        body.extend_from_slice(PNG);
        body.extend_from_slice(b"\r\n--b--\r\n");
        body
    };
    let dev_browser = browser.dev_browser.clone().unwrap();
    let request = || {
        Request::post(format!(
            "/__clerk/v1/me/profile_image?__clerk_db_jwt={dev_browser}"
        ))
        .header(header::ORIGIN, ORIGIN)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
    };
    let scripted = browser
        .send(request(), Body::from(upload("image/svg+xml")))
        .await;
    assert_eq!(error_code(&scripted), "form_param_value_invalid");

    let set = browser
        .send(request(), Body::from(upload("image/png")))
        .await;
    assert_eq!(
        set.body["client"]["sessions"][0]["user"]["has_image"], true,
        "{}",
        set.text
    );
    let url = set.body["response"]["public_url"].as_str().unwrap();
    let image = world
        .get(url.strip_prefix(&world.clerk.issuer()).unwrap())
        .await;
    assert_eq!(image.headers[header::CONTENT_TYPE], "image/png");
    assert_eq!(image.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(browser.token().await["picture"], url);

    let removed = browser.verb("DELETE", "/me/profile_image", &[]).await;
    assert_eq!(removed.body["response"]["deleted"], true);
    assert_eq!(
        removed.body["client"]["sessions"][0]["user"]["has_image"],
        false
    );
    assert_eq!(
        world
            .get(url.strip_prefix(&world.clerk.issuer()).unwrap())
            .await
            .status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_deleted_account_is_gone_and_signed_out() {
    let world = World::new();
    let mut browser = world.signed_in(ADA, ADA_PASSWORD).await;
    let deleted = browser.verb("DELETE", "/me", &[]).await;
    assert_shape(&deleted.body, &response(&fixture("me_delete")), "deleted");
    assert_eq!(deleted.body["response"]["deleted"], true);
    assert_eq!(deleted.body["client"]["sessions"], json!([]));
    let sign_in = browser
        .post("/client/sign_ins", &[("identifier", ADA)])
        .await;
    assert_eq!(error_code(&sign_in), "form_identifier_not_found");
}

#[tokio::test]
async fn what_is_left_out_says_so() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    for path in ["/me/phone_numbers/", "/me/passkeys"] {
        let answer = browser.post(path, &[]).await;
        assert_eq!(
            (answer.status, error_code(&answer)),
            (StatusCode::FORBIDDEN, "feature_not_enabled"),
            "{path}"
        );
    }
    assert_eq!(
        error_code(&browser.verb("PATCH", "/me", &[("username", "max")]).await),
        "form_param_unknown"
    );
}

#[tokio::test]
async fn several_accounts_in_one_browser() {
    let world = World::with(|options| options.single_session_mode = false);
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let first = browser.session_id().await;
    let again = browser
        .post(
            "/client/sign_ins",
            &[("identifier", MAX), ("password", MAX_PASSWORD)],
        )
        .await;
    assert_eq!(
        (again.status, error_code(&again)),
        (StatusCode::BAD_REQUEST, "identifier_already_signed_in")
    );
    assert_eq!(
        again.body["errors"][0]["meta"]["session_id"],
        first.as_str()
    );

    let second = browser
        .post(
            "/client/sign_ins",
            &[("identifier", ADA), ("password", ADA_PASSWORD)],
        )
        .await;
    assert_eq!(
        second.body["client"]["sessions"].as_array().unwrap().len(),
        2
    );
    let adas = second.body["response"]["created_session_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        second.body["client"]["last_active_session_id"],
        adas.as_str()
    );
    browser
        .post(
            &format!("/client/sessions/{first}/touch"),
            &[("intent", "select_session")],
        )
        .await;
    assert_eq!(
        browser.get("/client").await.body["response"]["last_active_session_id"],
        first.as_str()
    );

    let removed = browser
        .post(&format!("/client/sessions/{first}/remove"), &[])
        .await;
    assert_eq!(removed.body["response"]["status"], "removed");
    assert_eq!(
        removed.body["client"]["last_active_session_id"],
        adas.as_str()
    );
    let token = browser
        .post(&format!("/client/sessions/{adas}/tokens"), &[])
        .await;
    assert_eq!(claims(token.body["jwt"].as_str().unwrap())["email"], ADA);
}
