//! Single calls and batches, against recorded and against broken answers.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::deployment::{Asked, Deployment};
use crate::{
    config::SecretKey,
    convex::{
        Action, AuthToken, Mutation, Query, RefusalReason,
        preload::QueryBatch,
        server::{
            FetchError, FetchOptions, fetch_action, fetch_mutation, fetch_query, preload_batch,
            preload_query,
        },
        tests::samples,
        values::Int64,
    },
};

const LIST: Query<Value, Value> = Query::new("messages:list");
const SEND: Mutation<Value, Value> = Mutation::new("messages:send");
const RUN: Action<Value, ()> = Action::new("tools:run");

/// A recorded exchange, and a deployment that answers as recorded.
async fn recorded(name: &str) -> (Value, Deployment) {
    let traces = samples("http_traces");
    let trace = traces
        .as_array()
        .unwrap()
        .iter()
        .find(|trace| trace["name"] == name)
        .unwrap()
        .clone();
    let status = trace["response"]["status"].as_u64().unwrap();
    let body = trace["response"]["body"].to_string();
    let deployment = Deployment::always(u16::try_from(status).unwrap(), &body).await;
    (trace["request"].clone(), deployment)
}

fn assert_asked(deployment: &Deployment, request: &Value) {
    let asked = deployment.asked();
    let [asked] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(asked.route, request["url"]);
    for name in ["Content-Type", "Convex-Client"] {
        assert_eq!(asked.header(name), request["headers"][name].as_str());
    }
    assert_eq!(
        asked.header("authorization").map(decoded),
        request["headers"]["Authorization"].as_str().map(decoded)
    );
    assert_eq!(asked.body, request["body"]);
}

/// An authorization whose JSON is compared as such, whatever the order of its fields.
fn decoded(header: &str) -> (String, Value) {
    let decode = |text: &str| serde_json::from_slice(&STANDARD.decode(text).ok()?).ok();
    match header.split_once(':') {
        Some((key, identity)) => (key.to_owned(), decode(identity).unwrap()),
        None => (header.to_owned(), Value::Null),
    }
}

fn at(deployment: &Deployment) -> FetchOptions {
    FetchOptions::anonymous().url(&deployment.url)
}

fn with_token(deployment: &Deployment) -> FetchOptions {
    FetchOptions::token(AuthToken::new("JWT")).url(&deployment.url)
}

#[tokio::test]
async fn a_query_is_asked_and_answered_as_recorded() {
    #[derive(Serialize)]
    struct Arguments {
        n: Int64,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Answer(u32, Int64);
    const LIST: Query<Arguments, Answer> = Query::new("messages.js:list");

    let (request, deployment) = recorded("query").await;
    let answer = fetch_query(LIST, &Arguments { n: Int64(5) }, at(&deployment)).await;
    assert_eq!(answer.unwrap(), Answer(1, Int64(5)));
    assert_asked(&deployment, &request);
}

#[tokio::test]
async fn a_failed_mutation_says_what_the_function_threw() {
    for (name, reason, data) in [
        ("mutation-error", "convex-error", Some(json!({ "code": 1 }))),
        ("mutation-error-560", "function-failed", None),
    ] {
        let (request, deployment) = recorded(name).await;
        let error = fetch_mutation(SEND, &json!({ "body": "a" }), with_token(&deployment))
            .await
            .unwrap_err();
        assert_eq!(error.reason(), reason, "{name}");
        let FetchError::Function(error) = error else {
            panic!("{error}")
        };
        assert_eq!(error.data_as::<Value>(), data, "{name}");
        assert_eq!(error.message, "[Request ID: 0123456789abcdef] Server Error");
        assert_asked(&deployment, &request);
    }
}

#[tokio::test]
async fn an_action_and_an_acting_administrator_are_as_recorded() {
    let (request, deployment) = recorded("action").await;
    fetch_action(RUN, &json!({}), with_token(&deployment))
        .await
        .unwrap();
    assert_asked(&deployment, &request);

    let (request, deployment) = recorded("admin-acting-as").await;
    let key = SecretKey::new("ADMINKEY").unwrap();
    let identity = json!({ "tokenIdentifier": "x|y", "subject": "y", "issuer": "x" });
    let options = FetchOptions::acting_as(key, identity).url(&deployment.url);
    assert!(!format!("{options:?}").contains("ADMINKEY"));
    fetch_query(LIST, &json!({}), options).await.unwrap();
    assert_asked(&deployment, &request);
}

#[tokio::test]
async fn a_refused_token_comes_with_the_deployments_text() {
    let (request, deployment) = recorded("auth-error-401").await;
    let error = fetch_query(LIST, &json!({}), with_token(&deployment))
        .await
        .unwrap_err();
    assert_asked(&deployment, &request);
    assert_eq!(
        (error.reason(), error.status().as_u16()),
        ("convex-refused", 401)
    );
    assert!(error.to_string().contains("token rejected (text is ours)"));

    for (status, code, reason) in [
        (401, "TokenExpired", RefusalReason::Expired),
        (401, "NoAuthProvider", RefusalReason::NoMatchingProvider),
        (401, "Unauthenticated", RefusalReason::Rejected),
        (
            400,
            "AuthProviderDiscoveryFailed",
            RefusalReason::KeysUnavailable,
        ),
    ] {
        let body = json!({ "code": code, "message": "the provider" }).to_string();
        let deployment = Deployment::always(status, &body).await;
        let error = fetch_query(LIST, &json!({}), with_token(&deployment)).await;
        let Err(FetchError::Unauthenticated(refusal)) = error else {
            panic!("{error:?}")
        };
        assert_eq!(refusal.reason, reason);
        assert!(!format!("{refusal:?}").contains("JWT"));
    }
}

#[tokio::test]
async fn an_error_that_carries_null_is_told_from_one_that_carries_nothing() {
    let body = r#"{"status":"error","errorMessage":"no","errorData":null}"#;
    let deployment = Deployment::always(200, body).await;
    let error = fetch_query(LIST, &json!({}), at(&deployment))
        .await
        .unwrap_err();
    assert_eq!(error.reason(), "convex-error");
}

#[tokio::test]
async fn answers_that_are_none_are_named() {
    for (status, body, reason) in [
        (200, "<html>a proxy</html>", "bad-answer"),
        (200, "", "bad-answer"),
        (200, "[]", "bad-answer"),
        (200, "{}", "bad-answer"),
        (200, r#"{"status":"success"}"#, "bad-answer"),
        (200, r#"{"status":"error"}"#, "bad-answer"),
        (200, r#"{"status":"pending","value":1}"#, "bad-answer"),
        (200, r#"{"status":"success","value":1"#, "bad-answer"),
        (204, "", "bad-answer"),
        (307, "", "bad-answer"),
        (401, "Unauthorized", "bad-answer"),
        (502, "<html>bad gateway</html>", "bad-answer"),
        (
            400,
            r#"{"code":"BadJsonBody","message":"no"}"#,
            "call-refused",
        ),
        (
            403,
            r#"{"code":"Forbidden","message":"no"}"#,
            "call-refused",
        ),
        (
            503,
            r#"{"code":"Overloaded","message":"no"}"#,
            "call-refused",
        ),
    ] {
        let deployment = Deployment::always(status, body).await;
        let error = fetch_query(LIST, &json!({}), with_token(&deployment))
            .await
            .unwrap_err();
        assert_eq!(error.reason(), reason, "{status} {body}");
        assert!(!error.action().is_empty());
        assert!(error.status().is_server_error(), "{status} {body}");
        assert_eq!(deployment.asked().len(), 1, "no redirect is followed");
    }
}

#[tokio::test]
async fn a_value_of_another_shape_and_arguments_that_are_none_are_errors() {
    const COUNT: Query<Value, u32> = Query::new("messages:count");
    let deployment = Deployment::always(200, r#"{"status":"success","value":"three"}"#).await;
    let error = fetch_query(COUNT, &json!({}), at(&deployment)).await;
    assert_eq!(error.unwrap_err().reason(), "value");
    let error = fetch_query(COUNT, &json!([1]), at(&deployment)).await;
    assert_eq!(error.unwrap_err().reason(), "value");
    assert_eq!(deployment.asked().len(), 1, "nothing was sent");
}

#[tokio::test]
async fn a_deployment_that_is_not_there_is_told_from_one_that_does_not_answer() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It accepts, because the system does, and says nothing.
    let options = FetchOptions::anonymous()
        .url(&url)
        .timeout(Duration::from_millis(50));
    let error = fetch_mutation(SEND, &json!({}), options.clone()).await;
    assert_eq!(error.unwrap_err().reason(), "no-answer");
    drop(listener);
    let error = fetch_mutation(SEND, &json!({}), options).await.unwrap_err();
    assert_eq!(error.reason(), "deployment-unreachable");
    assert!(error.to_string().contains(&url), "{error}");
}

#[tokio::test]
async fn only_addresses_of_deployments_are_called() {
    for address in [
        "",
        "happy-animal-123.convex.cloud",
        "ftp://127.0.0.1",
        "https://happy-animal-123.convex.site",
        "https://key:secret@127.0.0.1:1",
    ] {
        let options = FetchOptions::anonymous().url(address);
        let error = fetch_query(LIST, &json!({}), options).await.unwrap_err();
        assert_eq!(error.reason(), "address-invalid", "{address}");
        assert!(!error.to_string().contains("secret"));
    }
    let options = FetchOptions::token(AuthToken::new("two\nlines")).url("http://127.0.0.1:1");
    let error = fetch_query(LIST, &json!({}), options).await.unwrap_err();
    assert_eq!(error.reason(), "convex-refused");
}

#[tokio::test]
async fn without_a_request_only_an_explicit_caller_will_do() {
    let error = fetch_query(LIST, &json!({}), FetchOptions::default()).await;
    assert_eq!(error.unwrap_err().reason(), "no-request");
}

#[tokio::test]
async fn a_preloaded_query_is_the_official_payload() {
    let deployment = Deployment::always(200, r#"{"status":"success","value":{"n":1.0}}"#).await;
    let preloaded = preload_query(LIST, &json!({ "a": 1.0 }), at(&deployment))
        .await
        .unwrap();
    assert_eq!(
        serde_json::to_value(&preloaded).unwrap(),
        json!({ "_name": "messages:list", "_argsJSON": { "a": 1 }, "_valueJSON": { "n": 1 } })
    );
    assert_eq!(deployment.asked()[0].route, "/api/query");
}

fn pinned(asked: &Asked) -> (u16, String) {
    match (asked.route.as_str(), asked.body["path"].as_str()) {
        ("/api/query_ts", _) => (200, json!({ "ts": "6AMAAAAAAAA=" }).to_string()),
        (_, Some("broken:query")) => (
            200,
            json!({ "status": "error", "errorMessage": "no" }).to_string(),
        ),
        (_, path) => (
            200,
            json!({ "status": "success", "value": path }).to_string(),
        ),
    }
}

#[tokio::test]
async fn a_batch_is_asked_at_one_time_and_a_failure_is_that_querys_own() {
    const BROKEN: Query<Value, Value> = Query::new("broken:query");
    const COUNT: Query<(), Value> = Query::new("messages:count");
    let deployment = Deployment::answering(pinned).await;
    let batch = QueryBatch::new()
        .query(LIST, &json!({}))
        .query(BROKEN, &json!({}))
        .query(LIST, &json!("no object"))
        .query(COUNT, &());
    let answers = preload_batch(&batch, with_token(&deployment))
        .await
        .unwrap();
    let described: Vec<_> = answers
        .iter()
        .map(|answer| match answer {
            Ok(preloaded) => preloaded.value.decode::<String>().unwrap(),
            Err(error) => error.reason().to_owned(),
        })
        .collect();
    assert_eq!(
        described,
        [
            "messages:list",
            "function-failed",
            "value",
            "messages:count"
        ]
    );
    let asked = deployment.asked();
    assert_eq!(asked.len(), 4);
    assert_eq!(asked[0].route, "/api/query_ts");
    assert_eq!(asked[0].header("authorization"), None);
    for asked in &asked[1..] {
        assert_eq!(asked.route, "/api/query_at_ts");
        assert_eq!(asked.body["ts"], "6AMAAAAAAAA=");
        assert_eq!(asked.header("authorization"), Some("Bearer JWT"));
    }
}

#[tokio::test]
async fn a_batch_of_one_needs_no_time_and_one_of_none_no_deployment() {
    let deployment = Deployment::answering(pinned).await;
    let batch = QueryBatch::new().query(LIST, &json!({}));
    preload_batch(&batch, at(&deployment)).await.unwrap();
    assert_eq!(deployment.asked().len(), 1);
    let nothing = preload_batch(&QueryBatch::new(), at(&deployment)).await;
    assert!(nothing.unwrap().is_empty());
    let broken = Deployment::always(200, "{}").await;
    let batch = batch.query(LIST, &json!({}));
    let error = preload_batch(&batch, at(&broken)).await;
    assert_eq!(error.unwrap_err().reason(), "bad-answer");
}
