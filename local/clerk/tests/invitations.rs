//! Invitations to organizations: the e-mail, its link, and the ticket in it.
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
use support::{ADA, ADA_PASSWORD, Answer, Browser, MAX, MAX_PASSWORD, World, claims, error_code};

const NEWCOMER: &str = "newcomer+clerk_test@example.com";

/// Ada's organization, and an invitation of hers to `address`.
struct Invited {
    organization: String,
    invitation: String,
    ticket: String,
}

async fn invite(world: &World, address: &str) -> Invited {
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let me = ada.get("/me").await;
    let organization =
        text(&me.body["response"]["organization_memberships"][0]["organization"]["id"]);
    let invited = ada
        .post(
            &format!("/organizations/{organization}/invitations"),
            &[("email_address", address), ("role", "org:member")],
        )
        .await;
    assert_eq!(invited.status, StatusCode::OK, "{}", invited.text);
    Invited {
        organization,
        invitation: text(&invited.body["response"]["id"]),
        ticket: ticket_of(&link(world, address).await),
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// The link in the newest e-mail to an address.
async fn link(world: &World, address: &str) -> String {
    let encoded: String = url::form_urlencoded::byte_serialize(address.as_bytes()).collect();
    let mails = world.get(&format!("/inbox.json?to={encoded}")).await;
    text(&mails.body["data"][0]["url"])
}

fn ticket_of(link: &str) -> String {
    let url = url::Url::parse(link).unwrap();
    let ticket = url.query_pairs().find(|(name, _)| name == "ticket");
    ticket.expect("a ticket").1.into_owned()
}

/// What a click on the link in the e-mail does.
async fn click(browser: &mut Browser<'_>, ticket: &str) -> Answer {
    let request = Request::get(format!("/__clerk/v1/tickets/accept?ticket={ticket}"))
        .header(header::HOST, "127.0.0.1:4010");
    browser.send(request, Body::empty()).await
}

fn location(answer: &Answer) -> url::Url {
    assert_eq!(
        answer.status,
        StatusCode::TEMPORARY_REDIRECT,
        "{}",
        answer.text
    );
    url::Url::parse(answer.headers[header::LOCATION].to_str().unwrap()).unwrap()
}

fn parameter(url: &url::Url, name: &str) -> Option<String> {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

#[tokio::test]
async fn the_email_of_an_invitation_has_a_link_also_for_test_addresses() {
    let world = World::new();
    invite(&world, NEWCOMER).await;
    let mails = world.get("/inbox.json").await;
    let mail = &mails.body["data"][0];
    assert_eq!(mail["to"], NEWCOMER);
    assert_eq!(mail["code"], Value::Null);
    assert!(text(&mail["subject"]).contains("Example Organization"));
    let url = text(&mail["url"]);
    assert!(url.starts_with("http://127.0.0.1:4010/__clerk/v1/tickets/accept?ticket="));
    let page = world.get("/inbox").await;
    assert!(
        page.text.contains(&format!("<a href=\"{url}\">")),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn a_link_leads_who_has_no_account_to_sign_up_and_into_the_organization() {
    let world = World::new();
    let invited = invite(&world, NEWCOMER).await;
    let mut browser = world.browser().await;
    let target = location(&click(&mut browser, &invited.ticket).await);
    assert_eq!(target.path(), "/sign-up");
    assert_eq!(parameter(&target, "__clerk_status").unwrap(), "sign_up");
    let ticket = parameter(&target, "__clerk_ticket").unwrap();

    let wrong_way = browser
        .post(
            "/client/sign_ins",
            &[("strategy", "ticket"), ("ticket", &ticket)],
        )
        .await;
    assert_eq!(
        error_code(&wrong_way),
        "organization_invitation_identification_not_exist"
    );
    // As the sign-up form does it: the ticket first, then what is missing, with the ticket again.
    let started = browser
        .post(
            "/client/sign_ups",
            &[
                ("strategy", "ticket"),
                ("ticket", &ticket),
                ("unsafe_metadata", "{}"),
            ],
        )
        .await;
    let sign_up = &started.body["response"];
    assert_eq!(
        sign_up["status"], "missing_requirements",
        "{}",
        started.text
    );
    assert_eq!(sign_up["email_address"], NEWCOMER);
    assert_eq!(sign_up["missing_fields"], json!(["password"]));
    assert_eq!(sign_up["unverified_fields"], json!([]));
    assert_eq!(
        sign_up["verifications"]["email_address"]["status"],
        "verified"
    );
    let path = format!("/client/sign_ups/{}", text(&sign_up["id"]));
    let form = [
        ("email_address", NEWCOMER),
        ("password", "a new password of mine"),
        ("strategy", "ticket"),
        ("ticket", ticket.as_str()),
    ];
    let done = browser.verb("PATCH", &path, &form).await;
    assert_eq!(done.body["response"]["status"], "complete", "{}", done.text);

    let session = &done.body["client"]["sessions"][0];
    assert_eq!(
        session["last_active_organization_id"],
        invited.organization.as_str()
    );
    let member = &session["user"]["organization_memberships"][0];
    assert_eq!(member["organization"]["id"], invited.organization.as_str());
    assert_eq!(member["role"], "org:member");
    let claims = claims(session["last_active_token"]["jwt"].as_str().unwrap());
    assert_eq!(claims["o"]["id"], invited.organization.as_str());
    assert_eq!(
        done.body["client"]["last_authentication_strategy"],
        "ticket"
    );
}

#[tokio::test]
async fn a_link_leads_who_has_an_account_to_sign_in_and_into_the_organization() {
    let world = World::new();
    let invited = invite(&world, MAX).await;
    let mut browser = world.browser().await;
    let target = location(&click(&mut browser, &invited.ticket).await);
    assert_eq!(target.path(), "/sign-in");
    assert_eq!(parameter(&target, "__clerk_status").unwrap(), "sign_in");
    let ticket = parameter(&target, "__clerk_ticket").unwrap();

    let wrong_way = browser
        .post(
            "/client/sign_ups",
            &[("strategy", "ticket"), ("ticket", &ticket)],
        )
        .await;
    assert_eq!(
        error_code(&wrong_way),
        "organization_invitation_identification_already_exists"
    );
    let form = [("strategy", "ticket"), ("ticket", ticket.as_str())];
    let done = browser.post("/client/sign_ins", &form).await;
    assert_eq!(done.body["response"]["status"], "complete", "{}", done.text);
    let session = &done.body["client"]["sessions"][0];
    assert_eq!(
        session["user"]["organization_memberships"][0]["role"],
        "org:member"
    );
    assert_eq!(
        session["last_active_organization_id"],
        invited.organization.as_str()
    );

    let mut other = world.browser().await;
    let used = other.post("/client/sign_ins", &form).await;
    assert_eq!(
        (used.status, error_code(&used)),
        (
            StatusCode::BAD_REQUEST,
            "organization_invitation_already_accepted"
        )
    );
}

#[tokio::test]
async fn who_is_signed_in_as_the_invited_person_is_a_member_at_once() {
    let world = World::new();
    let invited = invite(&world, MAX).await;
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let target = location(&click(&mut max, &invited.ticket).await);
    assert_eq!(
        (
            target.path(),
            parameter(&target, "__clerk_status").as_deref()
        ),
        ("/", Some("complete"))
    );
    assert_eq!(parameter(&target, "__clerk_ticket"), None);
    let me = max.get("/me").await;
    assert_eq!(
        me.body["response"]["organization_memberships"][0]["organization"]["id"],
        invited.organization.as_str()
    );

    // Someone else's browser is not let in by the link alone.
    let world = World::new();
    let invited = invite(&world, NEWCOMER).await;
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let target = location(&click(&mut max, &invited.ticket).await);
    assert_eq!(parameter(&target, "__clerk_status").unwrap(), "sign_up");
    let me = max.get("/me").await;
    assert_eq!(me.body["response"]["organization_memberships"], json!([]));
}

#[tokio::test]
async fn a_second_factor_comes_before_the_organization() {
    let world = World::new();
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let totp = max.post("/me/totp", &[]).await;
    let secret = text(&totp.body["response"]["secret"]);
    let code = support::totp_code(&world.clock, &secret);
    max.post("/me/totp/attempt_verification", &[("code", &code)])
        .await;
    world.clock.advance(Duration::from_secs(30));

    let invited = invite(&world, MAX).await;
    let mut browser = world.browser().await;
    let form = [("strategy", "ticket"), ("ticket", invited.ticket.as_str())];
    let half = browser.post("/client/sign_ins", &form).await;
    assert_eq!(
        half.body["response"]["status"], "needs_second_factor",
        "{}",
        half.text
    );
    let members = format!("/organizations/{}/memberships", invited.organization);
    let before = world.backend("GET", &members, None).await;
    assert_eq!(
        before.body["total_count"], 1,
        "a ticket alone makes no member"
    );

    let path = format!(
        "/client/sign_ins/{}/attempt_second_factor",
        text(&half.body["response"]["id"])
    );
    let code = support::totp_code(&world.clock, &secret);
    let done = browser
        .post(&path, &[("strategy", "totp"), ("code", &code)])
        .await;
    assert_eq!(done.body["response"]["status"], "complete", "{}", done.text);
    let after = world.backend("GET", &members, None).await;
    assert_eq!(after.body["total_count"], 2);
}

#[tokio::test]
async fn tickets_that_cannot_be_used_say_why() {
    let world = World::new();
    let invited = invite(&world, NEWCOMER).await;
    let mut browser = world.browser().await;
    let form = |ticket: &str| {
        [
            ("strategy", "ticket".to_owned()),
            ("ticket", ticket.to_owned()),
        ]
    };
    let sign_up = async |browser: &mut Browser<'_>, ticket: &str| {
        let form = form(ticket);
        let form: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let refused = browser.post("/client/sign_ups", &form).await;
        error_code(&refused).to_owned()
    };
    assert_eq!(
        sign_up(&mut browser, "nonsense").await,
        "ticket_invalid_code"
    );
    let forged = click(&mut browser, "nonsense").await;
    assert_eq!(error_code(&forged), "ticket_invalid_code");

    let backend = format!(
        "/organizations/{}/invitations/{}",
        invited.organization, invited.invitation
    );
    world
        .backend("POST", &format!("{backend}/revoke"), Some(json!({})))
        .await;
    assert_eq!(
        sign_up(&mut browser, &invited.ticket).await,
        "organization_invitation_revoked_code"
    );
    // The link still leads to the page that says so.
    assert_eq!(
        location(&click(&mut browser, &invited.ticket).await).path(),
        "/sign-up"
    );

    let late = invite(&world, NEWCOMER).await;
    world.clock.advance(Duration::from_secs(31 * 24 * 3600));
    assert_eq!(
        sign_up(&mut browser, &late.ticket).await,
        "ticket_expired_code"
    );
}

#[tokio::test]
async fn another_address_or_a_late_revocation_brings_nobody_in() {
    let world = World::new();
    let invited = invite(&world, NEWCOMER).await;
    let mut browser = world.browser().await;
    let form = [("strategy", "ticket"), ("ticket", invited.ticket.as_str())];
    let started = browser.post("/client/sign_ups", &form).await;
    let path = format!("/client/sign_ups/{}", text(&started.body["response"]["id"]));
    let other = browser
        .verb(
            "PATCH",
            &path,
            &[
                ("email_address", "other+clerk_test@example.com"),
                ("password", "a long password"),
            ],
        )
        .await;
    assert_eq!(
        other.body["response"]["unverified_fields"],
        json!(["email_address"]),
        "{}",
        other.text
    );
    browser
        .post(
            &format!("{path}/prepare_verification"),
            &[("strategy", "email_code")],
        )
        .await;
    let done = browser
        .post(
            &format!("{path}/attempt_verification"),
            &[("strategy", "email_code"), ("code", "424242")],
        )
        .await;
    assert_eq!(done.body["response"]["status"], "complete", "{}", done.text);
    let user = &done.body["client"]["sessions"][0]["user"];
    assert_eq!(user["organization_memberships"], json!([]));

    let mut late = world.browser().await;
    let started = late.post("/client/sign_ups", &form).await;
    let path = format!("/client/sign_ups/{}", text(&started.body["response"]["id"]));
    let backend = format!(
        "/organizations/{}/invitations/{}",
        invited.organization, invited.invitation
    );
    world
        .backend("POST", &format!("{backend}/revoke"), Some(json!({})))
        .await;
    let done = late
        .verb("PATCH", &path, &[("password", "a long password")])
        .await;
    assert_eq!(done.body["response"]["status"], "complete", "{}", done.text);
    let session = &done.body["client"]["sessions"][0];
    assert_eq!(session["user"]["organization_memberships"], json!([]));
    assert_eq!(session["last_active_organization_id"], Value::Null);
}

#[tokio::test]
async fn servers_choose_where_the_link_leads_and_what_the_membership_starts_with() {
    let world = World::new();
    let organizations = world.backend("GET", "/organizations", None).await;
    let id = text(&organizations.body["data"][0]["id"]);
    let under = format!("/organizations/{id}/invitations");
    let elsewhere = json!({ "email_address": NEWCOMER, "role": "org:member", "redirect_url": "https://evil.example/" });
    let refused = world.backend("POST", &under, Some(elsewhere)).await;
    assert_eq!(error_code(&refused), "invalid_redirect_url");
    let form = json!({
        "email_address": MAX,
        "role": "org:member",
        "redirect_url": "http://127.0.0.1:4010/welcome?from=mail",
        "public_metadata": { "team": "blue" },
        "expires_in_days": 1,
    });
    let invited = world.backend("POST", &under, Some(form)).await;
    let url = text(&invited.body["url"]);
    assert_eq!(url, link(&world, MAX).await);
    let shown = world
        .backend(
            "GET",
            &format!("{under}/{}", text(&invited.body["id"])),
            None,
        )
        .await;
    assert_eq!(shown.body["url"], url.as_str());

    let mut browser = world.browser().await;
    let target = location(&click(&mut browser, &ticket_of(&url)).await);
    assert_eq!(target.path(), "/welcome");
    assert_eq!(parameter(&target, "from").unwrap(), "mail");
    let ticket = parameter(&target, "__clerk_ticket").unwrap();
    let done = browser
        .post(
            "/client/sign_ins",
            &[("strategy", "ticket"), ("ticket", &ticket)],
        )
        .await;
    let member = &done.body["client"]["sessions"][0]["user"]["organization_memberships"][0];
    assert_eq!(member["public_metadata"], json!({ "team": "blue" }));
}
