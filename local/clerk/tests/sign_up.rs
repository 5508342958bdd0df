//! Signing up with e-mail code.
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
use support::fixtures::{fixture, response};
use support::{ADA, Browser, World, assert_shape, error_code};

async fn start(browser: &mut Browser<'_>, address: &str) -> String {
    let form = [
        ("email_address", address),
        ("first_name", ""),
        ("last_name", ""),
        ("password", "cobol-forever-59"),
    ];
    let created = browser.post("/client/sign_ups", &form).await;
    created.body["response"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", created.text))
        .to_owned()
}

#[tokio::test]
async fn sign_up_goes_through_the_recorded_steps() {
    let world = World::new();
    let recorded = fixture("sign_up_password_email_code");
    let mut browser = world.browser().await;
    let form = [
        ("email_address", "zed+clerk_test@example.com"),
        ("first_name", ""),
        ("last_name", ""),
        ("password", "cobol-forever-59"),
        ("locale", "en-US"),
        ("timezone", "UTC"),
    ];
    let created = browser.post("/client/sign_ups", &form).await;
    assert_shape(&created.body, &response(&recorded["1_create"]), "created");
    assert_eq!(created.body["response"]["status"], "missing_requirements");
    assert_eq!(
        created.body["response"]["unverified_fields"],
        json!(["email_address"])
    );
    assert_eq!(
        created.body["response"]["verifications"]["email_address"],
        recorded["1_create"]["response"]["response"]["verifications"]["email_address"]
    );
    let path = format!(
        "/client/sign_ups/{}",
        created.body["response"]["id"].as_str().unwrap()
    );

    let prepared = browser
        .post(
            &format!("{path}/prepare_verification"),
            &[("strategy", "email_code")],
        )
        .await;
    assert_shape(
        &prepared.body,
        &response(&recorded["2_prepare_verification"]),
        "prepared",
    );
    assert_eq!(
        prepared.body["response"]["verifications"]["email_address"]["next_action"],
        "needs_attempt"
    );

    let attempt = format!("{path}/attempt_verification");
    let wrong = browser
        .post(&attempt, &[("strategy", "email_code"), ("code", "000000")])
        .await;
    assert_eq!(
        (wrong.status, error_code(&wrong)),
        (StatusCode::UNPROCESSABLE_ENTITY, "form_code_incorrect")
    );
    assert_eq!(wrong.body["errors"][0]["meta"]["param_name"], "code");

    let done = browser
        .post(&attempt, &[("strategy", "email_code"), ("code", "424242")])
        .await;
    assert_shape(
        &done.body,
        &response(&recorded["4_attempt_complete"]),
        "complete",
    );
    assert_eq!(done.body["response"]["status"], "complete");
    assert_eq!(
        done.body["response"]["verifications"]["email_address"]["attempts"],
        2
    );
    assert_eq!(done.body["client"]["sign_up"], Value::Null);
    assert_eq!(
        done.body["client"]["sessions"][0]["user"]["id"],
        done.body["response"]["created_user_id"]
    );

    world
        .signed_in("zed+clerk_test@example.com", "cobol-forever-59")
        .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_said_at_its_field() {
    let world = World::new();
    let mut browser = world.browser().await;
    for (form, code, parameter) in [
        (
            [("email_address", ADA), ("password", "cobol-forever-59")],
            "form_identifier_exists",
            "email_address",
        ),
        (
            [
                ("email_address", "not an address"),
                ("password", "cobol-forever-59"),
            ],
            "form_param_format_invalid",
            "email_address",
        ),
        (
            [("email_address", "a@b.example"), ("password", "short")],
            "form_password_length_too_short",
            "password",
        ),
    ] {
        let answer = browser.post("/client/sign_ups", &form).await;
        assert_eq!(
            (answer.status, error_code(&answer)),
            (StatusCode::UNPROCESSABLE_ENTITY, code)
        );
        assert_eq!(answer.body["errors"][0]["meta"]["param_name"], parameter);
    }
}

#[tokio::test]
async fn progressive_sign_up_collects_what_is_missing() {
    let world = World::new();
    let mut browser = world.browser().await;
    let created = browser
        .post(
            "/client/sign_ups",
            &[("email_address", "grace+clerk_test@example.com")],
        )
        .await;
    assert_eq!(
        created.body["response"]["missing_fields"],
        json!(["password"])
    );
    let path = format!(
        "/client/sign_ups/{}",
        created.body["response"]["id"].as_str().unwrap()
    );
    browser
        .post(
            &format!("{path}/prepare_verification"),
            &[("strategy", "email_code")],
        )
        .await;
    let verified = browser
        .post(
            &format!("{path}/attempt_verification"),
            &[("strategy", "email_code"), ("code", "424242")],
        )
        .await;
    assert_eq!(verified.body["response"]["status"], "missing_requirements");
    let done = browser
        .verb(
            "PATCH",
            &path,
            &[("password", "cobol-forever-59"), ("first_name", "Grace")],
        )
        .await;
    assert_eq!(done.body["response"]["status"], "complete");
    assert_eq!(
        done.body["client"]["sessions"][0]["user"]["first_name"],
        "Grace"
    );
}

#[tokio::test]
async fn other_addresses_get_a_random_code_that_the_inbox_shows() {
    let world = World::new();
    let mut browser = world.browser().await;
    let id = start(&mut browser, "someone@example.com").await;
    browser
        .post(
            &format!("/client/sign_ups/{id}/prepare_verification"),
            &[("strategy", "email_code")],
        )
        .await;
    let inbox = world.get("/inbox").await;
    let code = inbox
        .text
        .split("<output>")
        .nth(1)
        .and_then(|rest| rest.split("</output>").next())
        .unwrap();
    assert!(inbox.text.contains("someone@example.com"));
    assert_eq!(code.len(), 6);
    let attempt = format!("/client/sign_ups/{id}/attempt_verification");
    if code != "424242" {
        let test_code = browser
            .post(&attempt, &[("strategy", "email_code"), ("code", "424242")])
            .await;
        assert_eq!(error_code(&test_code), "form_code_incorrect");
    }
    let done = browser
        .post(&attempt, &[("strategy", "email_code"), ("code", code)])
        .await;
    assert_eq!(done.body["response"]["status"], "complete");
}

#[tokio::test]
async fn test_addresses_get_no_mail() {
    let world = World::new();
    let mut browser = world.browser().await;
    let id = start(&mut browser, "quiet+clerk_test@example.com").await;
    browser
        .post(
            &format!("/client/sign_ups/{id}/prepare_verification"),
            &[("strategy", "email_code")],
        )
        .await;
    assert!(!world.get("/inbox").await.text.contains("quiet"));
}

#[tokio::test]
async fn codes_expire_and_attempts_are_capped() {
    let world = World::new();
    let mut browser = world.browser().await;
    let id = start(&mut browser, "late+clerk_test@example.com").await;
    let (prepare, attempt) = (
        format!("/client/sign_ups/{id}/prepare_verification"),
        format!("/client/sign_ups/{id}/attempt_verification"),
    );
    let code = |code| [("strategy", "email_code"), ("code", code)];

    let early = browser.post(&attempt, &code("424242")).await;
    assert_eq!(error_code(&early), "verification_not_sent");
    browser.post(&prepare, &[("strategy", "email_code")]).await;
    world.clock.advance(Duration::from_secs(600));
    let late = browser.post(&attempt, &code("424242")).await;
    assert_eq!(
        (late.status, error_code(&late)),
        (StatusCode::BAD_REQUEST, "verification_expired")
    );

    browser.post(&prepare, &[("strategy", "email_code")]).await;
    for _ in 0..4 {
        assert_eq!(
            error_code(&browser.post(&attempt, &code("000000")).await),
            "form_code_incorrect"
        );
    }
    for guess in ["000000", "424242"] {
        let capped = browser.post(&attempt, &code(guess)).await;
        assert_eq!(
            (capped.status, error_code(&capped)),
            (StatusCode::BAD_REQUEST, "verification_failed")
        );
    }
}

#[tokio::test]
async fn an_address_taken_meanwhile_is_refused_at_the_end() {
    let world = World::new();
    let address = "race+clerk_test@example.com";
    let (mut first, mut second) = (world.browser().await, world.browser().await);
    let ids = [
        start(&mut first, address).await,
        start(&mut second, address).await,
    ];
    for (browser, id) in [(&mut first, &ids[0]), (&mut second, &ids[1])] {
        browser
            .post(
                &format!("/client/sign_ups/{id}/prepare_verification"),
                &[("strategy", "email_code")],
            )
            .await;
    }
    let code = [("strategy", "email_code"), ("code", "424242")];
    let won = first
        .post(
            &format!("/client/sign_ups/{}/attempt_verification", ids[0]),
            &code,
        )
        .await;
    assert_eq!(won.body["response"]["status"], "complete");
    let lost = second
        .post(
            &format!("/client/sign_ups/{}/attempt_verification", ids[1]),
            &code,
        )
        .await;
    assert_eq!(error_code(&lost), "form_identifier_exists");
}
