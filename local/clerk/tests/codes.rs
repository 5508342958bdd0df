//! E-mailed codes, and forgotten passwords.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use http::StatusCode;
use serde_json::json;
use support::fixtures::{fixture, response};
use support::{ADA, Browser, MAX, MAX_PASSWORD, World, assert_shape, error_code};

/// Starts a sign-in and gives back its path and the id of the first address that can get a code.
async fn start(browser: &mut Browser<'_>, identifier: &str) -> (String, String) {
    let created = browser
        .post("/client/sign_ins", &[("identifier", identifier)])
        .await;
    let sign_in = &created.body["response"];
    let factors = sign_in["supported_first_factors"].as_array().unwrap();
    let by_code = factors
        .iter()
        .find(|factor| factor["strategy"] == "email_code")
        .unwrap();
    assert_eq!(by_code["safe_identifier"], identifier);
    let email = by_code["email_address_id"].as_str().unwrap().to_owned();
    (
        format!("/client/sign_ins/{}", sign_in["id"].as_str().unwrap()),
        email,
    )
}

#[tokio::test]
async fn an_emailed_code_signs_in() {
    let world = World::new();
    let recorded = fixture("sign_in_email_code");
    let mut browser = world.browser().await;
    let (path, email) = start(&mut browser, MAX).await;
    let prepare = [
        ("email_address_id", email.as_str()),
        ("strategy", "email_code"),
    ];
    let prepared = browser
        .post(&format!("{path}/prepare_first_factor"), &prepare)
        .await;
    assert_shape(&prepared.body, &response(&recorded["prepare"]), "prepare");
    let attempt = format!("{path}/attempt_first_factor");
    let wrong = browser
        .post(&attempt, &[("strategy", "email_code"), ("code", "000000")])
        .await;
    assert_eq!(
        (wrong.status, error_code(&wrong)),
        (StatusCode::UNPROCESSABLE_ENTITY, "form_code_incorrect")
    );
    let done = browser
        .post(&attempt, &[("strategy", "email_code"), ("code", "424242")])
        .await;
    assert_shape(&done.body, &response(&recorded["attempt"]), "attempt");
    assert_eq!(done.body["response"]["status"], "complete");
    assert_eq!(
        done.body["client"]["last_authentication_strategy"],
        "email_code"
    );
}

#[tokio::test]
async fn naming_the_strategy_at_the_start_sends_the_code_at_once() {
    let world = World::new();
    let mut browser = world.browser().await;
    let created = browser
        .post(
            "/client/sign_ins",
            &[("strategy", "email_code"), ("identifier", MAX)],
        )
        .await;
    assert_eq!(
        created.body["response"]["first_factor_verification"]["strategy"],
        "email_code"
    );
    let path = format!(
        "/client/sign_ins/{}/attempt_first_factor",
        created.body["response"]["id"].as_str().unwrap()
    );
    let done = browser
        .post(&path, &[("strategy", "email_code"), ("code", "424242")])
        .await;
    assert_eq!(done.body["response"]["status"], "complete");
}

#[tokio::test]
async fn a_code_cannot_be_sent_to_someone_elses_address() {
    let world = World::new();
    let mut browser = world.browser().await;
    let (_, adas) = start(&mut browser, ADA).await;
    let (path, _) = start(&mut browser, MAX).await;
    let prepare = [
        ("email_address_id", adas.as_str()),
        ("strategy", "email_code"),
    ];
    let answer = browser
        .post(&format!("{path}/prepare_first_factor"), &prepare)
        .await;
    assert_eq!(error_code(&answer), "form_resource_not_found");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_and_other_sessions_end() {
    let world = World::new();
    let recorded = fixture("sign_in_reset_password");
    let mut elsewhere = world.signed_in(MAX, MAX_PASSWORD).await;
    let mut browser = world.browser().await;
    let (path, email) = start(&mut browser, MAX).await;

    let reset = format!("{path}/reset_password");
    let early = browser.post(&reset, &[("password", "new-battery-8")]).await;
    assert_eq!(error_code(&early), "client_state_invalid");

    let prepare = [
        ("email_address_id", email.as_str()),
        ("strategy", "reset_password_email_code"),
    ];
    let prepared = browser
        .post(&format!("{path}/prepare_first_factor"), &prepare)
        .await;
    assert_shape(&prepared.body, &response(&recorded["prepare"]), "prepare");
    let attempt = format!("{path}/attempt_first_factor");
    let other_strategy = browser
        .post(&attempt, &[("strategy", "email_code"), ("code", "424242")])
        .await;
    assert_eq!(error_code(&other_strategy), "verification_not_sent");

    browser
        .post(&format!("{path}/prepare_first_factor"), &prepare)
        .await;
    let verified = browser
        .post(
            &attempt,
            &[
                ("strategy", "reset_password_email_code"),
                ("code", "424242"),
            ],
        )
        .await;
    assert_shape(&verified.body, &response(&recorded["attempt"]), "attempt");
    assert_eq!(verified.body["response"]["status"], "needs_new_password");
    assert_eq!(
        error_code(&browser.post(&reset, &[("password", "short")]).await),
        "form_password_length_too_short"
    );
    let form = [
        ("password", "new-battery-8"),
        ("sign_out_of_other_sessions", "true"),
    ];
    let done = browser.post(&reset, &form).await;
    assert_shape(&done.body, &response(&recorded["reset_password"]), "reset");
    assert_eq!(done.body["response"]["status"], "complete");

    assert_eq!(
        elsewhere.get("/client").await.body["response"]["sessions"],
        json!([])
    );
    world.signed_in(MAX, "new-battery-8").await;
    let old = world
        .browser()
        .await
        .post(
            "/client/sign_ins",
            &[("identifier", MAX), ("password", MAX_PASSWORD)],
        )
        .await;
    assert_eq!(error_code(&old), "form_password_incorrect");
}
