//! The Backend API on the wire: the client calls a server that writes down what arrives and replies as recorded.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use leptos_clerk_convex::config::{Configuration, PublicConfiguration, PublishableKey, SecretKey};
use leptos_clerk_convex::server::Token;
use leptos_clerk_convex::server::backend::{
    BackendClient, BackendError, BackendRequest, MetadataUpdate, NewMachineToken, Session,
    UserUpdate,
};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use url::Url;

use super::{Section, same, text};
use crate::vectors::Vectors;

/// The Backend API's address in the file.
const RECORDED: &str = "https://api.clerk.test";

pub fn section() -> Section {
    Section::new(
        "backend_api_wire",
        &[
            ("", &["id", "request", "reply", "result"]),
            ("request", &["method", "url", "headers", "body"]),
            ("reply", &["status", "body", "headers", "networkError"]),
            ("result", &["ok", "error"]),
            (
                "result.error",
                &[
                    "status",
                    "errors",
                    "clerkTraceId",
                    "retryAfter",
                    "message",
                    "code",
                ],
            ),
        ],
        check,
    )
}

fn check(_: &Vectors, row: &Value, _: &[Value]) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(run(row))
}

async fn run(row: &Value) -> Result<(), String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(|error| error.to_string())?;
    let address = format!(
        "http://{}",
        listener.local_addr().map_err(|error| error.to_string())?
    );
    let arrived = Arc::new(Mutex::new(None));
    if row["reply"].get("networkError").is_some() {
        // Nobody listens.
        drop(listener);
    } else {
        let (arrived, reply) = (Arc::clone(&arrived), row["reply"].clone());
        let router = Router::new().fallback(move |request: Request| {
            let (arrived, reply) = (Arc::clone(&arrived), reply.clone());
            async move { answer(request, &arrived, &reply).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
    }
    let result = call(&client(&address, &row["request"]), row).await;
    let arrived = arrived.lock().unwrap().take();
    if row["reply"].get("networkError").is_none() {
        check_request(&row["request"], arrived.as_ref())?;
    }
    check_result(row, result)
}

/// Whatever key the recorded request has is the one that is configured.
fn client(address: &str, request: &Value) -> BackendClient {
    let public = PublicConfiguration::new(
        PublishableKey::parse("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap(),
    );
    let mut configuration = Configuration::new(public, SecretKey::new("sk_test_x").unwrap());
    configuration.api_url = address.to_owned();
    let key = request["headers"]["authorization"]
        .as_str()
        .and_then(|value| value.strip_prefix("Bearer "));
    configuration.machine_secret_key = key
        .filter(|key| key.starts_with("ak_"))
        .and_then(SecretKey::new);
    BackendClient::new(&configuration).unwrap()
}

async fn answer(request: Request, arrived: &Mutex<Option<Value>>, reply: &Value) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default();
    let mut seen = json!({
        "method": parts.method.as_str(),
        "url": format!("{RECORDED}{}", parts.uri),
        "headers": Value::Object(parts.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), json!(value.to_str().unwrap_or_default()))
        }).collect()),
    });
    if !body.is_empty() {
        seen["body"] = serde_json::from_slice(&body).unwrap_or_default();
    }
    *arrived.lock().unwrap() = Some(seen);
    let status = StatusCode::from_u16(reply["status"].as_u64().unwrap_or(200) as u16).unwrap();
    let mut response = match reply.get("body") {
        Some(body) => (status, axum::Json(body.clone())).into_response(),
        None => status.into_response(),
    };
    for (name, value) in reply["headers"].as_object().into_iter().flatten() {
        let name: HeaderName = name.parse().unwrap();
        response.headers_mut().insert(
            name,
            HeaderValue::from_str(value.as_str().unwrap()).unwrap(),
        );
    }
    response
}

/// Headers that the HTTP client adds for itself do not count, and the user agent names this library.
fn check_request(expected: &Value, arrived: Option<&Value>) -> Result<(), String> {
    let Some(arrived) = arrived else {
        return same("request", expected, &Value::Null);
    };
    for field in ["method", "url"] {
        same(field, &expected[field], &arrived[field])?;
    }
    same("body", &expected["body"], &arrived["body"])?;
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        let actual = &arrived["headers"][name];
        match name.as_str() {
            "user-agent"
                if actual
                    .as_str()
                    .is_some_and(|agent| agent.starts_with("leptos-clerk-convex@")) => {}
            // There is no keyless mode here: without keys the server does not start. The rest of the row holds for any call.
            "clerk-framework" => {}
            _ => same(name, value, actual)?,
        }
    }
    Ok(())
}

/// Makes the call that the row records: by the client's own method where the row is known, else by method and path.
async fn call(client: &BackendClient, row: &Value) -> Result<Value, BackendError> {
    let body = &row["request"]["body"];
    let session = "sess_1";
    let token = |token: Token| json!({ "jwt": token.as_secret_str() });
    let seconds = body["expires_in_seconds"].as_u64();
    match text(row, "id") {
        "token" | "token-expires" => client
            .session_token(session, None, seconds)
            .await
            .map(token),
        "token-template" | "token-template-expires" => client
            .session_token(session, Some("convex"), seconds)
            .await
            .map(token),
        "token-template-traversal" => client
            .session_token(session, Some("%2e%2e/users"), None)
            .await
            .map(token),
        "token-error" => client
            .session_token(session, Some("nope"), None)
            .await
            .map(token),
        "rate-limited" | "network-error" => client
            .session_token(session, Some("x"), None)
            .await
            .map(token),
        "user-get" => client.user("user_1").await.map(|user| json!(user)),
        "user-metadata" => {
            let metadata = MetadataUpdate {
                public_metadata: body["public_metadata"].as_object().cloned(),
                ..Default::default()
            };
            client
                .merge_user_metadata("user_1", metadata)
                .await
                .map(|user| json!(user))
        }
        "user-memberships" => client
            .user_memberships("user_1", Some(5), Some(0))
            .await
            .map(|page| json!(page.data)),
        "session-revoke" => client
            .revoke_session(session)
            .await
            .map(|session: Session| json!(session)),
        "jwks" => client.jwks().await,
        "handshake-payload" => client
            .handshake_payload("n 1")
            .await
            .map(|directives| json!({ "directives": directives })),
        "m2m-create" => {
            let new = NewMachineToken {
                seconds_until_expiration: Some(60),
                ..Default::default()
            };
            client.create_machine_token(new).await.map(|made| {
                json!({
                    "id": made.id, "subject": made.subject, "scopes": made.scopes, "claims": made.claims,
                    "revoked": made.revoked, "revocation_reason": made.revocation_reason, "expired": made.expired,
                    "expiration": made.expiration, "created_at": made.created_at, "updated_at": made.updated_at,
                    "token": made.token.map(|token| token.as_secret_str().to_owned()),
                })
            })
        }
        "delete-204" => client.delete_user("user_1").await.map(|()| Value::Null),
        "user-update" if body.get("first_name").is_some() => {
            let update = UserUpdate {
                first_name: body["first_name"].as_str().map(str::to_owned),
                ..Default::default()
            };
            client
                .update_user("user_1", &update)
                .await
                .map(|user| json!(user))
        }
        _ => client.send(generic(&row["request"])).await,
    }
}

fn generic(request: &Value) -> BackendRequest {
    let url: Url = text(request, "url").parse().unwrap();
    let method: Method = text(request, "method").parse().unwrap();
    let segments: Vec<String> = url
        .path_segments()
        .into_iter()
        .flatten()
        .map(|segment| {
            percent_encoding::percent_decode_str(segment)
                .decode_utf8_lossy()
                .into_owned()
        })
        .collect();
    let mut call = BackendRequest::unversioned(method, segments.iter().map(String::as_str));
    for (name, value) in url.query_pairs() {
        call = call.query(&name, Some(value));
    }
    match request.get("body") {
        Some(body) => call.body(body.clone()),
        None => call,
    }
}

fn check_result(row: &Value, result: Result<Value, BackendError>) -> Result<(), String> {
    let Some(expected) = row.get("result") else {
        return result.map(drop).map_err(|error| format!("{error:?}"));
    };
    match (expected.get("ok"), result) {
        (Some(expected), Ok(actual)) => {
            let actual = camel_case(&actual);
            let Some(fields) = expected.as_object() else {
                return same("result", expected, &actual);
            };
            for (name, value) in fields {
                same(name, value, &actual[name])?;
            }
            Ok(())
        }
        (None, Err(error)) => same(
            "error",
            &without_texts(&expected["error"]),
            &error_fields(&error),
        ),
        (_, actual) => Err(format!("expected {expected}, got {actual:?}")),
    }
}

/// Without texts that Clerk does not write, such as those of the network.
fn without_texts(error: &Value) -> Value {
    let mut error = error.as_object().cloned().unwrap_or_default();
    error.remove("message");
    if error.get("clerkTraceId") == Some(&json!("")) {
        error.remove("clerkTraceId");
    }
    if error.get("status").is_none() {
        let code = error
            .remove("errors")
            .map(|errors| errors[0]["code"].clone());
        if let Some(code) = code {
            error.insert("code".to_owned(), code);
        }
    }
    Value::Object(error)
}

fn error_fields(error: &BackendError) -> Value {
    let BackendError::Refused {
        status,
        errors,
        trace_id,
        retry_after,
        ..
    } = error
    else {
        return json!({ "code": error.code().unwrap_or(match error {
            BackendError::DotSegment(_) => "dot-path-segment",
            other => other.reason(),
        }) });
    };
    let errors: Vec<_> = errors
        .iter()
        .map(|error| {
            let mut fields =
                json!({ "code": error.code, "message": error.message, "meta": error.meta });
            if let Some(long_message) = &error.long_message {
                fields["long_message"] = json!(long_message);
            }
            camel_case(&fields)
        })
        .collect();
    let mut fields = json!({ "status": status, "errors": errors });
    if let Some(trace_id) = trace_id {
        fields["clerkTraceId"] = json!(trace_id);
    }
    if let Some(retry_after) = retry_after {
        fields["retryAfter"] = json!(retry_after.as_secs());
    }
    fields
}

fn camel_case(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(camel_case).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| (camel(name), camel_case(value)))
                .collect::<Map<_, _>>(),
        ),
        other => other.clone(),
    }
}

fn camel(name: &str) -> String {
    let mut camel = String::new();
    let mut upper = false;
    for character in name.chars() {
        if character == '_' {
            upper = true;
        } else if upper {
            camel.extend(character.to_uppercase());
            upper = false;
        } else {
            camel.push(character);
        }
    }
    camel
}
