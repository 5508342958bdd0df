//! Protected routes: no spelling of a path gets around them, and each kind of request gets its own answer.

use http::StatusCode;
use serde_json::json;

use crate::support::*;

/// Every way to write a path that might reach a protected handler without its protection.
const SPELLINGS: [&str; 22] = [
    "/dashboard",
    "/dashboard/",
    "//dashboard",
    "///dashboard//",
    "/./dashboard",
    "/x/../dashboard",
    "/%64ashboard",
    "/%2564ashboard",
    "/dashboard%2f",
    "/dashboard/..%2f",
    "/dashboard/%2e%2e",
    "/dashboard%2f..%2fdashboard",
    "/DASHBOARD",
    "/Dashboard",
    "/dashboard;x=1",
    "/dashboard%00",
    "/dashboard%0a",
    "/dashboard?x=/../..",
    "/dashboard/a//b",
    "/dashboard/a%2fb",
    "/dashboard\\x",
    "/%2fdashboard",
];

#[tokio::test]
async fn no_spelling_of_a_path_gets_past_protection() {
    let site = development().await;
    for path in SPELLINGS {
        let Ok(_) = path.parse::<http::Uri>() else {
            continue;
        };
        for (name, request) in [
            ("document", document(path, &[("__clerk_db_jwt", "db")])),
            ("data", data(path, &[])),
            (
                "prefetch",
                request(
                    "GET",
                    path,
                    &[("purpose", "prefetch"), ("sec-purpose", "prefetch")],
                    &[],
                ),
            ),
            (
                "post",
                request("POST", path, &[("content-type", "application/json")], &[]),
            ),
            ("head", request("HEAD", path, &[], &[])),
        ] {
            let answer = site.send(request).await;
            assert!(
                !answer.status.is_success(),
                "{name} {path}: {}",
                answer.status
            );
            assert!(
                !answer.status.is_server_error(),
                "{name} {path}: {}",
                answer.status
            );
            assert!(
                !answer.body.contains("hello") && !answer.body.contains("deep"),
                "{name} {path}"
            );
            if answer.status.is_redirection() {
                assert_eq!(
                    answer.location().host_str(),
                    Some("app.example"),
                    "{name} {path}"
                );
                assert_eq!(answer.location().path(), "/sign-in", "{name} {path}");
            }
        }
    }
}

#[tokio::test]
async fn what_the_router_answers_is_what_is_protected() {
    // These reach the handler, so somebody who is signed in gets through and nobody else does.
    let site = development().await;
    let token = session("user_1");
    for path in [
        "/dashboard",
        "/dashboard?x=1",
        "/dashboard/a//b",
        "/dashboard/a%2fb",
        "/dashboard/..%2f",
    ] {
        assert_eq!(
            site.open(path, &signed_in(&token)).await.status,
            StatusCode::OK,
            "{path}"
        );
        assert_eq!(
            site.open(path, &[("__clerk_db_jwt", "db")]).await.status,
            StatusCode::TEMPORARY_REDIRECT,
            "{path}"
        );
    }
}

#[tokio::test]
async fn each_kind_of_request_gets_its_own_answer() {
    let site = development().await;
    let nobody = [("__clerk_db_jwt", "db")];
    let page = site.open("/dashboard", &nobody).await;
    assert_eq!(page.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(page.header("x-clerk-redirect-to"), "true");

    let data = site.fetch("/api/private", &nobody).await;
    assert_eq!(data.status, StatusCode::UNAUTHORIZED);
    assert_eq!(data.header("cache-control"), "no-store");
    assert_eq!(data.header("content-type"), "application/json");
    assert!(data.body.contains("\"unauthorized\""), "{}", data.body);

    // A form that is posted is not posted on to the sign-in page.
    let headers = [("sec-fetch-dest", "document"), ("accept", "text/html")];
    let form = site
        .send(request("POST", "/api/private", &headers, &nobody))
        .await;
    assert_eq!(form.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_role_is_required_where_it_is_required() {
    let site = development().await;
    let member = signed(&with(
        claims("user_1"),
        &json!({"o": {"id": "org_1", "rol": "member"}}),
    ));
    let admin = signed(&with(
        claims("user_1"),
        &json!({"o": {"id": "org_1", "rol": "admin"}}),
    ));
    assert_eq!(
        site.open("/admin", &signed_in(&member)).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        site.fetch("/api/admin", &signed_in(&member)).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        site.open("/admin", &signed_in(&admin)).await.status,
        StatusCode::OK
    );
    assert_eq!(
        site.fetch("/api/admin", &[]).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_stale_verification_is_asked_for_again() {
    use leptos_clerk_convex::identity::{Requirement, Reverification};
    use leptos_clerk_convex::server::Protection;
    let site = development().await;
    let requirement = Requirement::Reverification(Reverification::Strict);
    let router = axum::Router::new()
        .route("/api/delete", axum::routing::get(|| async { "deleted" }))
        .route_layer(Protection::new().requirement(requirement).layer())
        .layer(site.layer.clone());
    let stale = signed(&with(claims("user_1"), &json!({"fva": [30, -1]})));
    let answer = send(&router, data("/api/delete", &signed_in(&stale))).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["clerk_error"]["reason"], json!("reverification-error"));
    assert_eq!(
        body["clerk_error"]["metadata"]["reverification"],
        json!("strict")
    );
    let fresh = signed(&with(claims("user_1"), &json!({"fva": [1, -1]})));
    assert_eq!(
        send(&router, data("/api/delete", &signed_in(&fresh)))
            .await
            .status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn concealed_routes_are_not_there() {
    use leptos_clerk_convex::identity::Requirement;
    use leptos_clerk_convex::server::Protection;
    let site = development().await;
    let protection = Protection::new()
        .requirement(Requirement::role("admin"))
        .concealed();
    let router = axum::Router::new()
        .route("/secret", axum::routing::get(|| async { "secret" }))
        .route_layer(protection.layer())
        .layer(site.layer.clone());
    let member = session("user_1");
    assert_eq!(
        send(&router, data("/secret", &[])).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        send(&router, data("/secret", &signed_in(&member)))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        send(&router, document("/secret", &[("__clerk_db_jwt", "db")]))
            .await
            .status,
        StatusCode::TEMPORARY_REDIRECT
    );
}

#[tokio::test]
async fn patterns_see_one_spelling_of_a_path() {
    use leptos_clerk_convex::server::{RouteMatcher, require_auth};
    let site = development().await;
    let private = RouteMatcher::new(["/dashboard(.*)"]).unwrap();
    let router = axum::Router::new()
        .fallback(|| async { "served" })
        .layer(require_auth().on_paths(private))
        .layer(site.layer.clone());
    for path in [
        "/dashboard",
        "/dashboard/",
        "//dashboard",
        "/%64ashboard",
        "/DASHBOARD",
        "/dashboard/..%2f",
    ] {
        assert_eq!(
            send(&router, data(path, &[])).await.status,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
    assert_eq!(
        send(&router, data("/open", &[])).await.status,
        StatusCode::OK
    );
    assert_eq!(
        send(&router, data("/%zz", &[])).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn redirects_go_where_the_operator_says_and_nowhere_else() {
    let site = development().await;
    for path in [
        "/dashboard?redirect_url=https://evil.example",
        "/dashboard?next=//evil.example",
    ] {
        let page = site.open(path, &[("__clerk_db_jwt", "db")]).await;
        assert_eq!(page.location().host_str(), Some("app.example"));
        assert_eq!(page.location().path(), "/sign-in");
    }
}

#[tokio::test]
async fn a_hosted_sign_in_page_gets_the_development_browser() {
    let site = site(
        DEVELOPMENT,
        "sk_test_secret",
        &[(
            "CLERK_SIGN_IN_URL",
            "https://accounts.elsewhere.example/sign-in",
        )],
    )
    .await;
    let page = site.open("/dashboard", &[("__clerk_db_jwt", "db")]).await;
    assert_eq!(
        page.location().host_str(),
        Some("accounts.elsewhere.example")
    );
    assert_eq!(page.parameter("__clerk_db_jwt").as_deref(), Some("db"));
}
