//! What somebody is answered who does not get through.

use http::Method;
use leptos_clerk_convex::identity::{Identity, Requirement, SessionClaims};
use leptos_clerk_convex::server::{
    AcceptedTokens, Decision, Protection, RequestKind, Subject, TokenType,
};
use serde_json::{Map, Value, json};

use super::cookies::headers;
use super::{Section, same, text};
use crate::vectors::Vectors;

pub fn section() -> Section {
    Section::new(
        "protect",
        &[(
            "",
            &[
                "id",
                "auth",
                "request_kind",
                "request_headers",
                "args",
                "expect",
            ],
        )],
        check,
    )
}

fn check(_: &Vectors, row: &Value, _: &[Value]) -> Result<(), String> {
    let claims = json!({
        "sub": "user_1", "sid": "sess_1", "org_id": "org_1", "org_role": "org:admin",
        "org_permissions": ["org:sys_memberships:read"],
    });
    let claims: SessionClaims = serde_json::from_value(claims).unwrap();
    let identity = Identity::from_claims(&claims).unwrap();
    let subject = match text(row, "auth") {
        "in" => Subject::Person(&identity),
        "out" => Subject::Nobody(Some(TokenType::Session)),
        "pending" => Subject::Pending,
        "invalid" => Subject::Nobody(None),
        other => machine(other),
    };
    let decision = protection(&row["args"]).decide(subject, kind(row), 1_666_648_250_000);
    let actual = match decision {
        Decision::Allow => "allow".to_owned(),
        Decision::SignIn => "redirect-to-sign-in".to_owned(),
        Decision::Redirect(url) => format!("redirect:{url}"),
        Decision::Unauthorized => "unauthorized".to_owned(),
        Decision::NotFound => "not-found".to_owned(),
        other => format!("{other:?}"),
    };
    same("decision", &row["expect"], &json!(actual))
}

/// `api_key_in`, `m2m_out` and so on.
fn machine(name: &str) -> Subject<'static> {
    let (kind, state) = name.rsplit_once('_').unwrap_or((name, ""));
    let kind = match kind {
        "api_key" => TokenType::ApiKey,
        "m2m" | "m2m_token" => TokenType::MachineToMachine,
        "oauth" | "oauth_token" => TokenType::OAuth,
        _ => panic!("this harness does not know the auth `{name}`"),
    };
    match state {
        "in" => Subject::Machine(kind),
        "out" => Subject::Nobody(Some(kind)),
        _ => panic!("this harness does not know the auth `{name}`"),
    }
}

/// Next.js marks its own navigations and server actions with headers that no other framework sends; here they stand for a page
/// and for a server function. Everything else is classified by this library.
fn kind(row: &Value) -> RequestKind {
    let name = text(row, "request_kind");
    let has = |header: &str| row["request_headers"].get(header).is_some();
    if name.starts_with("server_action") {
        assert!(has("next-url"), "a server action has Next's headers");
        RequestKind::ServerFunction
    } else if has("next-url") || has("x-nextjs-data") {
        RequestKind::Page
    } else {
        RequestKind::of(&Method::GET, &headers(&row["request_headers"]))
    }
}

/// Options may stand in either argument; the first one wins.
fn protection(arguments: &Value) -> Protection {
    let empty = Map::new();
    let argument = |index: usize| {
        arguments
            .get(index)
            .and_then(Value::as_object)
            .unwrap_or(&empty)
    };
    let (params, options) = (argument(0), argument(1));
    let option = |name: &str| params.get(name).or_else(|| options.get(name));
    let mut protection = Protection::new().concealed();
    if ["role", "permission", "feature", "plan", "reverification"]
        .iter()
        .any(|name| params.contains_key(*name))
    {
        protection = protection.requirement(Requirement::from_has_params(params));
    }
    if let Some(url) = option("unauthenticatedUrl").and_then(Value::as_str) {
        protection = protection.unauthenticated_url(url);
    }
    if let Some(url) = option("unauthorizedUrl").and_then(Value::as_str) {
        protection = protection.unauthorized_url(url);
    }
    match option("token") {
        Some(token) => protection.accepts(accepted(token)),
        None => protection,
    }
}

/// `any`, one kind, or several.
pub fn accepted(token: &Value) -> AcceptedTokens {
    let kind = |name: &Value| {
        name.as_str()
            .and_then(TokenType::from_name)
            .unwrap_or_else(|| panic!("this harness does not know {name}"))
    };
    match token {
        Value::String(name) if name == "any" => AcceptedTokens::Any,
        Value::Array(names) => AcceptedTokens::OneOf(names.iter().map(kind).collect()),
        name => AcceptedTokens::Only(kind(name)),
    }
}
