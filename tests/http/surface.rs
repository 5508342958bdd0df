//! What handlers see, and what responses carry.

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use leptos_clerk_convex::server::{Auth, AuthError, TokenError, auth};

use crate::support::*;

#[tokio::test]
async fn extractors_say_who_it_is() {
    let site = development().await;
    let token = session("user_1");
    assert_eq!(
        site.fetch("/api/who", &signed_in(&token)).await.body,
        "user_1"
    );
    assert_eq!(site.fetch("/api/who", &[]).await.body, "nobody");
    assert_eq!(
        site.fetch("/api/maybe", &signed_in(&token)).await.body,
        "true"
    );
    assert_eq!(site.fetch("/api/maybe", &[]).await.body, "false");
    assert_eq!(
        site.fetch("/api/me", &signed_in(&token)).await.body,
        "user_1"
    );
    assert_eq!(
        site.fetch("/api/me", &[]).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_header_token_outranks_the_cookies() {
    let site = development().await;
    let (cookie, header) = (session("user_cookie"), session("user_header"));
    let authorization = format!("Bearer {header}");
    let request = request(
        "GET",
        "/api/who",
        &[("authorization", &authorization)],
        &signed_in(&cookie),
    );
    assert_eq!(site.send(request).await.body, "user_header");
}

#[tokio::test]
async fn only_what_depends_on_the_person_is_kept_from_caches() {
    let site = development().await;
    let token = session("user_1");
    for path in ["/api/who", "/dashboard", "/"] {
        let answer = site.fetch(path, &signed_in(&token)).await;
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    assert_eq!(
        site.fetch("/static", &signed_in(&token))
            .await
            .header("cache-control"),
        "public, max-age=3600"
    );
    assert_eq!(
        site.fetch("/plain", &signed_in(&token))
            .await
            .header("cache-control"),
        ""
    );
}

#[tokio::test]
async fn a_forgotten_layer_is_named() {
    let router = Router::new().route(
        "/lonely/{id}",
        get(|auth: Auth| async move { format!("{auth:?}") }),
    );
    let answer = send(&router, data("/lonely/7", &[])).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);

    let inspected = Router::new().route(
        "/lonely/{id}",
        get(|result: Result<Auth, AuthError>| async move {
            let error = result.unwrap_err();
            format!("{} | {} | {error}", error.reason(), error.action())
        }),
    );
    let answer = send(&inspected, data("/lonely/7", &[])).await;
    assert!(
        answer.body.starts_with("clerk-layer-missing"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("/lonely/{id}"), "{}", answer.body);

    let unprotected = Router::new()
        .route("/secret", get(|| async { "secret" }))
        .route_layer(leptos_clerk_convex::server::require_auth());
    let answer = send(&unprotected, data("/secret", &[])).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!answer.body.contains("secret"));
}

#[test]
fn outside_of_a_request_there_is_nobody_to_ask_about() {
    assert_eq!(auth().unwrap_err(), AuthError::NoRequest);
}

#[tokio::test]
async fn a_layer_inside_a_layer_changes_nothing() {
    let site = development().await;
    let router = site.router.clone().layer(site.layer.clone());
    let token = session("user_1");
    assert_eq!(
        send(&router, data("/api/who", &signed_in(&token)))
            .await
            .body,
        "user_1"
    );
}

#[tokio::test]
async fn tokens_for_other_services() {
    let site = development().await;
    let router = Router::new()
        .route(
            "/token",
            get(|auth: Auth| async move { describe(auth.get_token(None).await) }),
        )
        .route(
            "/convex",
            get(|auth: Auth| async move { describe(auth.get_token(Some("convex")).await) }),
        )
        .route(
            "/unknown",
            get(|auth: Auth| async move { describe(auth.get_token(Some("../users")).await) }),
        )
        .layer(site.layer.clone());
    let token = session("user_1");
    assert_eq!(
        send(&router, data("/token", &signed_in(&token))).await.body,
        token
    );
    assert_eq!(
        send(&router, data("/convex", &signed_in(&token)))
            .await
            .body,
        "template.token.signature"
    );
    assert_eq!(
        send(&router, data("/unknown", &signed_in(&token)))
            .await
            .body,
        "template-unknown"
    );
    assert_eq!(send(&router, data("/token", &[])).await.body, "signed-out");
    let calls = site.upstream.calls.lock().unwrap();
    assert_eq!(calls[0].0, "token sess_user_1 convex");
    assert_eq!(
        calls[1].0, "token sess_user_1 ../users",
        "the name stays one segment of the path"
    );
}

fn describe(result: Result<String, TokenError>) -> String {
    result.unwrap_or_else(|error| error.reason().to_owned())
}

#[tokio::test]
async fn the_seed_tells_the_browser_no_more_than_it_may_know() {
    use leptos_clerk_convex::auth::SeedState;
    let site = development().await;
    let router = Router::new()
        .route(
            "/seed",
            get(|auth: Auth| async move { serde_json::to_string(&auth.seed()).unwrap() }),
        )
        .layer(site.layer.clone());
    let token = signed(&with(
        claims("user_1"),
        &serde_json::json!({"private_metadata": {"salary": 1}}),
    ));
    let seed = send(&router, data("/seed", &signed_in(&token))).await.body;
    assert!(seed.contains("Ada Lovelace"), "{seed}");
    for secret in ["eyJ", "sk_test", "salary", "private_metadata"] {
        assert!(!seed.contains(secret), "{secret} in {seed}");
    }
    let nobody: leptos_clerk_convex::auth::AuthSeed =
        serde_json::from_str(&send(&router, data("/seed", &[])).await.body).unwrap();
    assert_eq!(nobody.state, SeedState::SignedOut);
}

#[tokio::test]
async fn a_page_that_is_not_there_knows_who_asks() {
    let site = development().await;
    let not_found = |auth: Auth| async move {
        (
            StatusCode::NOT_FOUND,
            auth.user_id().unwrap_or("nobody").to_owned(),
        )
    };
    let router = Router::new().fallback(not_found).layer(site.layer.clone());
    let token = session("user_1");
    let answer = send(&router, document("/nowhere", &signed_in(&token))).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::NOT_FOUND, "user_1")
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}
