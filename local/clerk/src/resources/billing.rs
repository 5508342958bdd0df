//! Plans and subscriptions.

use serde_json::{Value, json};

use crate::catalog::{Feature, Payer, Plan};
use crate::clock::{DAY, Millis};

const MONTH: Millis = 30 * DAY;

pub(crate) fn plan(plan: &Plan) -> Value {
    let free = plan.is_free();
    let when_paid = |cents: u32| if free { Value::Null } else { money(cents) };
    json!({
        "object": "commerce_plan",
        "id": plan_id(plan),
        "name": plan.name,
        "slug": plan.slug,
        "description": plan.description,
        "fee": money(plan.monthly),
        "annual_fee": when_paid(plan.annual),
        "annual_monthly_fee": when_paid(plan.annual / 12),
        "has_base_fee": !free,
        "is_default": free,
        "is_recurring": true,
        "publicly_visible": true,
        "for_payer_type": payer_type(plan.payer),
        "avatar_url": null,
        "features": plan.features().map(feature).collect::<Vec<_>>(),
        "free_trial_days": null,
        "free_trial_enabled": false,
    })
}

fn feature(feature: &Feature) -> Value {
    json!({
        "object": "feature",
        "id": format!("feat_{}", feature.slug),
        "name": feature.name,
        "slug": feature.slug,
        "description": feature.description,
        "avatar_url": null,
    })
}

/// The subscription of a payer to their plan, since `start`.
pub(crate) fn subscription(payer_id: &str, current: &Plan, start: Millis, now: Millis) -> Value {
    // A paid plan renews every month; nothing is ever charged.
    let renewal = (!current.is_free()).then(|| start + MONTH * ((now - start).max(0) / MONTH + 1));
    let next_payment =
        renewal.map(|date| json!({ "amount": money(current.monthly), "date": date }));
    json!({
        "object": "commerce_subscription",
        "id": format!("sub_{payer_id}"),
        "status": "active",
        "created_at": start,
        "updated_at": start,
        "active_at": start,
        "past_due_at": null,
        "next_payment": next_payment,
        "eligible_for_free_trial": false,
        "subscription_items": [{
            "object": "commerce_subscription_item",
            "id": subscription_item_id(payer_id),
            "plan": plan(current),
            "plan_period": "month",
            "status": "active",
            "created_at": start,
            "period_start": renewal.map_or(start, |renewal| renewal - MONTH),
            "period_end": renewal,
            "canceled_at": null,
            "past_due_at": null,
            "amount": money(current.monthly),
            "is_free_trial": false,
            "next_payment": next_payment,
        }],
    })
}

pub(crate) fn subscription_item_id(payer_id: &str) -> String {
    format!("subi_{payer_id}")
}

pub(crate) fn plan_id(plan: &Plan) -> String {
    format!("cplan_{}", plan.slug)
}

fn payer_type(payer: Payer) -> &'static str {
    match payer {
        Payer::User => "user",
        Payer::Organization => "org",
    }
}

fn money(cents: u32) -> Value {
    json!({
        "amount": cents,
        "amount_formatted": format!("{}.{:02}", cents / 100, cents % 100),
        "currency": "USD",
        "currency_symbol": "$",
    })
}
