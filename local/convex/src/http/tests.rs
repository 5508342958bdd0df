#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use axum::body::{Body, Bytes, to_bytes};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, StatusCode, header};
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use super::*;
use crate::sync::scripted::{Person, Scripted};
use crate::sync::{Backend, FunctionFailure, JsonText, Snapshot, SystemError};

impl Site for Scripted {
    fn instance_name(&self) -> &str {
        "local-test"
    }

    async fn http_action(&self, request: ActionRequest<Person>) -> Result<Response, SiteError> {
        match request.parts.uri.path() {
            "/echo" => Ok((
                [("x-name", request.identity.name.unwrap_or_default())],
                format!("{} {} {}", request.parts.method, request.parts.uri, request.body.len()),
            )
                .into_response()),
            "/fails" => Err(FunctionFailure {
                message: "[Request ID: 0123456789abcdef] Server Error\nUncaught Error: x\n    at f (../convex/http.ts:1:2)".to_owned(),
                data: Some(JsonText("7".into())),
            }
            .into()),
            _ => Err(SiteError::NoRoute),
        }
    }
}

/// One file of ten bytes.
struct OneFile;

impl Files for OneFile {
    async fn upload(&self, upload: Upload) -> Result<String, UploadError> {
        if upload.token != "good" {
            return Err(UploadError::Token);
        }
        let body = to_bytes(upload.body, 100)
            .await
            .map_err(|error| UploadError::Body(error.to_string()))?;
        match upload.sha256 {
            Some(digest) if digest.len() != 32 => Err(UploadError::Digest),
            _ => Ok(format!(
                "{}:{}",
                upload.content_type.unwrap_or_default(),
                body.len()
            )),
        }
    }

    async fn find(&self, uuid: &str) -> Result<Option<StoredFile>, SystemError> {
        let length = match uuid {
            "digits" => 10,
            "empty" => 0,
            _ => return Ok(None),
        };
        Ok(Some(StoredFile {
            content_type: Some("text/plain".to_owned()),
            length,
        }))
    }

    async fn read(
        &self,
        _: &str,
        range: Option<std::ops::RangeInclusive<u64>>,
    ) -> Result<Body, SystemError> {
        Ok(range.map_or_else(Body::empty, |range| {
            Body::from("0123456789"[*range.start() as usize..=*range.end() as usize].to_owned())
        }))
    }
}

fn app() -> Router {
    deployment(&Scripted::new(), Arc::new(OneFile), Settings::default())
}

async fn send(app: &Router, request: Request<Body>) -> (StatusCode, http::HeaderMap, Bytes) {
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    (
        parts.status,
        parts.headers,
        to_bytes(body, usize::MAX).await.unwrap(),
    )
}

async fn post(app: &Router, path: &str, authorization: Option<&str>, body: &str) -> (u16, Json) {
    let mut request = Request::post(path)
        .header(header::HOST, "127.0.0.1:3210")
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let (status, _, body) = send(app, request.body(Body::from(body.to_owned())).unwrap()).await;
    let json = serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{status} {body:?}"));
    (status.as_u16(), json)
}

async fn get(app: &Router, path: &str) -> (u16, Bytes) {
    let request = Request::get(path)
        .header(header::HOST, "localhost:3210")
        .body(Body::empty())
        .unwrap();
    let (status, _, body) = send(app, request).await;
    (status.as_u16(), body)
}

#[tokio::test]
async fn calls_are_answered_in_the_form_that_was_asked_for() {
    let app = app();
    let five = json!({ "$integer": "BQAAAAAAAAA=" });
    let body =
        json!({ "path": "values:echo", "format": "convex_encoded_json", "args": [{ "n": five }] });
    let expected = json!({ "status": "success", "value": { "n": five }, "logLines": [] });
    assert_eq!(
        post(&app, "/api/query", None, &body.to_string()).await,
        (200, expected)
    );

    let body = json!({ "path": "values:echo", "args": { "n": five } });
    let (_, clean) = post(&app, "/api/query", None, &body.to_string()).await;
    assert_eq!(clean["value"], json!({ "n": "5" }));

    let arguments = url::form_urlencoded::byte_serialize(br#"{"n":1}"#).collect::<String>();
    let (status, body) = get(
        &app,
        &format!("/api/query?path=values:echo&args={arguments}&format=json"),
    )
    .await;
    assert_eq!(status, 200);
    assert_eq!(
        serde_json::from_slice::<Json>(&body).unwrap()["value"],
        json!({ "n": 1.0 })
    );

    let (_, sent) = post(
        &app,
        "/api/mutation",
        None,
        r#"{"path":"messages:send","args":{"body":"a"}}"#,
    )
    .await;
    assert_eq!(
        sent,
        json!({ "status": "success", "value": null, "logLines": ["[LOG] 'x'"] })
    );
    let (_, acted) = post(
        &app,
        "/api/action",
        None,
        r#"{"path":"tools:echo","args":[{"a":"b"}]}"#,
    )
    .await;
    assert_eq!(acted["value"], json!({ "a": "b" }));
}

#[tokio::test]
async fn failures_of_functions_are_answers() {
    let app = app();
    let (status, answer) = post(
        &app,
        "/api/mutation",
        None,
        r#"{"path":"fails:data","format":"convex_encoded_json","args":{}}"#,
    )
    .await;
    assert_eq!((status, &answer["status"]), (200, &json!("error")));
    assert_eq!(
        answer["errorData"],
        json!({ "n": { "$integer": "BQAAAAAAAAA=" } })
    );
    assert_eq!(answer["logLines"], json!(["[LOG] 'x'"]));
    let (_, clean) = post(
        &app,
        "/api/mutation",
        None,
        r#"{"path":"fails:data","args":{}}"#,
    )
    .await;
    assert_eq!(clean["errorData"], json!({ "n": "5" }));
    let (_, plain) = post(
        &app,
        "/api/query",
        None,
        r#"{"path":"fails:plain","args":{}}"#,
    )
    .await;
    assert!(plain.get("errorData").is_none());
    let (status, missing) = post(
        &app,
        "/api/action",
        None,
        r#"{"path":"nowhere:none","args":{}}"#,
    )
    .await;
    assert_eq!(status, 200);
    assert!(
        missing["errorMessage"]
            .as_str()
            .unwrap()
            .starts_with("Could not find public function for")
    );
}

#[tokio::test]
async fn what_is_wrong_about_a_call_is_named() {
    let app = app();
    for (route, body, status, code) in [
        ("/api/query", "not json", 400, "BadJsonBody"),
        ("/api/query", r#"{"args":{}}"#, 400, "BadJsonBody"),
        ("/api/query", r#"{"path":"a:b"}"#, 400, "BadJsonBody"),
        ("/api/query", r#"{"path":"a:b","args":[1]}"#, 400, "BadArgs"),
        (
            "/api/query",
            r#"{"path":"a:b","args":{},"format":"xml"}"#,
            400,
            "BadFormat",
        ),
        (
            "/api/query",
            r#"{"path":"a:b","args":{},"format":"export_json"}"#,
            400,
            "BadFormat",
        ),
        (
            "/api/query",
            r#"{"path":"a b!","args":{}}"#,
            400,
            "BadConvexFunctionIdentifier",
        ),
        (
            "/api/query",
            r#"{"path":"a:b","args":{},"componentPath":"c"}"#,
            400,
            "ComponentsNotSupported",
        ),
        (
            "/api/run/alone",
            r#"{"args":{}}"#,
            400,
            "BadConvexFunctionIdentifier",
        ),
        (
            "/api/mutation",
            r#"{"path":"fails:overloaded","args":{}}"#,
            503,
            "CommitterFullError",
        ),
        (
            "/api/mutation",
            r#"{"path":"fails:panics","args":{}}"#,
            500,
            "InternalServerError",
        ),
        (
            "/api/query_at_ts",
            r#"{"path":"a:b","args":{},"ts":"AQAAAAAAAAA="}"#,
            400,
            "TimestampTooOld",
        ),
        ("/api/nothing", "{}", 404, "NotFound"),
    ] {
        let (actual, answer) = post(&app, route, None, body).await;
        assert_eq!(
            (actual, &answer["code"]),
            (status, &json!(code)),
            "{body}: {answer}"
        );
        assert!(answer["message"].is_string());
    }
    let large = vec![b' '; MAXIMUM_BODY + 1];
    let request = Request::post("/api/query").body(Body::from(large)).unwrap();
    assert_eq!(send(&app, request).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn identities_are_read_from_the_header() {
    let app = app();
    let me = r#"{"path":"users:me","args":{}}"#;
    let acting_as = format!(
        "Convex ADMINKEY:{}",
        STANDARD.encode(r#"{"subject":"y","issuer":"x"}"#)
    );
    for (authorization, status, expected) in [
        (None, 200, json!(null)),
        (Some("Bearer ada"), 200, json!("ada")),
        (Some("Convex ADMINKEY"), 200, json!(null)),
        (Some(acting_as.as_str()), 200, json!("y")),
    ] {
        let (actual, answer) = post(&app, "/api/query", authorization, me).await;
        assert_eq!((actual, &answer["value"]), (status, &expected));
    }
    for (authorization, code) in [
        ("Bearer mallory", "Unauthenticated"),
        ("Convex WRONG", "Unauthenticated"),
        ("Basic dXNlcg==", "InvalidAuthHeader"),
    ] {
        let (status, answer) = post(&app, "/api/query", Some(authorization), me).await;
        assert_eq!((status, &answer["code"]), (401, &json!(code)));
    }
    let (status, _) = post(&app, "/api/function", Some("Bearer ada"), me).await;
    assert_eq!(status, 403);
    let (status, answer) = post(
        &app,
        "/api/function",
        Some("Convex ADMINKEY"),
        r#"{"path":"messages:send","args":{}}"#,
    )
    .await;
    assert_eq!((status, &answer["status"]), (200, &json!("success")));
}

#[tokio::test]
async fn states_can_be_named_and_shared() {
    let backend = Scripted::new();
    let app = deployment(&backend, Arc::new(OneFile), Settings::default());
    backend.append("messages", json!("a"));
    let (_, newest) = post(&app, "/api/query_ts", None, "").await;
    assert_eq!(newest["ts"], json!(backend.latest().timestamp()));
    let body = json!({ "path": "messages:list", "args": {}, "ts": newest["ts"] });
    let (_, answer) = post(&app, "/api/query_at_ts", None, &body.to_string()).await;
    assert_eq!(answer["value"], json!(["a"]));
    let body = json!({ "queries": [{ "path": "messages:list", "args": {} }, { "path": "fails:plain", "args": {} }] });
    let (_, answer) = post(&app, "/api/query_batch", None, &body.to_string()).await;
    let results = answer["results"].as_array().unwrap();
    assert_eq!(
        results
            .iter()
            .map(|result| &result["status"])
            .collect::<Vec<_>>(),
        ["success", "error"]
    );
    let (_, answer) = post(&app, "/api/run/messages/list", None, r#"{"args":{}}"#).await;
    assert_eq!(answer["value"], json!(["a"]));
    let (_, answer) = post(&app, "/api/run/some/directory/list", None, r#"{"args":{}}"#).await;
    assert!(
        answer["errorMessage"]
            .as_str()
            .unwrap()
            .contains("some/directory:list")
    );
}

#[tokio::test]
async fn the_service_routes_are_there() {
    let app = app();
    assert_eq!(
        get(&app, "/instance_name").await,
        (200, Bytes::from("local-test"))
    );
    for path in ["/", "/version", "/instance_version"] {
        assert_eq!(get(&app, path).await.0, 200);
    }
    let request = Request::post("/api/debug_event")
        .body(Body::from("anything"))
        .unwrap();
    assert_eq!(send(&app, request).await.0, StatusCode::OK);
}

#[tokio::test]
async fn other_origins_are_answered_on_loopback_only() {
    let app = app();
    let request = |method: &str, origin: &str| {
        Request::builder()
            .method(method)
            .uri("/api/query")
            .header(header::HOST, "127.0.0.1:3210")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(
                header::ACCESS_CONTROL_REQUEST_HEADERS,
                "authorization,convex-client,content-type",
            )
            .body(Body::empty())
            .unwrap()
    };
    let (status, headers, _) = send(&app, request("OPTIONS", "http://localhost:3000")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        headers[header::ACCESS_CONTROL_ALLOW_ORIGIN],
        "http://localhost:3000"
    );
    assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
    assert_eq!(headers[header::ACCESS_CONTROL_MAX_AGE], "86400");
    assert!(
        headers[header::ACCESS_CONTROL_ALLOW_HEADERS]
            .to_str()
            .unwrap()
            .contains("convex-client")
    );
    for origin in [
        "https://evil.example",
        "http://127.0.0.1.evil.example",
        "null",
    ] {
        assert_eq!(
            send(&app, request("POST", origin)).await.0,
            StatusCode::FORBIDDEN,
            "{origin}"
        );
    }
    for (host, status) in [
        ("[::1]:3210", 200),
        ("app.localhost", 200),
        ("rebound.example:3210", 403),
        ("", 403),
    ] {
        let request = Request::get("/version")
            .header(header::HOST, host)
            .body(Body::empty())
            .unwrap();
        assert_eq!(send(&app, request).await.0, status, "{host}");
    }
}

#[tokio::test]
async fn http_actions_have_every_path() {
    let backend = Scripted::new();
    let nested = deployment(&backend, Arc::new(OneFile), Settings::default());
    for (app, prefix) in [(nested, "/http"), (site(&backend), "")] {
        let request = |method: &str, path: &str| {
            Request::builder()
                .method(method)
                .uri(format!("{prefix}{path}"))
                .header(header::HOST, "127.0.0.1:3211")
                .header(header::ORIGIN, "https://somewhere.example")
                .header("x-forwarded-proto", "https")
        };
        let echo = request("PUT", "/echo?a=b")
            .header(header::AUTHORIZATION, "Bearer ada")
            .body(Body::from("abc"));
        let (status, headers, body) = send(&app, echo.unwrap()).await;
        assert_eq!(
            (status, headers["x-name"].to_str().unwrap()),
            (StatusCode::OK, "ada")
        );
        assert_eq!(body, "PUT https://127.0.0.1:3211/echo?a=b 3");
        assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));

        let foreign = request("GET", "/echo")
            .header(header::AUTHORIZATION, "Bearer mallory")
            .body(Body::empty());
        let (status, headers, _) = send(&app, foreign.unwrap()).await;
        assert_eq!(
            (status, headers["x-name"].to_str().unwrap()),
            (StatusCode::OK, "")
        );

        let (status, _, body) =
            send(&app, request("HEAD", "/echo").body(Body::empty()).unwrap()).await;
        assert_eq!((status, body.len()), (StatusCode::OK, 0));
        let (status, ..) = send(&app, request("GET", "/").body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::NOT_FOUND);

        let (status, _, body) =
            send(&app, request("GET", "/fails").body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(
            serde_json::from_slice::<Json>(&body).unwrap(),
            json!({
                "code": "[Request ID: 0123456789abcdef] Server Error: Uncaught Error: x",
                "trace": "    at f (../convex/http.ts:1:2)",
                "data": 7
            })
        );
    }
}

#[tokio::test]
async fn files_come_and_go() {
    let app = app();
    let upload = |path: &str, digest: &str| {
        Request::post(path)
            .header(header::CONTENT_TYPE, "image/png")
            .header("digest", digest)
            .body(Body::from("12345"))
            .unwrap()
    };
    let digest = format!("sha-256={}", STANDARD.encode([7; 32]));
    let (status, _, body) = send(&app, upload("/api/storage/upload?token=good", &digest)).await;
    assert_eq!(
        (status, &body[..]),
        (StatusCode::OK, &br#"{"storageId":"image/png:5"}"#[..])
    );
    assert_eq!(
        send(&app, upload("/api/storage/upload?token=bad", &digest))
            .await
            .0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        send(&app, upload("/api/storage/upload", &digest)).await.0,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        send(&app, upload("/api/storage/upload?token=good", "md5=x"))
            .await
            .0,
        StatusCode::BAD_REQUEST
    );

    for (range, status, body, content_range) in [
        (None, 200, "0123456789", None),
        (Some("bytes=2-4"), 206, "234", Some("bytes 2-4/10")),
        (Some("bytes=7-"), 206, "789", Some("bytes 7-9/10")),
        (Some("bytes=-2"), 206, "89", Some("bytes 8-9/10")),
        (Some("bytes=5-100"), 206, "56789", Some("bytes 5-9/10")),
        (Some("bytes=0-1,4-5"), 200, "0123456789", None),
        (Some("lines=1"), 200, "0123456789", None),
        (Some("bytes=10-"), 416, "", Some("bytes */10")),
    ] {
        let mut request = Request::get("/api/storage/digits");
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        let (actual, headers, content) = send(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            (actual.as_u16(), &content[..]),
            (status, body.as_bytes()),
            "{range:?}"
        );
        let actual = headers
            .get(header::CONTENT_RANGE)
            .map(|value| value.to_str().unwrap());
        assert_eq!(actual, content_range, "{range:?}");
    }
    assert_eq!(get(&app, "/api/storage/empty").await, (200, Bytes::new()));
    assert_eq!(get(&app, "/api/storage/none").await.0, 404);
}
