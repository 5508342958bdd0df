//! Browsers that come back from a handshake.

use http::StatusCode;
use serde_json::json;

use crate::support::*;

#[tokio::test]
async fn in_development_the_result_is_taken_out_of_the_address() {
    let site = development().await;
    let token = session("user_1");
    let handshake = signed(
        &json!({"handshake": [format!("__session={token}; Path=/"), "__client_uat=7; Path=/"]}),
    );
    let path = format!("/dashboard?tab=2&__clerk_handshake={handshake}&__clerk_help=1");
    let page = site.open(&path, &[("__clerk_db_jwt", "db")]).await;
    assert_eq!(page.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(
        page.header("location"),
        "http://app.example/dashboard?tab=2"
    );
    assert_eq!(page.cookies().len(), 2);
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(
        page.header("access-control-allow-origin"),
        "",
        "no page is opened to other origins"
    );
}

#[tokio::test]
async fn in_production_the_page_is_rendered_at_once() {
    let site = production().await;
    let token = session("user_1");
    let handshake = signed(&json!({"handshake": [format!("__session={token}; Path=/")]}));
    let page = site
        .open("/dashboard", &[("__clerk_handshake", &handshake)])
        .await;
    assert_eq!(
        (page.status, page.body.as_str()),
        (StatusCode::OK, "hello user_1")
    );
    assert_eq!(page.cookies().len(), 1);
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_nonce_is_exchanged() {
    let site = production().await;
    let token = session("user_1");
    *site.upstream.directives.lock().unwrap() = vec![format!("__session={token}; Path=/")];
    let page = site
        .open("/dashboard", &[("__clerk_handshake_nonce", "nonce")])
        .await;
    assert_eq!(
        (page.status, page.body.as_str()),
        (StatusCode::OK, "hello user_1")
    );
}

#[tokio::test]
async fn in_production_a_foreign_handshake_is_ignored() {
    let site = production().await;
    let token = signed(&with(
        claims("user_1"),
        &json!({"iss": "https://clerk.example.com"}),
    ));
    let handshake = forged(&json!({"handshake": ["__session=evil; Path=/"]}));
    let cookies = [
        ("__clerk_handshake", handshake.as_str()),
        ("__session", &token),
        ("__client_uat", "1"),
    ];
    let page = site.open("/dashboard", &cookies).await;
    assert_eq!(
        (page.status, page.body.as_str()),
        (StatusCode::OK, "hello user_1")
    );
    assert!(page.cookies().is_empty());
}

#[tokio::test]
async fn in_development_a_foreign_handshake_is_a_readable_refusal() {
    let site = development().await;
    let page = site
        .open("/?__clerk_handshake=garbage", &[("__clerk_db_jwt", "db")])
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.body.contains("Open the page without"), "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_primary_sends_its_satellites_back() {
    let site = development().await;
    let path = "/sign-in?__clerk_redirect_url=http%3A%2F%2Fsatellite.example%2Fd";
    let page = site.open(path, &[("__clerk_db_jwt", "db")]).await;
    assert_eq!(
        page.header("location"),
        "http://satellite.example/d?__clerk_db_jwt=db&__clerk_synced=true"
    );
    for nonsense in ["javascript%3Aalert(1)", "%2Fd", "data%3Atext%2Fhtml%2Cx"] {
        let page = site
            .open(
                &format!("/sign-in?__clerk_redirect_url={nonsense}"),
                &[("__clerk_db_jwt", "db")],
            )
            .await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{nonsense}");
    }
}

#[tokio::test]
async fn a_primary_can_list_its_satellites() {
    let mut configuration = configuration(DEVELOPMENT, "sk_test_secret", "http://127.0.0.1:9", &[]);
    configuration.allowed_satellites = Some(vec!["http://satellite.example".to_owned()]);
    let layer = leptos_clerk_convex::server::ClerkLayer::new(configuration).unwrap();
    let router = routes().layer(layer);
    let open = |target: &str| {
        document(
            &format!("/sign-in?__clerk_redirect_url={target}"),
            &[("__clerk_db_jwt", "db")],
        )
    };
    let allowed = send(&router, open("http%3A%2F%2Fsatellite.example%2Fd")).await;
    assert_eq!(allowed.status, StatusCode::TEMPORARY_REDIRECT);
    let refused = send(&router, open("http%3A%2F%2Fevil.example%2Fd")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.header("location"), "");
}

#[tokio::test]
async fn a_local_proxy_is_reached_on_the_pages_own_origin() {
    let site = site(
        DEVELOPMENT,
        "sk_test_secret",
        &[("CLERK_PROXY_URL", "/__clerk")],
    )
    .await;
    let page = site.open("/", &[]).await;
    assert_eq!(
        page.location().origin().ascii_serialization(),
        "http://app.example"
    );
    assert_eq!(page.location().path(), "/__clerk/v1/client/handshake");
}
