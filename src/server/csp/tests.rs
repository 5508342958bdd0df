#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request};
use axum::routing::get;
use tower::ServiceExt as _;

use super::*;
use crate::config::{PublicConfiguration, PublishableKey};

fn text(builder: ContentSecurityPolicyBuilder) -> String {
    let headers = builder
        .build()
        .unwrap()
        .headers(&CspNonce::random().unwrap());
    headers[0].1.to_str().unwrap().to_owned()
}

fn directive(text: &str, name: &str) -> Vec<String> {
    let directive = text
        .split("; ")
        .find_map(|directive| directive.strip_prefix(&format!("{name} ")))
        .unwrap();
    directive.split(' ').map(str::to_owned).collect()
}

fn public() -> PublicConfiguration {
    PublicConfiguration::new(PublishableKey::parse("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap())
}

#[test]
fn leptos_and_convex_are_let_through() {
    let mut public = public();
    public.convex_url = Some("https://happy-animal-123.convex.cloud/".to_owned());
    let text = text(ContentSecurityPolicy::for_leptos(&public));
    let connect = directive(&text, "connect-src");
    for source in [
        "'self'",
        "clerk.example.com",
        "https://happy-animal-123.convex.cloud",
        "wss://happy-animal-123.convex.cloud",
    ] {
        assert!(
            connect.contains(&source.to_owned()),
            "{source} in {connect:?}"
        );
    }
    let scripts = directive(&text, "script-src");
    assert!(scripts.contains(&"'wasm-unsafe-eval'".to_owned()));
    assert!(!scripts.contains(&"'unsafe-eval'".to_owned()));
    assert!(scripts.iter().any(|source| source.starts_with("'nonce-")));
}

#[test]
fn local_instances_are_reached_where_they_are() {
    let mut public = public();
    public.proxy_url = Some("/__clerk".to_owned());
    public.convex_url = Some("http://127.0.0.1:3210".to_owned());
    let local = text(ContentSecurityPolicy::for_leptos(&public));
    let connect = directive(&local, "connect-src");
    assert!(
        connect.contains(&"http://127.0.0.1:3210".to_owned())
            && connect.contains(&"ws://127.0.0.1:3210".to_owned())
    );
    assert!(
        !connect
            .iter()
            .any(|source| source.contains("__clerk") || source == "clerk.example.com")
    );
    public.proxy_url = Some("http://127.0.0.1:3000/__clerk".to_owned());
    let absolute = text(ContentSecurityPolicy::for_leptos(&public));
    assert!(directive(&absolute, "connect-src").contains(&"http://127.0.0.1:3000".to_owned()));
}

#[test]
fn nothing_breaks_out_of_its_place() {
    let clerk = || ContentSecurityPolicy::for_clerk("clerk.example.com");
    for source in ["a b", "a;script-src *", "a,b", "", "a\nb", "{nonce}", "é"] {
        assert_eq!(
            clerk().allow("img-src", [source]).build().unwrap_err(),
            CspError::InvalidSource(source.to_owned())
        );
    }
    for name in ["", "img src", "img-src;x", "IMG-SRC"] {
        assert_eq!(
            clerk().allow(name, ["self"]).build().unwrap_err(),
            CspError::InvalidDirective(name.to_owned())
        );
    }
    for address in ["/reports", "https://x/\"", "javascript:alert(1)"] {
        assert_eq!(
            clerk().report_to(address).build().unwrap_err(),
            CspError::InvalidReportAddress(address.to_owned())
        );
    }
}

#[tokio::test]
async fn handler_and_header_agree_on_a_fresh_nonce() {
    let policy = ContentSecurityPolicy::for_leptos(&public())
        .strict()
        .build()
        .unwrap();
    let handler = |Extension(nonce): Extension<CspNonce>| async move { nonce.as_str().to_owned() };
    let app = Router::new().route("/", get(handler)).layer(policy.layer());
    let mut seen = Vec::new();
    for _ in 0..2 {
        let request = Request::get("/")
            .header("x-nonce", "chosen-outside")
            .body(Body::empty())
            .unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let header = response.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        let announced = response.headers()["x-nonce"].to_str().unwrap().to_owned();
        let body = axum::body::to_bytes(response.into_body(), 1000)
            .await
            .unwrap();
        let nonce = String::from_utf8(body.to_vec()).unwrap();
        assert!(header.contains(&format!("'nonce-{nonce}'")));
        assert_eq!(announced, nonce);
        assert_eq!(nonce.len(), 24);
        seen.push(nonce);
    }
    assert_ne!(seen[0], seen[1]);
}

#[tokio::test]
async fn the_scripts_that_leptos_writes_carry_the_nonce_of_the_header() {
    use leptos::prelude::*;

    // As every server does first; it is what sets up the executor that rendering spawns on.
    let _ = leptos_axum::generate_route_list(|| ());
    let options = LeptosOptions::builder().output_name("app").build();
    let page = move || {
        view! {
            <html>
                <head>
                    <HydrationScripts options=options.clone() />
                </head>
                <body></body>
            </html>
        }
    };
    let policy = ContentSecurityPolicy::for_leptos(&public())
        .strict()
        .build()
        .unwrap();
    let handler = leptos_axum::render_app_to_stream_with_context(provide_csp_nonce, page);
    let app = Router::new()
        .route("/", axum::routing::get(handler))
        .layer(policy.layer());
    let response = app
        .oneshot(Request::get("/").body(Body::empty()).unwrap())
        .await
        .unwrap();
    let nonce = response.headers()["x-nonce"].to_str().unwrap().to_owned();
    let body = axum::body::to_bytes(response.into_body(), 100_000)
        .await
        .unwrap();
    let html = String::from_utf8(body.to_vec()).unwrap();
    let scripts = html.matches("<script").count();
    assert!(scripts > 0, "{html}");
    let carried = html.matches(&format!("nonce=\"{nonce}\"")).count();
    assert_eq!(carried, html.matches("nonce=").count(), "{nonce} in {html}");
    assert!(html.matches("nonce=").count() >= scripts, "{html}");
}
