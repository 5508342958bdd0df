//! Authenticator apps and backup codes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use support::fixtures::{fixture, response};
use support::{
    Answer, Browser, MAX, MAX_PASSWORD, World, assert_shape, claims, error_code, totp_code,
};

async fn enable_totp(browser: &mut Browser<'_>) -> (String, Vec<String>) {
    let recorded = fixture("me_totp");
    let created = browser.post("/me/totp", &[]).await;
    assert_shape(&created.body, &response(&recorded["create"]), "create");
    let secret = created.body["response"]["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        created.body["response"]["uri"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/")
    );
    let wrong = browser
        .post("/me/totp/attempt_verification", &[("code", "000000")])
        .await;
    assert_eq!(error_code(&wrong), "form_code_incorrect");
    let code = totp_code(&browser.world.clock, &secret);
    let verified = browser
        .post("/me/totp/attempt_verification", &[("code", &code)])
        .await;
    assert_shape(&verified.body, &response(&recorded["attempt"]), "attempt");
    let codes = verified.body["response"]["backup_codes"]
        .as_array()
        .unwrap();
    (
        secret,
        codes
            .iter()
            .map(|code| code.as_str().unwrap().to_owned())
            .collect(),
    )
}

async fn sign_in_to_second_factor(browser: &mut Browser<'_>) -> (String, Answer) {
    let form = [("identifier", MAX), ("password", MAX_PASSWORD)];
    let answer = browser.post("/client/sign_ins", &form).await;
    assert_eq!(answer.body["response"]["status"], "needs_second_factor");
    assert_eq!(answer.body["client"]["sessions"], json!([]));
    let path = format!(
        "/client/sign_ins/{}/attempt_second_factor",
        answer.body["response"]["id"].as_str().unwrap()
    );
    (path, answer)
}

#[tokio::test]
async fn an_authenticator_app_is_asked_for_and_its_codes_work_once() {
    let world = World::new();
    let recorded = fixture("sign_in_second_factor");
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let (secret, _) = enable_totp(&mut browser).await;
    let again = browser.post("/me/totp", &[]).await;
    assert_eq!(error_code(&again), "totp_already_enabled");

    let mut other = world.browser().await;
    let (path, answer) = sign_in_to_second_factor(&mut other).await;
    assert_shape(
        &answer.body,
        &response(&recorded["first_factor_done"]),
        "first factor",
    );
    let wrong = other
        .post(&path, &[("strategy", "totp"), ("code", "000000")])
        .await;
    assert_eq!(
        (wrong.status, error_code(&wrong)),
        (StatusCode::UNPROCESSABLE_ENTITY, "form_code_incorrect")
    );
    let code = totp_code(&world.clock, &secret);
    let done = other
        .post(&path, &[("strategy", "totp"), ("code", &code)])
        .await;
    assert_shape(&done.body, &response(&recorded["attempt_totp"]), "totp");
    assert_eq!(done.body["response"]["status"], "complete");
    let jwt = done.body["client"]["sessions"][0]["last_active_token"]["jwt"]
        .as_str()
        .unwrap();
    assert_eq!(claims(jwt)["fva"], json!([0, 0]));

    let mut third = world.browser().await;
    let (path, _) = sign_in_to_second_factor(&mut third).await;
    let replayed = third
        .post(&path, &[("strategy", "totp"), ("code", &code)])
        .await;
    assert_eq!(error_code(&replayed), "form_code_incorrect");
    world.clock.advance(Duration::from_secs(30));
    let next = totp_code(&world.clock, &secret);
    assert_eq!(
        third
            .post(&path, &[("strategy", "totp"), ("code", &next)])
            .await
            .body["response"]["status"],
        "complete"
    );

    let off = browser.verb("DELETE", "/me/totp", &[]).await;
    assert_eq!(off.body["response"]["deleted"], true);
    assert_eq!(
        off.body["client"]["sessions"][0]["user"]["two_factor_enabled"],
        false
    );
    world.signed_in(MAX, MAX_PASSWORD).await;
}

#[tokio::test]
async fn backup_codes_work_once_and_are_replaced_together() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    assert_eq!(
        error_code(&browser.post("/me/backup_codes/", &[]).await),
        "backup_codes_not_available"
    );
    let (_, codes) = enable_totp(&mut browser).await;
    assert_eq!(codes.len(), 10);

    let mut other = world.browser().await;
    let (path, _) = sign_in_to_second_factor(&mut other).await;
    let done = other
        .post(&path, &[("strategy", "backup_code"), ("code", &codes[0])])
        .await;
    assert_shape(
        &done.body,
        &response(&fixture("sign_in_second_factor")["attempt_backup_code"]),
        "backup",
    );
    let mut third = world.browser().await;
    let (path, _) = sign_in_to_second_factor(&mut third).await;
    let used = third
        .post(&path, &[("strategy", "backup_code"), ("code", &codes[0])])
        .await;
    assert_eq!(error_code(&used), "form_code_incorrect");

    let renewed = browser.post("/me/backup_codes/", &[]).await;
    let new = renewed.body["response"]["codes"][0].as_str().unwrap();
    let old = third
        .post(&path, &[("strategy", "backup_code"), ("code", &codes[1])])
        .await;
    assert_eq!(error_code(&old), "form_code_incorrect");
    let done = third
        .post(&path, &[("strategy", "backup_code"), ("code", new)])
        .await;
    assert_eq!(done.body["response"]["status"], "complete");
}
