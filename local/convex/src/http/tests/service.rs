//! The routes beside the functions: service, HTTP actions, files.

use super::*;

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
