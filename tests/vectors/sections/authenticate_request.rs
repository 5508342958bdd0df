//! The whole decision: request in, verdict out.

use std::cell::Cell;
use std::sync::Mutex;

use http::{HeaderValue, Method};
use leptos_clerk_convex::config::SecretKey;
use leptos_clerk_convex::identity::ClaimsError;
use leptos_clerk_convex::server::authenticate::{
    Answer, AuthenticateError, Authentication, BackendCall, BackendKey, BackendReply, Credential,
    Effect, KeyLookup, KeySource, Options, OptionsInput, Outcome, RequestView, Step, Verdict,
};
use leptos_clerk_convex::server::{KeySet, TokenType, VerificationError};
use serde_json::{Map, Value, json};
use url::Url;

use super::auth_object::{machine_auth, session_auth, without_nulls};
use super::cookies::{cookie_header, headers, now_ms};
use super::verify_token::rules;
use super::{Section, organization, protect, same, text};
use crate::vectors::Vectors;

const API: &str = "https://api.clerk.test";

pub fn section() -> Section {
    Section::new(
        "authenticate_request",
        &[
            (
                "",
                &[
                    "id",
                    "group",
                    "now",
                    "publishable_key",
                    "secret_key",
                    "request",
                    "options",
                    "bapi",
                    "api_client",
                    "expect",
                ],
            ),
            ("request", &["method", "url", "headers", "cookies"]),
            (
                "options",
                &[
                    "authorizedParties",
                    "audience",
                    "clockSkewInMs",
                    "jwtKey",
                    "acceptsToken",
                    "proxyUrl",
                    "domain",
                    "isSatellite",
                    "satelliteAutoSync",
                    "signInUrl",
                    "organizationSyncOptions",
                    "machineSecretKey",
                ],
            ),
            ("bapi", &["jwks", "refresh", "handshake_payload", "machine"]),
            ("bapi.jwks", &["status", "body"]),
            ("bapi.refresh", &["status", "body"]),
            ("bapi.handshake_payload", &["status", "body"]),
            ("bapi.machine", &["status", "body"]),
            (
                "expect",
                &[
                    "status",
                    "reason",
                    "token",
                    "token_type",
                    "auth",
                    "to_auth_throws",
                    "throws",
                    "location",
                    "cache_control",
                    "set_cookie",
                    "other_headers",
                    "debug_headers",
                    "message_tail",
                    "bapi_calls",
                    "jwks_fetches",
                ],
            ),
            ("expect.location", &["base", "query"]),
            ("expect.debug_headers", &["status", "reason", "message"]),
            (
                "expect.auth",
                &[
                    "userId",
                    "sessionId",
                    "sessionStatus",
                    "orgId",
                    "orgRole",
                    "orgSlug",
                    "orgPermissions",
                    "factorVerificationAge",
                    "actor",
                    "id",
                    "subject",
                    "scopes",
                    "claims",
                    "name",
                    "machineId",
                    "clientId",
                    "isAuthenticated",
                ],
            ),
        ],
        check,
    )
}

/// Serves keys as the Backend API would with caching switched off: every look-up is a fetch.
struct UncachedKeys {
    set: Result<KeySet, VerificationError>,
    /// How often one look-up asks.
    attempts: u32,
    fetches: Mutex<u32>,
}

impl UncachedKeys {
    fn new(vectors: &Vectors, reply: &Value) -> Self {
        let status = reply["status"].as_u64();
        let (set, attempts) = match status {
            None | Some(200..300) => {
                let body = if status.is_some() {
                    &reply["body"]
                } else {
                    vectors.get("/jwks/main")
                };
                (
                    KeySet::from_json(body).map_err(|_| VerificationError::KeySetUnavailable),
                    1,
                )
            }
            // Not asked again: a key that is refused now is refused in a second too.
            Some(401) => (Err(VerificationError::SecretKey), 1),
            Some(_) => (Err(VerificationError::KeySetUnavailable), 5),
        };
        Self {
            set,
            attempts,
            fetches: Mutex::new(0),
        }
    }
}

impl KeySource for UncachedKeys {
    fn key(&self, key_id: &str) -> KeyLookup {
        *self.fetches.lock().unwrap() += self.attempts;
        match self.set.as_ref().map(|set| set.get(key_id)) {
            Ok(Some(Ok(key))) => KeyLookup::Found(key),
            Ok(Some(Err(_))) => KeyLookup::Failed(VerificationError::Failed),
            Ok(None) => KeyLookup::Failed(VerificationError::UnknownKey),
            Err(error) => KeyLookup::Failed(*error),
        }
    }
}

fn check(vectors: &Vectors, row: &Value, _: &[Value]) -> Result<(), String> {
    let keys = UncachedKeys::new(vectors, &row["bapi"]["jwks"]);
    let calls = Mutex::new(Vec::new());
    let result = authenticate(vectors, row, &keys, &calls);
    let expect = &row["expect"];
    same(
        "jwks_fetches",
        &expect["jwks_fetches"],
        &json!(*keys.fetches.lock().unwrap()),
    )?;
    let expected_calls = expect
        .get("bapi_calls")
        .cloned()
        .unwrap_or_else(|| json!([]));
    same(
        "bapi_calls",
        &with_sorted_cookies(expected_calls),
        &with_sorted_cookies(json!(*calls.lock().unwrap())),
    )?;
    match result {
        Err(error) => same(
            "throws",
            expect.get("throws").unwrap_or(&Value::Null),
            &json!(error.reason()),
        ),
        Ok(verdict) => {
            same(
                "throws",
                expect.get("throws").unwrap_or(&Value::Null),
                &Value::Null,
            )?;
            check_verdict(expect, &verdict)
        }
    }
}

fn authenticate(
    vectors: &Vectors,
    row: &Value,
    keys: &UncachedKeys,
    calls: &Mutex<Vec<Value>>,
) -> Result<Verdict, AuthenticateError> {
    let input = input(vectors, row);
    let secrets = (input.secret_key.clone(), input.machine_secret_key.clone());
    let options = Options::new(input)?;
    let request = &row["request"];
    let mut headers = headers(&request["headers"]);
    if request["cookies"]
        .as_object()
        .is_some_and(|cookies| !cookies.is_empty())
    {
        headers.insert(
            "cookie",
            HeaderValue::from_str(&cookie_header(&request["cookies"])).unwrap(),
        );
    }
    let method: Method = text(request, "method").parse().unwrap();
    let url: Url = text(request, "url").parse().unwrap();
    let view = RequestView {
        method: &method,
        url: &url,
        headers: &headers,
    };
    let mut authentication = Authentication::new(view, &options, keys);
    let steps = Cell::new(0);
    loop {
        steps.set(steps.get() + 1);
        assert!(steps.get() < 10, "the decision never ends");
        // Only the last evaluation counts: it goes through the whole decision.
        *keys.fetches.lock().unwrap() = 0;
        match authentication.step(now_ms(row))? {
            Step::Done(verdict) => return Ok(*verdict),
            Step::Needs(Effect::Key { key_id }) => panic!("the key {key_id} was already offered"),
            Step::Needs(Effect::Backend(call)) => {
                calls.lock().unwrap().push(wire(&call, &secrets));
                let reply = reply(&row["bapi"], &call);
                authentication.resume(Effect::Backend(call), Answer::Backend(reply));
            }
        }
    }
}

fn input(vectors: &Vectors, row: &Value) -> OptionsInput {
    let options = &row["options"];
    let option = |name: &str| options[name].as_str().map(str::to_owned);
    let secret = |value: &Value| value.as_str().and_then(SecretKey::new);
    let jwt_key = options["jwtKey"].as_str();
    OptionsInput {
        publishable_key: vectors.publishable_key(&row["publishable_key"]),
        secret_key: secret(&row["secret_key"]),
        machine_secret_key: secret(&options["machineSecretKey"]),
        jwt_key: jwt_key.map(|pem| {
            std::sync::Arc::new(
                leptos_clerk_convex::server::VerificationKey::from_pem(pem).unwrap(),
            )
        }),
        rules: rules(options),
        accepts: options
            .get("acceptsToken")
            .map(protect::accepted)
            .unwrap_or_default(),
        proxy_url: option("proxyUrl"),
        domain: option("domain"),
        is_satellite: options["isSatellite"] == json!(true),
        satellite_auto_sync: options["satelliteAutoSync"] == json!(true),
        sign_in_url: option("signInUrl"),
        organization_sync: options
            .get("organizationSyncOptions")
            .and_then(organization::sync),
        has_backend: row["api_client"] != json!(false),
        ..OptionsInput::default()
    }
}

/// The order of a row's cookies does not survive reading it.
fn with_sorted_cookies(mut calls: Value) -> Value {
    for call in calls.as_array_mut().into_iter().flatten() {
        if let Some(cookie) = call.pointer_mut("/body/request_headers/cookie/0") {
            let mut pairs: Vec<_> = cookie
                .as_str()
                .unwrap()
                .split("; ")
                .map(str::to_owned)
                .collect();
            pairs.sort();
            *cookie = json!(pairs);
        }
    }
    calls
}

/// A call as it goes over the wire.
fn wire(call: &BackendCall, (secret, machine): &(Option<SecretKey>, Option<SecretKey>)) -> Value {
    let key = match call.key {
        BackendKey::Machine => machine.as_ref().or(secret.as_ref()),
        BackendKey::Secret => secret.as_ref(),
    };
    let mut url: Url = format!("{API}{}", call.path).parse().unwrap();
    if !call.query.is_empty() {
        url.query_pairs_mut().extend_pairs(&call.query);
    }
    let mut wire = json!({
        "method": call.method.as_str(),
        "url": url.as_str(),
        "headers": {
            "authorization": format!("Bearer {}", key.map(SecretKey::as_secret_str).unwrap_or_default()),
            "clerk-api-version": "2026-05-12",
            "content-type": "application/json",
        },
    });
    if let Some(body) = &call.body {
        wire["body"] = body.clone();
    }
    wire
}

fn reply(bapi: &Value, call: &BackendCall) -> BackendReply {
    let name = if call.path.ends_with("/refresh") {
        "refresh"
    } else if call.path.ends_with("/handshake_payload") {
        "handshake_payload"
    } else {
        "machine"
    };
    match bapi[name]["status"].as_u64() {
        Some(status) => BackendReply {
            status: u16::try_from(status).ok(),
            body: bapi[name]["body"].clone(),
        },
        None => BackendReply::unreachable(),
    }
}

fn check_verdict(expect: &Value, verdict: &Verdict) -> Result<(), String> {
    let (status, signed_out) = match &verdict.outcome {
        Outcome::SignedIn(_) => ("signed-in", None),
        Outcome::SignedOut(signed_out) => ("signed-out", Some(signed_out)),
        Outcome::Handshake(signed_out) => ("handshake", Some(signed_out)),
    };
    let reason = signed_out.map(|signed_out| signed_out.reason.as_str().into_owned());
    let field = |name: &str| expect.get(name).cloned().unwrap_or(Value::Null);
    same("reason", &field("reason"), &json!(reason))?;
    same("status", &field("status"), &json!(status))?;
    same(
        "token_type",
        expect.get("token_type").unwrap_or(&json!("session_token")),
        &json!(token_type(verdict)),
    )?;
    same(
        "location",
        &field("location"),
        &verdict.location.as_deref().map_or(Value::Null, location),
    )?;
    same(
        "set_cookie",
        expect.get("set_cookie").unwrap_or(&json!([])),
        &json!(verdict.set_cookies),
    )?;
    same(
        "cache_control",
        &field("cache_control"),
        &json!(verdict.no_store.then_some("no-store")),
    )?;
    same("other_headers", &field("other_headers"), &Value::Null)?;
    check_debug_headers(expect, verdict, status, reason.as_deref())?;
    check_credential(expect, verdict)
}

fn token_type(verdict: &Verdict) -> Option<&'static str> {
    let kind = match &verdict.outcome {
        Outcome::SignedIn(Credential::Session { .. }) => Some(TokenType::Session),
        Outcome::SignedIn(Credential::Machine { machine, .. }) => Some(machine.token_type()),
        Outcome::SignedOut(signed_out) | Outcome::Handshake(signed_out) => signed_out.token_type,
    };
    kind.map(TokenType::as_str)
}

fn location(location: &str) -> Value {
    let url: Url = location.parse().unwrap();
    let query: Vec<_> = url
        .query_pairs()
        .into_owned()
        .map(|(name, value)| json!([name, value]))
        .collect();
    let mut base = url.clone();
    base.set_query(None);
    json!({"base": base.as_str(), "query": query})
}

/// `=` stands for the value of the field of that name.
fn check_debug_headers(
    expect: &Value,
    verdict: &Verdict,
    status: &str,
    reason: Option<&str>,
) -> Result<(), String> {
    let actual: Map<String, Value> = verdict
        .debug_headers()
        .into_iter()
        .map(|(name, value)| {
            (
                name.trim_start_matches("x-clerk-auth-").to_owned(),
                json!(value),
            )
        })
        .collect();
    let expected = expect["debug_headers"].as_object();
    let names = |object: &Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
    same(
        "debug_headers",
        &json!(expected.map(names).unwrap_or_default()),
        &json!(names(&actual)),
    )?;
    if let Some(expected) = expected {
        for (name, value) in expected {
            same(&format!("debug_headers.{name}"), value, &json!("="))?;
        }
        same("x-clerk-auth-status", &json!(status), &actual["status"])?;
        same("x-clerk-auth-reason", &json!(reason), &actual["reason"])?;
    }
    let message = actual
        .get("message")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match expect.get("message_tail").and_then(Value::as_str) {
        None if message.is_empty() => Ok(()),
        Some(tail) if !message.is_empty() && message.ends_with(tail) => Ok(()),
        tail => Err(format!(
            "message: expected the end {tail:?}, got {message:?}"
        )),
    }
}

fn check_credential(expect: &Value, verdict: &Verdict) -> Result<(), String> {
    let field = |name: &str| expect.get(name).cloned().unwrap_or(Value::Null);
    let (token, auth) = match &verdict.outcome {
        Outcome::Handshake(_) => (None, Value::Null),
        Outcome::SignedOut(_) => (None, json!({"isAuthenticated": false})),
        Outcome::SignedIn(Credential::Machine { token, machine }) => {
            (Some(token), machine_auth(machine))
        }
        Outcome::SignedIn(Credential::Session { token, session }) => {
            if matches!(session.identity, Err(ClaimsError::MalformedFeatures)) {
                same(
                    "to_auth_throws",
                    &field("to_auth_throws"),
                    &json!("fea-element-without-colon"),
                )?;
                return same("token", &field("token"), &json!(token.as_secret_str()));
            }
            (Some(token), session_auth(session))
        }
    };
    same("to_auth_throws", &field("to_auth_throws"), &Value::Null)?;
    same(
        "token",
        &field("token"),
        &json!(token.map(|token| token.as_secret_str())),
    )?;
    same("auth", &without_nulls(field("auth")), &without_nulls(auth))
}
