//! Organizations, as ClerkJS's components use them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use http::StatusCode;
use serde_json::{Value, json};
use support::fixtures::{fixture, response};
use support::{
    ADA, ADA_PASSWORD, Answer, Browser, MAX, MAX_PASSWORD, World, assert_shape, claims, error_code,
};

async fn create(browser: &mut Browser<'_>) -> String {
    let form = [
        ("name", "Analytical Engines"),
        ("slug", "analytical-engines"),
    ];
    let created = browser.post("/organizations", &form).await;
    assert_shape(
        &created.body,
        &response(&fixture("organizations")["create"]),
        "create",
    );
    created.body["response"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", created.text))
        .to_owned()
}

fn total(answer: &Answer) -> u64 {
    answer.body["response"]["total_count"]
        .as_u64()
        .unwrap_or_else(|| panic!("{}", answer.text))
}

#[tokio::test]
async fn an_organization_is_created_selected_and_listed() {
    let world = World::new();
    let recorded = fixture("organizations");
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    let id = create(&mut browser).await;
    let session = browser.session_id().await;
    let touch = [
        ("active_organization_id", id.as_str()),
        ("intent", "select_org"),
    ];
    let selected = browser
        .post(&format!("/client/sessions/{session}/touch"), &touch)
        .await;
    assert_shape(
        &selected.body,
        &response(&recorded["touch_select_org"]),
        "touch",
    );
    let jwt = selected.body["response"]["last_active_token"]["jwt"]
        .as_str()
        .unwrap();
    let mut o = claims(jwt)["o"].clone();
    // The recorded instance had no permissions of its own.
    for granted in ["per", "fpm"] {
        o.as_object_mut().unwrap().remove(granted).unwrap();
    }
    assert_shape(
        &o,
        &fixture("jwt_claims")["session_token_with_org"]["payload"]["o"],
        "o",
    );

    let under = format!("/organizations/{id}");
    for (path, name, count) in [
        (
            format!("{under}/memberships?paginated=true&limit=10&offset=0"),
            "memberships",
            1,
        ),
        (format!("{under}/roles?limit=20&offset=0"), "roles", 2),
        (format!("{under}/domains?limit=10"), "domains", 0),
        (format!("{under}/membership_requests"), "domains", 0),
        (format!("{under}/invitations"), "invitations_list", 0),
        (
            "/me/organization_memberships?paginated=true".into(),
            "my_memberships",
            1,
        ),
        (
            "/me/organization_invitations?status=pending".into(),
            "my_invitations",
            0,
        ),
        (
            "/me/organization_suggestions?status=pending&status=accepted".into(),
            "my_suggestions",
            0,
        ),
    ] {
        let answer = browser.get(&path).await;
        assert_shape(&answer.body, &response(&recorded[name]), name);
        assert_eq!(total(&answer), count, "{path}");
    }
    let updated = browser.verb("PATCH", &under, &[("name", "AE2")]).await;
    assert_shape(&updated.body, &response(&recorded["update"]), "update");
    assert_eq!(updated.body["response"]["name"], "AE2");

    let deleted = browser.verb("DELETE", &under, &[]).await;
    assert_eq!(deleted.body["response"]["deleted"], true);
    let session = &deleted.body["client"]["sessions"][0];
    assert_eq!(session["last_active_organization_id"], Value::Null);
    assert_eq!(session["user"]["organization_memberships"], json!([]));
}

#[tokio::test]
async fn slugs_are_unique_and_made_from_the_name() {
    let world = World::new();
    let mut browser = world.signed_in(MAX, MAX_PASSWORD).await;
    create(&mut browser).await;
    let taken = browser
        .post(
            "/organizations",
            &[("name", "Other"), ("slug", "analytical-engines")],
        )
        .await;
    assert_eq!(error_code(&taken), "form_identifier_exists");
    let same_name = browser
        .post("/organizations", &[("name", "Analytical Engines")])
        .await;
    let slug = same_name.body["response"]["slug"].as_str().unwrap();
    assert!(slug.starts_with("analytical-engines-"), "{slug}");
    let malformed = browser
        .post("/organizations", &[("name", "X"), ("slug", "Not A Slug")])
        .await;
    assert_eq!(error_code(&malformed), "form_param_format_invalid");
}

#[tokio::test]
async fn invitations_are_sent_accepted_and_revoked() {
    let world = World::new();
    let recorded = fixture("organizations");
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let id = create(&mut ada).await;
    let under = format!("/organizations/{id}/invitations");
    let form = [("email_address", MAX), ("role", "org:member")];
    let invited = ada.post(&under, &form).await;
    assert_shape(&invited.body, &response(&recorded["invite"]), "invite");
    assert_eq!(
        error_code(&ada.post(&under, &form).await),
        "organization_invitation_not_unique"
    );

    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let mine = max.get("/me/organization_invitations?status=pending").await;
    assert_eq!(
        mine.body["response"]["data"][0]["public_organization_data"]["name"],
        "Analytical Engines"
    );
    let invitation = invited.body["response"]["id"].as_str().unwrap();
    let mut stranger = world.signed_in(ADA, ADA_PASSWORD).await;
    let stolen = stranger
        .post(
            &format!("/me/organization_invitations/{invitation}/accept"),
            &[],
        )
        .await;
    assert_eq!(stolen.status, StatusCode::NOT_FOUND);
    let accepted = max
        .post(
            &format!("/me/organization_invitations/{invitation}/accept"),
            &[],
        )
        .await;
    assert_eq!(accepted.body["response"]["status"], "accepted");
    assert_eq!(
        accepted.body["response"]["public_organization_data"],
        mine.body["response"]["data"][0]["public_organization_data"]
    );
    assert_eq!(
        accepted.body["client"]["sessions"][0]["user"]["organization_memberships"][0]["role"],
        "org:member"
    );
    assert_eq!(
        error_code(&ada.post(&under, &form).await),
        "already_a_member_in_organization"
    );

    let bulk = [
        ("email_address", "a@b.example"),
        ("email_address", "c@d.example"),
        ("role", "org:member"),
    ];
    let invited = ada.post(&format!("{under}/bulk"), &bulk).await;
    assert_eq!(
        invited.body["response"].as_array().unwrap().len(),
        2,
        "{}",
        invited.text
    );
    let one = invited.body["response"][0]["id"].as_str().unwrap();
    let revoked = ada.post(&format!("{under}/{one}/revoke"), &[]).await;
    assert_shape(
        &revoked.body,
        &response(&recorded["revoke_invitation"]),
        "revoke",
    );
    assert_eq!(revoked.body["response"]["status"], "revoked");
    let half = [
        ("email_address", "new@b.example"),
        ("email_address", MAX),
        ("role", "org:member"),
    ];
    assert_eq!(
        error_code(&ada.post(&format!("{under}/bulk"), &half).await),
        "already_a_member_in_organization"
    );
    assert_eq!(
        total(&ada.get(&format!("{under}?status=pending")).await),
        1,
        "a refused bulk invites nobody"
    );
}

#[tokio::test]
async fn members_may_look_and_only_admins_change() {
    let world = World::new();
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let id = create(&mut ada).await;
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let under = format!("/organizations/{id}");
    let outside = max.get(&under).await;
    assert_eq!(
        (outside.status, error_code(&outside)),
        (
            StatusCode::NOT_FOUND,
            "organization_not_found_or_unauthorized"
        )
    );

    let me = max.get("/me").await;
    let max_id = me.body["response"]["id"].as_str().unwrap().to_owned();
    ada.post(
        &format!("{under}/memberships"),
        &[("user_id", &max_id), ("role", "org:member")],
    )
    .await;
    assert_eq!(
        max.get(&format!("{under}/memberships")).await.status,
        StatusCode::OK
    );
    for refused in [
        max.verb("PATCH", &under, &[("name", "Mine")]).await,
        max.verb("DELETE", &under, &[]).await,
        max.post(
            &format!("{under}/invitations"),
            &[("email_address", "x@y.example"), ("role", "org:admin")],
        )
        .await,
        max.verb(
            "PATCH",
            &format!("{under}/memberships/{max_id}"),
            &[("role", "org:admin")],
        )
        .await,
    ] {
        assert_eq!(
            (refused.status, error_code(&refused)),
            (StatusCode::FORBIDDEN, "missing_organization_permission")
        );
    }
    let filtered = ada
        .get(&format!("{under}/memberships?role=org:admin"))
        .await;
    assert_eq!(total(&filtered), 1);
    let searched = ada.get(&format!("{under}/memberships?query=max")).await;
    assert_eq!(total(&searched), 1);
}

#[tokio::test]
async fn an_organization_keeps_an_admin() {
    let world = World::new();
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let id = create(&mut ada).await;
    let ada_id = ada.get("/me").await.body["response"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let member = format!("/organizations/{id}/memberships/{ada_id}");
    for refused in [
        ada.verb("PATCH", &member, &[("role", "org:member")]).await,
        ada.verb("DELETE", &member, &[]).await,
        ada.verb("DELETE", &format!("/me/organization_memberships/{id}"), &[])
            .await,
    ] {
        assert_eq!(
            error_code(&refused),
            "organization_minimum_permissions_needed"
        );
    }
    let unknown = ada.verb("PATCH", &member, &[("role", "org:emperor")]).await;
    assert_eq!(error_code(&unknown), "form_param_value_invalid");
}

#[tokio::test]
async fn an_organization_has_room_for_five() {
    let world = World::new();
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let id = create(&mut ada).await;
    let under = format!("/organizations/{id}/invitations");
    for index in 0..4 {
        let address = format!("guest{index}@example.com");
        let invited = ada
            .post(
                &under,
                &[("email_address", &address), ("role", "org:member")],
            )
            .await;
        assert_eq!(invited.status, StatusCode::OK, "{}", invited.text);
    }
    let full = ada
        .post(
            &under,
            &[
                ("email_address", "late@example.com"),
                ("role", "org:member"),
            ],
        )
        .await;
    assert_eq!(
        (full.status, error_code(&full)),
        (
            StatusCode::FORBIDDEN,
            "organization_membership_quota_exceeded"
        )
    );
}

#[tokio::test]
async fn a_session_waits_until_an_organization_is_chosen() {
    let world = World::with(|options| options.force_organization_selection = true);
    let recorded = fixture("session_task_choose_organization");
    let mut browser = world.browser().await;
    let form = [("identifier", ADA), ("password", ADA_PASSWORD)];
    let pending = browser.post("/client/sign_ins", &form).await;
    let session = &pending.body["client"]["sessions"][0];
    assert_eq!(
        (&session["status"], &session["tasks"]),
        (
            &json!("pending"),
            &json!([{ "key": "choose-organization" }])
        )
    );
    let jwt = session["last_active_token"]["jwt"].as_str().unwrap();
    assert_eq!(
        claims(jwt)["sts"],
        fixture("jwt_claims")["session_token_pending"]["payload"]["sts"]
    );
    assert!(recorded.is_object());

    let organization = session["user"]["organization_memberships"][0]["organization"]["id"]
        .as_str()
        .unwrap();
    let touch = format!("/client/sessions/{}/touch", session["id"].as_str().unwrap());
    let active = browser
        .post(
            &touch,
            &[
                ("active_organization_id", organization),
                ("intent", "select_org"),
            ],
        )
        .await;
    let session = &active.body["response"];
    assert_eq!(
        (&session["status"], &session["tasks"]),
        (&json!("active"), &Value::Null)
    );
    assert_eq!(
        claims(session["last_active_token"]["jwt"].as_str().unwrap())["sts"],
        "active"
    );
}
