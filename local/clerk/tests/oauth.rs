//! The simulated OAuth provider.
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
use support::{ADA, Answer, Browser, MAX, MAX_PASSWORD, ORIGIN, World, assert_shape, error_code};

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
