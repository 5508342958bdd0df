//! Proving again who one is, and the tasks of a pending session.
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
use support::{
    ADA, ADA_PASSWORD, Browser, MAX, MAX_PASSWORD, World, claims, error_code, totp_code, user_id,
};

const MINUTE: u64 = 60;

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// The secret of an authenticator app that the browser's person has set up.
async fn enable_totp(browser: &mut Browser<'_>) -> String {
    let created = browser.post("/me/totp", &[]).await;
    let secret = text(&created.body["response"]["secret"]);
    let code = totp_code(&browser.world.clock, &secret);
    let enabled = browser
        .post("/me/totp/attempt_verification", &[("code", &code)])
        .await;
    assert_eq!(enabled.status, StatusCode::OK, "{}", enabled.text);
    browser.world.clock.advance(Duration::from_secs(30));
    secret
}

#[tokio::test]
async fn a_password_makes_the_first_factor_fresh_again() {
    let world = World::new();
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let verify = format!("/client/sessions/{}/verify", max.session_id().await);
    world.clock.advance(Duration::from_secs(30 * MINUTE));
    assert_eq!(max.token().await["fva"], json!([30, -1]));

    let started = max.post(&verify, &[("level", "second_factor")]).await;
    let state = &started.body["response"];
    assert_eq!(state["status"], "needs_first_factor", "{}", started.text);
    assert_eq!(state["supported_first_factors"][0]["strategy"], "password");
    assert_eq!(state["supported_second_factors"], Value::Null);
    let attempt = format!("{verify}/attempt_first_factor");
    let wrong = max
        .post(
            &attempt,
            &[("strategy", "password"), ("password", "not it")],
        )
        .await;
    assert_eq!(
        (wrong.status, error_code(&wrong)),
        (StatusCode::UNPROCESSABLE_ENTITY, "form_password_incorrect")
    );
    assert_eq!(max.token().await["fva"], json!([30, -1]));
    let form = [("strategy", "password"), ("password", MAX_PASSWORD)];
    let done = max.post(&attempt, &form).await;
    assert_eq!(done.body["response"]["status"], "complete", "{}", done.text);
    let token = text(&done.body["response"]["session"]["last_active_token"]["jwt"]);
    assert_eq!(claims(&token)["fva"], json!([0, -1]));
    assert_eq!(
        done.body["client"]["sessions"][0]["factor_verification_age"],
        json!([0, -1])
    );
    let again = max.post(&attempt, &form).await;
    assert_eq!(error_code(&again), "session_reverification_missing");
}

#[tokio::test]
async fn a_code_does_it_too_and_only_for_ones_own_session() {
    let world = World::new();
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let verify = format!("/client/sessions/{}/verify", max.session_id().await);
    let early = max
        .post(
            &format!("{verify}/attempt_first_factor"),
            &[("strategy", "email_code"), ("code", "424242")],
        )
        .await;
    assert_eq!(error_code(&early), "session_reverification_missing");
    max.post(&verify, &[("level", "first_factor")]).await;
    let sent = max
        .post(
            &format!("{verify}/prepare_first_factor"),
            &[("strategy", "email_code")],
        )
        .await;
    assert_eq!(
        sent.body["response"]["first_factor_verification"]["status"], "unverified",
        "{}",
        sent.text
    );
    let form = [("strategy", "email_code"), ("code", "424242")];
    let done = max
        .post(&format!("{verify}/attempt_first_factor"), &form)
        .await;
    assert_eq!(done.body["response"]["status"], "complete", "{}", done.text);

    let mut stranger = world.signed_in(ADA, ADA_PASSWORD).await;
    let foreign = stranger.post(&verify, &[("level", "first_factor")]).await;
    assert_eq!(foreign.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn both_factors_are_asked_for_where_both_are_needed() {
    let world = World::new();
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let secret = enable_totp(&mut max).await;
    let verify = format!("/client/sessions/{}/verify", max.session_id().await);
    let second = max.post(&verify, &[("level", "second_factor")]).await;
    assert_eq!(second.body["response"]["status"], "needs_second_factor");
    max.post(&verify, &[("level", "multi_factor")]).await;
    let form = [("strategy", "password"), ("password", MAX_PASSWORD)];
    let half = max
        .post(&format!("{verify}/attempt_first_factor"), &form)
        .await;
    assert_eq!(half.body["response"]["status"], "needs_second_factor");
    assert_eq!(
        half.body["response"]["supported_second_factors"][0]["strategy"],
        "totp"
    );
    let code = totp_code(&world.clock, &secret);
    let done = max
        .post(
            &format!("{verify}/attempt_second_factor"),
            &[("strategy", "totp"), ("code", &code)],
        )
        .await;
    assert_eq!(done.body["response"]["status"], "complete", "{}", done.text);
    assert_eq!(max.token().await["fva"], json!([0, 0]));
}

#[tokio::test]
async fn an_instance_can_ask_for_it_before_sensitive_changes() {
    let world = World::with(|options| options.reverification = true);
    let environment = world.browser().await.get("/environment").await;
    assert_eq!(environment.body["auth_config"]["reverification"], true);
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let add = [("email_address", "second+clerk_test@example.com")];
    world.clock.advance(Duration::from_secs(11 * MINUTE));
    for refused in [
        max.post("/me/email_addresses/", &add).await,
        max.post("/me/totp", &[]).await,
        max.verb("DELETE", "/me", &[]).await,
    ] {
        assert_eq!(
            (refused.status, error_code(&refused)),
            (StatusCode::FORBIDDEN, "session_reverification_required")
        );
    }
    let verify = format!("/client/sessions/{}/verify", max.session_id().await);
    max.post(&verify, &[]).await;
    let form = [("strategy", "password"), ("password", MAX_PASSWORD)];
    max.post(&format!("{verify}/attempt_first_factor"), &form)
        .await;
    let added = max.post("/me/email_addresses/", &add).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text);
}

#[tokio::test]
async fn a_compromised_password_has_to_be_replaced() {
    let world = World::new();
    let id = user_id(&world, MAX).await;
    let flagged = world
        .backend(
            "POST",
            &format!("/users/{id}/password/set_compromised"),
            None,
        )
        .await;
    assert_eq!(flagged.status, StatusCode::OK, "{}", flagged.text);
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let session = &max.get("/client").await.body["response"]["sessions"][0].clone();
    assert_eq!(session["status"], "pending");
    assert_eq!(session["tasks"], json!([{ "key": "reset-password" }]));
    let token = text(&session["last_active_token"]["jwt"]);
    assert_eq!(claims(&token)["sts"], "pending");

    // The task's form asks for no current password: it was given a moment ago.
    let done = max
        .post(
            "/me/change_password",
            &[("new_password", "another long password")],
        )
        .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let session = &done.body["client"]["sessions"][0];
    assert_eq!(
        (&session["status"], &session["tasks"]),
        (&json!("active"), &Value::Null)
    );
    let without = max
        .post(
            "/me/change_password",
            &[("new_password", "a third password")],
        )
        .await;
    assert_eq!(error_code(&without), "form_param_missing");
    world.signed_in(MAX, "another long password").await;
}

#[tokio::test]
async fn a_second_factor_can_be_demanded_of_everyone() {
    let world = World::with(|options| options.require_second_factor = true);
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let session = &max.get("/client").await.body["response"]["sessions"][0].clone();
    assert_eq!(session["status"], "pending");
    assert_eq!(session["tasks"], json!([{ "key": "setup-mfa" }]));
    enable_totp(&mut max).await;
    let session = &max.get("/client").await.body["response"]["sessions"][0].clone();
    assert_eq!(
        (&session["status"], &session["tasks"]),
        (&json!("active"), &Value::Null)
    );
}

#[tokio::test]
async fn tasks_come_one_after_the_other() {
    let world = World::with(|options| {
        options.require_second_factor = true;
        options.force_organization_selection = true;
    });
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let session = &ada.get("/client").await.body["response"]["sessions"][0].clone();
    let both = json!([{ "key": "setup-mfa" }, { "key": "choose-organization" }]);
    assert_eq!(session["tasks"], both);
    enable_totp(&mut ada).await;
    let session = &ada.get("/client").await.body["response"]["sessions"][0].clone();
    assert_eq!(session["tasks"], json!([{ "key": "choose-organization" }]));
}
