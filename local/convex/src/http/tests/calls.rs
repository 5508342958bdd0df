//! Calls of functions over HTTP.

use super::*;

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
