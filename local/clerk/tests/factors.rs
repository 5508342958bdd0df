//! Other ways in: codes, forgotten passwords, second factors, OAuth.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use http::{Request, StatusCode, header};
use serde_json::{Value, json};
use support::fixtures::{fixture, response};
use support::{
    ADA, Answer, Browser, MAX, MAX_PASSWORD, ORIGIN, World, assert_shape, claims, error_code,
};
use totp_rs::{Builder, Secret};

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

/// The code that an authenticator app shows now.
fn totp(world: &World, secret: &str) -> String {
    let seconds = world
        .clock
        .now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let generator = Builder::new()
        .with_secret(Secret::try_from_base32(secret).unwrap())
        .build()
        .unwrap();
    generator.generate(seconds).to_string()
}

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
    let code = totp(browser.world, &secret);
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
    let code = totp(&world, &secret);
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
    let next = totp(&world, &secret);
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

/// Asks for the provider, and answers on its page.
async fn ask_provider(
    browser: &mut Browser<'_>,
    attempts: &str,
    email: Option<&str>,
) -> (Answer, String) {
    let form = [
        ("strategy", "oauth_custom_example"),
        ("redirect_url", "http://127.0.0.1:4010/sign-in/sso-callback"),
        (
            "action_complete_redirect_url",
            "http://127.0.0.1:4010/dashboard",
        ),
    ];
    let created = browser.post(attempts, &form).await;
    let sign_in = &created.body["response"];
    let verification = match attempts {
        "/client/sign_ins" => &sign_in["first_factor_verification"],
        "/client/sign_ups" => &sign_in["verifications"]["external_account"],
        _ => &sign_in["verification"],
    };
    let target = verification["external_verification_redirect_url"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", created.text));
    let path = target
        .strip_prefix(&format!("{ORIGIN}/__clerk"))
        .expect("a page of this instance");
    let page = browser.world.get(path).await;
    assert!(page.text.contains("Deny access"));
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(path.split_once('?').unwrap().1.as_bytes())
            .into_owned()
            .collect();
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(&query);
    body.append_pair("email_address", email.unwrap_or_default());
    body.append_pair("answer", if email.is_some() { "allow" } else { "deny" });
    let request = Request::post("/__clerk/v1/oauth_callback")
        .header(header::HOST, "127.0.0.1:4010")
        .header(header::ORIGIN, ORIGIN)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let callback = browser.send(request, Body::from(body.finish())).await;
    assert_eq!(callback.status, StatusCode::SEE_OTHER, "{}", callback.text);
    (
        created,
        callback.headers[header::LOCATION]
            .to_str()
            .unwrap()
            .to_owned(),
    )
}

#[tokio::test]
async fn a_new_person_from_the_provider_transfers_to_sign_up() {
    let world = World::new();
    let recorded = fixture("sign_in_oauth");
    let mut browser = world.browser().await;
    let (created, location) = ask_provider(
        &mut browser,
        "/client/sign_ins",
        Some("octo+clerk_test@example.com"),
    )
    .await;
    let mut expected = response(&recorded["create"]);
    expected["response"]["supported_first_factors"] = Value::Null;
    assert_shape(&created.body, &expected, "create");
    assert_eq!(location, "http://127.0.0.1:4010/sign-in/sso-callback");
    let client = browser.get("/client").await;
    assert_shape(
        &client.body,
        &recorded["client_after_callback_transferable"],
        "transferable",
    );
    let first = &client.body["response"]["sign_in"]["first_factor_verification"];
    assert_eq!(first["status"], "transferable");
    assert_eq!(first["error"]["code"], "external_account_not_found");

    let done = browser
        .post("/client/sign_ups", &[("transfer", "true")])
        .await;
    assert_eq!(done.body["response"]["status"], "complete");
    let user = &done.body["client"]["sessions"][0]["user"];
    assert_eq!(
        user["external_accounts"][0]["email_address"],
        "octo+clerk_test@example.com"
    );
    assert_eq!(user["password_enabled"], false);

    browser.verb("DELETE", "/client/sessions", &[]).await;
    let (_, location) = ask_provider(
        &mut browser,
        "/client/sign_ins",
        Some("octo+clerk_test@example.com"),
    )
    .await;
    assert_eq!(location, "http://127.0.0.1:4010/dashboard");
    assert_eq!(
        browser.get("/client").await.body["response"]["sessions"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_known_person_signing_up_transfers_to_sign_in() {
    let world = World::new();
    let mut browser = world.browser().await;
    let (_, location) = ask_provider(&mut browser, "/client/sign_ups", Some(MAX)).await;
    assert_eq!(location, "http://127.0.0.1:4010/sign-in/sso-callback");
    let client = browser.get("/client").await;
    let external = &client.body["response"]["sign_up"]["verifications"]["external_account"];
    assert_eq!(
        (&external["status"], &external["error"]["code"]),
        (&json!("transferable"), &json!("external_account_exists"))
    );
    let done = browser
        .post("/client/sign_ins", &[("transfer", "true")])
        .await;
    assert_eq!(done.body["response"]["status"], "complete");
    assert_eq!(
        done.body["client"]["sessions"][0]["public_user_data"]["identifier"],
        MAX
    );
}

#[tokio::test]
async fn a_refusal_at_the_provider_leads_back_to_the_form() {
    let world = World::new();
    let mut browser = world.browser().await;
    let (_, location) = ask_provider(&mut browser, "/client/sign_ins", None).await;
    assert_eq!(location, "http://127.0.0.1:4010/sign-in/sso-callback");
    let client = browser.get("/client").await;
    let error = &client.body["response"]["sign_in"]["first_factor_verification"]["error"];
    assert_eq!(error["code"], "oauth_access_denied");
    let transfer = browser
        .post("/client/sign_ups", &[("transfer", "true")])
        .await;
    assert_eq!(error_code(&transfer), "account_transfer_invalid");
}

#[tokio::test]
async fn providers_redirect_to_loopback_only_and_answer_their_own_browser_only() {
    let world = World::new();
    let mut browser = world.browser().await;
    let form = [
        ("strategy", "oauth_custom_example"),
        ("redirect_url", "https://evil.example/callback"),
    ];
    let answer = browser.post("/client/sign_ins", &form).await;
    assert_eq!(
        (answer.status, error_code(&answer)),
        (StatusCode::UNPROCESSABLE_ENTITY, "invalid_redirect_url")
    );
    let unknown = browser
        .post(
            "/client/sign_ins",
            &[("strategy", "oauth_google"), ("redirect_url", "/x")],
        )
        .await;
    assert_eq!(error_code(&unknown), "oauth_provider_not_enabled");

    let form = [
        ("strategy", "oauth_custom_example"),
        ("redirect_url", "/callback"),
    ];
    let created = browser.post("/client/sign_ins", &form).await;
    let state = created.body["response"]["id"].as_str().unwrap();
    let mut stranger = world.browser().await;
    let form = [
        ("kind", "sign_in"),
        ("state", state),
        ("answer", "allow"),
        ("email_address", MAX),
    ];
    assert_eq!(
        error_code(&stranger.post("/oauth_callback", &form).await),
        "oauth_callback_invalid"
    );
}

#[tokio::test]
async fn a_signed_in_person_connects_a_providers_account_once() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let octo = "octo+clerk_test@example.com";
    let denied = ask_provider(&mut browser, "/me/external_accounts", None).await;
    assert_eq!(denied.1, "http://127.0.0.1:4010/sign-in/sso-callback");
    ask_provider(&mut browser, "/me/external_accounts", Some(octo)).await;
    let accounts = browser.get("/me").await.body["response"]["external_accounts"].clone();
    assert_eq!(
        accounts[0]["verification"]["error"]["code"],
        "oauth_access_denied"
    );
    assert_eq!(accounts[1]["verification"]["status"], "verified");
    assert_eq!(accounts[1]["email_address"], octo);

    let mut ada = world.signed_in(ADA, support::ADA_PASSWORD).await;
    ask_provider(&mut ada, "/me/external_accounts", Some(octo)).await;
    let claimed =
        ada.get("/me").await.body["response"]["external_accounts"][0]["verification"].clone();
    assert_eq!(claimed["error"]["code"], "oauth_identification_claimed");

    let mut other = world.browser().await;
    let (_, location) = ask_provider(&mut other, "/client/sign_ins", Some(octo)).await;
    assert_eq!(location, "http://127.0.0.1:4010/dashboard");
    let client = other.get("/client").await;
    assert_eq!(
        client.body["response"]["sessions"][0]["public_user_data"]["identifier"],
        MAX
    );

    let id = accounts[1]["id"].as_str().unwrap();
    let removed = browser
        .verb("DELETE", &format!("/me/external_accounts/{id}"), &[])
        .await;
    assert_eq!(removed.body["response"]["deleted"], true);
}
