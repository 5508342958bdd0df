//! Custom permissions, features and plans, and how they reach tokens.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use http::StatusCode;
use serde_json::{Value, json};
use support::{ADA, ADA_PASSWORD, Browser, MAX, MAX_PASSWORD, World, claims, error_code, user_id};

const MODERATE: &str = "org:messages:moderate";

/// The token of the browser's session after it chose `organization`.
async fn token_in(browser: &mut Browser<'_>, organization: &str) -> Value {
    let session = browser.session_id().await;
    let touched = browser
        .post(
            &format!("/client/sessions/{session}/touch"),
            &[
                ("active_organization_id", organization),
                ("intent", "select_org"),
            ],
        )
        .await;
    claims(
        touched.body["response"]["last_active_token"]["jwt"]
            .as_str()
            .unwrap(),
    )
}

async fn seeded_organization(world: &World) -> String {
    let all = world.backend("GET", "/organizations", None).await;
    all.body["data"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_admin_of_the_seeded_organization_has_its_plan_features_and_permission() {
    let world = World::new();
    let organization = seeded_organization(&world).await;
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let token = token_in(&mut ada, &organization).await;
    assert_eq!(token["pla"], "u:free_user,o:team");
    assert_eq!(token["fea"], "o:messages,o:audit_log");
    assert_eq!(token["o"]["rol"], "admin");
    assert_eq!(
        (&token["o"]["per"], &token["o"]["fpm"]),
        (&json!("moderate"), &json!("1,0"))
    );

    // ClerkJS asks the membership, not the token.
    let me = ada.get("/me").await;
    let member = &me.body["response"]["organization_memberships"][0];
    assert!(
        member["permissions"]
            .as_array()
            .unwrap()
            .contains(&json!(MODERATE))
    );
    let roles = ada
        .get(&format!("/organizations/{organization}/roles"))
        .await;
    let permissions = roles.body["response"]["data"][0]["permissions"]
        .as_array()
        .unwrap();
    let custom = permissions
        .iter()
        .find(|one| one["key"] == MODERATE)
        .unwrap();
    assert_eq!(custom["type"], "user");
}

#[tokio::test]
async fn a_member_has_the_features_and_not_the_permission() {
    let world = World::new();
    let organization = seeded_organization(&world).await;
    let form = json!({ "user_id": user_id(&world, MAX).await, "role": "org:member" });
    world
        .backend(
            "POST",
            &format!("/organizations/{organization}/memberships"),
            Some(form),
        )
        .await;
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let token = token_in(&mut max, &organization).await;
    assert_eq!(token["fea"], "o:messages,o:audit_log");
    assert_eq!(token["o"]["rol"], "member");
    assert!(
        token["o"].get("per").is_none() && token["o"].get("fpm").is_none(),
        "{token}"
    );

    let personal = token_in(&mut max, "").await;
    assert_eq!(personal["pla"], "u:free_user");
    assert!(
        personal.get("fea").is_none() && personal.get("o").is_none(),
        "{personal}"
    );
}

#[tokio::test]
async fn a_new_organization_is_on_the_free_plan() {
    let world = World::new();
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let created = ada.post("/organizations", &[("name", "Second")]).await;
    let id = created.body["response"]["id"].as_str().unwrap().to_owned();
    let token = token_in(&mut ada, &id).await;
    assert_eq!(token["pla"], "u:free_user,o:free_org");
    assert_eq!(token["fea"], "o:messages");
    assert_eq!(
        (&token["o"]["per"], &token["o"]["fpm"]),
        (&json!("moderate"), &json!("1"))
    );
}

#[tokio::test]
async fn without_billing_there_are_permissions_and_no_plans() {
    let world = World::with(|options| options.billing = false);
    let organization = seeded_organization(&world).await;
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let token = token_in(&mut ada, &organization).await;
    assert!(token.get("pla").is_none());
    assert_eq!(token["fea"], "o:messages");
    assert_eq!(token["o"]["per"], "moderate");
}

#[tokio::test]
async fn plans_are_public_and_come_without_envelope() {
    let world = World::new();
    let mut visitor = world.browser().await;
    let plans = visitor
        .get("/billing/plans?payer_type=user&limit=10&offset=0")
        .await;
    let data = plans.body["data"].as_array().unwrap();
    let slugs: Vec<&Value> = data.iter().map(|plan| &plan["slug"]).collect();
    assert_eq!(slugs, ["free_user", "pro"]);
    assert_eq!(plans.body["total_count"], 2);
    assert_eq!(
        (&data[0]["is_default"], &data[0]["annual_fee"]),
        (&json!(true), &Value::Null)
    );
    let fee = json!({ "amount": 1000, "amount_formatted": "10.00", "currency": "USD", "currency_symbol": "$" });
    assert_eq!(data[1]["fee"], fee);
    assert_eq!(data[1]["annual_monthly_fee"]["amount"], 800);
    assert_eq!(data[1]["features"][0]["slug"], "exports");

    let of_organizations = visitor.get("/billing/plans?payer_type=org").await;
    let team = of_organizations.body["data"][1].clone();
    assert_eq!(
        (&team["slug"], &team["for_payer_type"]),
        (&json!("team"), &json!("org"))
    );
    let one = visitor
        .get(&format!("/billing/plans/{}", team["id"].as_str().unwrap()))
        .await;
    assert_eq!(one.body, team);
    assert_eq!(
        error_code(&visitor.get("/billing/plans/cplan_none").await),
        "plan_not_found"
    );
    let mine = visitor.get("/me/billing/subscription").await;
    assert_eq!(mine.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_subscription_names_its_plan_and_can_be_cancelled_but_not_bought() {
    let world = World::new();
    let organization = seeded_organization(&world).await;
    let mut ada = world.signed_in(ADA, ADA_PASSWORD).await;
    let mine = ada.get("/me/billing/subscription").await;
    let item = &mine.body["response"]["subscription_items"][0];
    assert_eq!(
        (&item["plan"]["slug"], &item["period_end"]),
        (&json!("free_user"), &Value::Null)
    );

    let under = format!("/organizations/{organization}/billing");
    let theirs = ada.get(&format!("{under}/subscription")).await;
    let item = theirs.body["response"]["subscription_items"][0].clone();
    assert_eq!(item["plan"]["slug"], "team");
    assert_eq!(
        theirs.body["response"]["next_payment"]["amount"]["amount"],
        2500
    );
    assert!(item["period_end"].as_i64().unwrap() > item["period_start"].as_i64().unwrap());
    for list in ["statements", "payment_methods", "credits/history"] {
        let empty = ada.get(&format!("{under}/{list}?limit=10&offset=0")).await;
        assert_eq!(
            empty.body["response"],
            json!({ "data": [], "total_count": 0 }),
            "{list}"
        );
    }
    let attempts = ada.get(&format!("{under}/payment_attempts")).await;
    assert_eq!(attempts.body, json!({ "data": [], "total_count": 0 }));

    let bought = ada
        .post(
            "/me/billing/checkouts",
            &[("plan_id", "cplan_pro"), ("plan_period", "month")],
        )
        .await;
    assert_eq!(
        (bought.status, error_code(&bought)),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            "external_payments_not_setup"
        )
    );
    let path = format!(
        "{under}/subscription_items/{}",
        item["id"].as_str().unwrap()
    );
    assert_eq!(
        ada.verb("DELETE", &path, &[]).await.body["response"]["deleted"],
        true
    );
    let token = token_in(&mut ada, &organization).await;
    assert_eq!(token["pla"], "u:free_user,o:free_org");
    assert_eq!(
        error_code(&ada.verb("DELETE", &path, &[]).await),
        "commerce_subscription_item_cannot_be_canceled"
    );
}

#[tokio::test]
async fn members_do_not_see_what_their_organization_pays() {
    let world = World::new();
    let organization = seeded_organization(&world).await;
    let form = json!({ "user_id": user_id(&world, MAX).await, "role": "org:member" });
    world
        .backend(
            "POST",
            &format!("/organizations/{organization}/memberships"),
            Some(form),
        )
        .await;
    let mut max = world.signed_in(MAX, MAX_PASSWORD).await;
    let refused = max
        .get(&format!(
            "/organizations/{organization}/billing/subscription"
        ))
        .await;
    assert_eq!(error_code(&refused), "missing_organization_permission");

    let world = World::with(|options| options.billing = false);
    let mut visitor = world.browser().await;
    let off = visitor.get("/billing/plans").await;
    assert_eq!(
        (off.status, error_code(&off)),
        (StatusCode::FORBIDDEN, "billing_not_enabled")
    );
}
