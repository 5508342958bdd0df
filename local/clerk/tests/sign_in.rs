//! Signing in with a password, staying signed in, signing out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::Duration;

use http::{StatusCode, header};
use serde_json::{Value, json};
use support::fixtures::{fixture, response};
use support::{
    ADA, ADA_PASSWORD, MAX, MAX_PASSWORD, ORIGIN, START, World, assert_shape, claims, error_code,
    token_header,
};

#[tokio::test]
async fn password_sign_in_goes_through_the_recorded_steps() {
    let world = World::new();
    let recorded = fixture("sign_in_password");
    let mut browser = world.browser().await;

    let unknown = browser
        .post("/client/sign_ins", &[("identifier", "nobody@example.com")])
        .await;
    assert_eq!(
        (unknown.status, error_code(&unknown)),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            "form_identifier_not_found"
        )
    );
    assert_shape(
        &unknown.body,
        &response(&recorded["1_identifier_not_found"]),
        "unknown",
    );
    let cookie = unknown.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.starts_with("__client=") && cookie.contains("; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );

    let created = browser
        .post(
            "/client/sign_ins",
            &[("identifier", ADA), ("locale", "en-US")],
        )
        .await;
    assert_eq!(created.body["response"]["status"], "needs_first_factor");
    assert_shape(
        &created.body,
        &response(&recorded["2_create_needs_first_factor"]),
        "created",
    );
    let id = created.body["response"]["id"].as_str().unwrap().to_owned();
    assert_eq!(created.body["client"]["sign_in"]["id"], id.as_str());

    let attempt = format!("/client/sign_ins/{id}/attempt_first_factor");
    let wrong = browser
        .post(
            &attempt,
            &[("strategy", "password"), ("password", "wrong-password")],
        )
        .await;
    assert_eq!(
        (wrong.status, error_code(&wrong)),
        (StatusCode::UNPROCESSABLE_ENTITY, "form_password_incorrect")
    );
    assert_eq!(
        wrong.body["errors"][0]["meta"],
        json!({ "param_name": "password" })
    );
    assert_shape(
        &wrong.body,
        &response(&recorded["3_attempt_wrong_password"]),
        "wrong",
    );

    let done = browser
        .post(
            &attempt,
            &[("strategy", "password"), ("password", ADA_PASSWORD)],
        )
        .await;
    assert_eq!(done.body["response"]["status"], "complete");
    assert_shape(
        &done.body["response"],
        &recorded["4_attempt_complete"]["response"]["response"],
        "complete",
    );
    assert_eq!(done.body["client"]["sign_in"], Value::Null);
    assert_eq!(
        done.body["client"]["last_authentication_strategy"],
        "password"
    );
    let session = done.body["client"]["sessions"][0]["id"].clone();
    assert_eq!(done.body["response"]["created_session_id"], session);
    assert_eq!(done.body["client"]["last_active_session_id"], session);

    let again = browser
        .post("/client/sign_ins", &[("identifier", MAX)])
        .await;
    assert_eq!(
        (again.status, error_code(&again)),
        (StatusCode::BAD_REQUEST, "session_exists")
    );
}

#[tokio::test]
async fn one_call_with_password_is_enough_and_the_client_has_the_recorded_shape() {
    let world = World::new();
    let mut browser = world.browser().await;
    let form = [
        ("strategy", "password"),
        ("identifier", MAX),
        ("password", MAX_PASSWORD),
    ];
    let answer = browser.post("/client/sign_ins", &form).await;
    assert_shape(
        &answer.body["response"],
        &fixture("sign_in_one_shot_password")["response"]["response"],
        "sign_in",
    );
    let client = browser.get("/client").await;
    assert_shape(&client.body, &fixture("client_signed_in"), "client");
    let image = client.body["response"]["sessions"][0]["user"]["image_url"]
        .as_str()
        .unwrap();
    let path = image
        .strip_prefix(&format!("{ORIGIN}/__clerk"))
        .expect("a local image");
    let image = world.get(path).await;
    assert_eq!(
        (
            image.status,
            image.headers[header::CONTENT_TYPE].to_str().unwrap()
        ),
        (StatusCode::OK, "image/svg+xml")
    );
}

#[tokio::test]
async fn identifiers_are_found_whatever_their_case() {
    let world = World::new();
    world
        .signed_in("Admin+Clerk_Test@Example.com", ADA_PASSWORD)
        .await;
}

#[tokio::test]
async fn the_session_token_is_version_two_with_the_customised_claims() {
    let world = World::with(|options| options.billing = false);
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let id = browser.session_id().await;
    let answer = browser
        .post(
            &format!("/client/sessions/{id}/tokens"),
            &[("organization_id", "")],
        )
        .await;
    assert_shape(&answer.body, &response(&fixture("session_tokens")), "token");
    let jwt = answer.body["jwt"].as_str().unwrap();
    let recorded = &fixture("jwt_claims")["session_token"];
    assert_shape(&token_header(jwt), &recorded["header"], "header");
    assert_eq!(token_header(jwt)["cat"], recorded["header"]["cat"]);
    assert_eq!(
        token_header(jwt)["kid"],
        world.clerk.jwks()["keys"][0]["kid"]
    );
    let mut claims = claims(jwt);
    let custom = ["aud", "name", "email", "picture"]
        .map(|name| claims.as_object_mut().unwrap().remove(name).unwrap());
    assert_eq!(
        custom[..3],
        [json!("convex"), json!("Max Member"), json!(MAX)]
    );
    assert!(custom[3].as_str().unwrap().starts_with(ORIGIN));
    assert_shape(&claims, &recorded["payload"], "claims");
    assert_eq!(claims["azp"], ORIGIN);
    assert_eq!(claims["iss"], world.clerk.issuer());
    assert_eq!(claims["iat"], START);
    assert_eq!(claims["exp"], START + 60);
    assert_eq!(claims["sts"], "active");
    assert_eq!(claims["fva"], json!([0, -1]));
}

#[tokio::test]
async fn templates_have_no_session_id_and_another_category() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let id = browser.session_id().await;
    let answer = browser
        .post(&format!("/client/sessions/{id}/tokens/convex"), &[])
        .await;
    let jwt = answer.body["jwt"].as_str().unwrap();
    assert_eq!(token_header(jwt)["cat"], "cl_B7d4PD222AAA");
    let claims = claims(jwt);
    assert_eq!(claims["aud"], "convex");
    assert_eq!(claims["email"], MAX);
    assert_eq!(claims["email_verified"], true);
    assert_eq!(claims["given_name"], "Max");
    assert!(claims.get("sid").is_none());

    let missing = browser
        .post(&format!("/client/sessions/{id}/tokens/nope"), &[])
        .await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_shape(
        &missing.body,
        &response(&fixture("session_tokens_template_missing")),
        "missing",
    );
    assert_eq!(error_code(&missing), "resource_not_found");
}

#[tokio::test]
async fn touch_selects_session_and_organization() {
    let world = World::new();
    let mut browser = world.signed_in(ADA, ADA_PASSWORD).await;
    let id = browser.session_id().await;
    let touch = format!("/client/sessions/{id}/touch");
    let plain = browser
        .post(
            &touch,
            &[("active_organization_id", ""), ("intent", "select_session")],
        )
        .await;
    assert_shape(&plain.body, &response(&fixture("session_touch")), "touch");

    let membership = &plain.body["response"]["user"]["organization_memberships"][0];
    assert_eq!(membership["role"], "org:admin");
    let organization = membership["organization"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let selected = browser
        .post(
            &touch,
            &[
                ("active_organization_id", &organization),
                ("intent", "select_org"),
            ],
        )
        .await;
    assert_eq!(
        selected.body["response"]["last_active_organization_id"],
        organization.as_str()
    );
    let jwt = selected.body["response"]["last_active_token"]["jwt"]
        .as_str()
        .unwrap();
    let o = &claims(jwt)["o"];
    assert_eq!(
        (&o["id"], &o["rol"], &o["slg"]),
        (
            &json!(organization),
            &json!("admin"),
            &json!("example-organization")
        )
    );

    let foreign = browser
        .post(&touch, &[("active_organization_id", "org_of_someone_else")])
        .await;
    assert_eq!(
        (foreign.status, error_code(&foreign)),
        (
            StatusCode::NOT_FOUND,
            "organization_not_found_or_unauthorized"
        )
    );
}

#[tokio::test]
async fn signing_out_ends_the_session_for_good() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let id = browser.session_id().await;
    world.clock.advance(Duration::from_secs(5));
    let out = browser.verb("DELETE", "/client/sessions", &[]).await;
    assert_shape(
        &out.body,
        &response(&fixture("client_delete_sessions")),
        "signed out",
    );
    assert_eq!(out.body["response"]["sessions"], json!([]));
    assert_eq!(out.body["response"]["last_active_session_id"], Value::Null);
    assert!(browser.cookies.contains_key("__client"));

    let token = browser
        .post(&format!("/client/sessions/{id}/tokens"), &[])
        .await;
    assert_eq!(
        (token.status, error_code(&token)),
        (StatusCode::UNAUTHORIZED, "authentication_invalid")
    );
    assert_eq!(
        token.body["meta"]["client"]["sessions"],
        json!([]),
        "the client comes along, so that ClerkJS need not ask"
    );
}

#[tokio::test]
async fn nobody_else_can_use_a_session_or_an_attempt() {
    let world = World::new();
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let session = ada.session_id().await;
    let mut victim = world.browser().await;
    let attempt = victim
        .post("/client/sign_ins", &[("identifier", MAX)])
        .await;
    let attempt = attempt.body["response"]["id"].as_str().unwrap().to_owned();

    let mut stranger = world.signed_in(MAX, MAX_PASSWORD).await;
    for path in [
        format!("/client/sessions/{session}/touch"),
        format!("/client/sessions/{session}/remove"),
    ] {
        assert_eq!(
            stranger.post(&path, &[]).await.status,
            StatusCode::NOT_FOUND
        );
    }
    let tokens = stranger
        .post(&format!("/client/sessions/{session}/tokens"), &[])
        .await;
    assert_eq!(tokens.status, StatusCode::UNAUTHORIZED);
    let path = format!("/client/sign_ins/{attempt}/attempt_first_factor");
    let hijack = stranger
        .post(
            &path,
            &[("strategy", "password"), ("password", MAX_PASSWORD)],
        )
        .await;
    assert_eq!(hijack.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_forged_client_cookie_is_no_client() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let session_token = {
        let id = browser.session_id().await;
        let answer = browser
            .post(&format!("/client/sessions/{id}/tokens"), &[])
            .await;
        answer.body["jwt"].as_str().unwrap().to_owned()
    };
    let genuine = browser.cookies["__client"].clone();
    let mut stranger = world.browser().await;
    for forged in ["garbage", &genuine[..genuine.len() - 4], &session_token] {
        stranger
            .cookies
            .insert("__client".into(), forged.to_owned());
        assert_eq!(
            stranger.get("/client").await.body["response"],
            Value::Null,
            "{forged}"
        );
    }
}

#[tokio::test]
async fn sessions_expire_after_a_week() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let id = browser.session_id().await;
    world.clock.advance(Duration::from_secs(7 * 24 * 3600 - 1));
    assert_eq!(
        browser
            .post(&format!("/client/sessions/{id}/tokens"), &[])
            .await
            .status,
        StatusCode::OK
    );
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(
        browser
            .post(&format!("/client/sessions/{id}/tokens"), &[])
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        browser.get("/client").await.body["response"]["sessions"],
        json!([])
    );
}

#[tokio::test]
async fn a_token_is_never_older_than_the_clients_last_change() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    world.clock.advance(Duration::from_millis(999));
    let token = browser.token().await;
    let client = browser.get("/client").await;
    let updated_at = client.body["response"]["updated_at"].as_i64().unwrap() / 1000;
    assert!(token["iat"].as_i64().unwrap() >= updated_at);
}

#[tokio::test]
async fn token_lifetime_can_be_shortened() {
    let world = World::with(|options| options.session_token_lifetime = Duration::from_secs(20));
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    assert_eq!(browser.token().await["exp"], START + 20);
}
