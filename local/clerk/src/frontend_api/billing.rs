//! Plans and subscriptions: shown as hosted instances show them, and never paid for.

use axum::Router;
use http::Method;
use serde_json::{Value, json};

use super::organization::member;
use crate::catalog::{PLANS, Payer, Plan, current_plan};
use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, frontend};
use crate::organizations::page;
use crate::resources;
use crate::store::records::{Organization, User};

const READ: &str = "org:sys_billing:read";
const MANAGE: &str = "org:sys_billing:manage";

pub(super) fn router() -> Router<App> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PUT: Method = Method::PUT;
    const DELETE: Method = Method::DELETE;
    let mut router = Router::new()
        .route("/v1/billing/plans", frontend([(GET, plans)]))
        .route("/v1/billing/plans/{plan}", frontend([(GET, show_plan)]));
    for payer in ["/v1/me", "/v1/organizations/{organization}"] {
        let under = |path: &str| format!("{payer}/billing{path}");
        router = router
            .route(&under("/subscription"), frontend([(GET, subscription)]))
            .route(
                &under("/subscription_items/{item}"),
                frontend([(DELETE, cancel)]),
            )
            .route(&under("/statements"), frontend([(GET, nothing)]))
            .route(&under("/payment_attempts"), frontend([(GET, no_attempts)]))
            .route(
                &under("/payment_methods"),
                frontend([(GET, nothing), (POST, pay)]),
            )
            .route(
                &under("/payment_methods/initialize"),
                frontend([(POST, pay)]),
            )
            .route(
                &under("/payers/default_payment_method"),
                frontend([(PUT, pay)]),
            )
            .route(&under("/credits"), frontend([(GET, credits)]))
            .route(&under("/credits/history"), frontend([(GET, nothing)]))
            .route(&under("/checkouts"), frontend([(POST, pay)]));
    }
    router
}

/// `GET /v1/billing/plans`, for everyone: a pricing page is public. Answered without envelope.
fn plans(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    require_billing(call)?;
    let payer = match call.request.query.text("payer_type") {
        Some("org") => Payer::Organization,
        _ => Payer::User,
    };
    let plans = PLANS.iter().filter(|plan| plan.payer == payer);
    Ok(Reply::Json(page(
        plans.map(resources::plan).collect(),
        &call.request.query,
    )))
}

fn show_plan(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    require_billing(call)?;
    let id = call.request.parameter("plan");
    let plan = PLANS
        .iter()
        .find(|plan| resources::plan_id(plan) == id)
        .ok_or(Code::PlanNotFound)?;
    Ok(Reply::Json(resources::plan(plan)))
}

/// Whose subscription a request is about.
enum Subscriber {
    User(Box<User>),
    Organization(Box<Organization>),
}

impl Subscriber {
    fn of(call: &Call<'_>, permission: &str) -> Result<Self, ApiError> {
        require_billing(call)?;
        if call.request.parameter("organization").is_empty() {
            return Ok(Self::User(Box::new(call.require_session()?.1)));
        }
        Ok(Self::Organization(Box::new(
            member(call, Some(permission))?.0,
        )))
    }

    fn id(&self) -> &str {
        match self {
            Self::User(user) => &user.id,
            Self::Organization(organization) => &organization.id,
        }
    }

    fn plan(&self) -> &'static Plan {
        match self {
            Self::User(user) => current_plan(Payer::User, user.plan.as_deref()),
            Self::Organization(organization) => {
                current_plan(Payer::Organization, organization.plan.as_deref())
            }
        }
    }

    fn since(&self) -> i64 {
        match self {
            Self::User(user) => user.created_at,
            Self::Organization(organization) => organization.created_at,
        }
    }
}

fn subscription(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let subscriber = Subscriber::of(call, READ)?;
    call.respond(resources::subscription(
        subscriber.id(),
        subscriber.plan(),
        subscriber.since(),
        call.now,
    ))
}

/// `DELETE …/subscription_items/{item}`: back to the free plan, at once because no paid period has to run out.
fn cancel(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let subscriber = Subscriber::of(call, MANAGE)?;
    let id = call.request.parameter("item").to_owned();
    if resources::subscription_item_id(subscriber.id()) != id {
        return Err(Code::SubscriptionItemNotFound.into());
    }
    if subscriber.plan().is_free() {
        return Err(Code::SubscriptionItemCannotBeCanceled.into());
    }
    match subscriber {
        Subscriber::User(mut user) => {
            user.plan = None;
            call.store.save(&*user)?;
        }
        Subscriber::Organization(mut organization) => {
            organization.plan = None;
            call.store.save(&*organization)?;
        }
    }
    call.respond(json!({ "object": "commerce_subscription_item", "id": id, "deleted": true }))
}

/// Statements, payment methods and past credits: there are none where nothing is paid.
fn nothing(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    Subscriber::of(call, READ)?;
    call.respond(page(Vec::new(), &call.request.query))
}

/// The same, for the list that ClerkJS reads without envelope.
fn no_attempts(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    Subscriber::of(call, READ)?;
    Ok(Reply::Json(page(Vec::new(), &call.request.query)))
}

fn credits(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    Subscriber::of(call, READ)?;
    call.respond(json!({ "object": "commerce_credit_balance", "balance": Value::Null }))
}

/// Whatever needs a payment gateway.
fn pay(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    Subscriber::of(call, MANAGE)?;
    Err(Code::ExternalPaymentsNotSetUp.into())
}

fn require_billing(call: &Call<'_>) -> Result<(), ApiError> {
    if call.instance.billing {
        Ok(())
    } else {
        Err(Code::BillingNotEnabled.into())
    }
}
