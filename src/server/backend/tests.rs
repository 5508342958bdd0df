#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use axum::Router;
use axum::extract::Request;
use http::{Method, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::config::{Configuration, PublicConfiguration, PublishableKey, SecretKey};
use crate::server::Token;

async fn client(router: Router) -> BackendClient {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let api_url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let public = PublicConfiguration::new(
        PublishableKey::parse("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap(),
    );
    let mut configuration = Configuration::new(public, SecretKey::new("sk_live_x").unwrap());
    configuration.api_url = api_url;
    BackendClient::new(&configuration).unwrap()
}

fn answering(status: u16, body: Value) -> Router {
    let status = StatusCode::from_u16(status).unwrap();
    Router::new().fallback(move || async move { (status, axum::Json(body)) })
}

#[tokio::test]
async fn private_metadata_is_read_and_never_written() {
    let user = json!({
        "id": "user_1", "first_name": "Ada", "last_name": null, "primary_email_address_id": "idn_1",
        "email_addresses": [{ "id": "idn_1", "email_address": "ada@example.com", "verification": null }],
        "public_metadata": { "a": 1 }, "private_metadata": { "ssn": "123" }, "field_of_tomorrow": 1,
    });
    let user = client(answering(200, user))
        .await
        .user("user_1")
        .await
        .unwrap();
    assert_eq!(user.private_metadata["ssn"], "123");
    assert_eq!(user.full_name().as_deref(), Some("Ada"));
    assert_eq!(
        user.primary_email_address().unwrap().email_address,
        "ada@example.com"
    );
    let written = serde_json::to_string(&user).unwrap();
    assert!(!written.contains("private_metadata") && !written.contains("123"));
}

#[tokio::test]
async fn lists_are_read_bare_and_paged() {
    let bare = client(answering(200, json!([{ "id": "user_1" }]))).await;
    assert_eq!(
        bare.users(UserQuery::default()).await.unwrap().data[0].id,
        "user_1"
    );
    let paged = client(answering(
        200,
        json!({ "data": [{ "role": "org:admin" }], "total_count": 7 }),
    ))
    .await;
    let page = paged
        .organization_memberships("org_1", None, None)
        .await
        .unwrap();
    assert_eq!(
        (page.total_count, page.data[0].role.as_str()),
        (7, "org:admin")
    );
}

#[tokio::test]
async fn an_id_stays_one_segment() {
    let echo = Router::new()
        .fallback(|request: Request| async move { axum::Json(json!([request.uri().to_string()])) });
    let client = client(echo).await;
    let uri = |answer: Value| answer[0].as_str().unwrap().to_owned();
    let answer = client
        .send(BackendRequest::new(Method::GET, ["users", "a/b?c#d e%20"]))
        .await
        .unwrap();
    assert_eq!(uri(answer), "/v1/users/a%2Fb%3Fc%23d%20e%2520");
    let request = BackendRequest::new(Method::GET, ["users"])
        .query("a", Some("b&c"))
        .query("d", None::<u32>);
    assert_eq!(
        uri(client.send(request).await.unwrap()),
        "/v1/users?a=b%26c"
    );
    for id in ["..", "x/..", "%2e%2e", "%252e", "..\\x"] {
        let refused = client
            .send(BackendRequest::new(Method::GET, ["users", id]))
            .await;
        assert_eq!(refused, Err(BackendError::DotSegment(DotSegment)), "{id}");
    }
}

#[tokio::test]
async fn no_error_repeats_a_secret() {
    let body = json!({ "object": "token", "jwt": { "not": "eyJhbGciOi.J9.x" } });
    let error = client(answering(200, body))
        .await
        .session_token("sess_1", None, None)
        .await
        .unwrap_err();
    assert_eq!(error.reason(), "backend-unexpected-answer");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("eyJ"), "{shown}");
    let client = client(answering(200, json!({ "jwt": "eyJhbGciOi.J9.x" }))).await;
    let token = client
        .session_token("sess_1", Some(""), None)
        .await
        .unwrap();
    assert_eq!(token.as_secret_str(), "eyJhbGciOi.J9.x");
    let shown = format!(
        "{client:?} {token:?} {:?}",
        BackendRequest::new(Method::POST, ["x"]).body(json!("eyJ"))
    );
    assert!(
        !shown.contains("eyJ") && !shown.contains("sk_live"),
        "{shown}"
    );
}

#[tokio::test]
async fn refusals_without_clerks_form_are_refusals() {
    let client =
        client(Router::new().fallback(|| async { (StatusCode::BAD_GATEWAY, "<html>") })).await;
    let error = client
        .verify_api_key(&Token::new("ak_x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.status(), error.code(), error.reason()),
        (Some(502), None, "backend-refused")
    );
}

proptest! {
    #[test]
    fn a_joined_path_never_climbs(parts in proptest::collection::vec("[a.%2e5/\\\\]{0,12}", 0..4)) {
        if let Ok(path) = join_paths(&parts) {
            let decoded = percent_encoding::percent_decode_str(&path).decode_utf8_lossy().into_owned();
            prop_assert!(!decoded.split(['/', '\\']).any(|segment| segment == ".."));
        }
    }
}
