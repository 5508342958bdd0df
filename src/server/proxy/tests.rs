#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::sync::LazyLock;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use http::{HeaderMap, Method, StatusCode};
use proptest::prelude::*;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use url::Url;

use super::*;
use crate::config::{PublicConfiguration, PublishableKey};

fn proxy() -> FrontendApiProxy {
    let public = PublicConfiguration::new(
        PublishableKey::parse("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap(),
    );
    FrontendApiProxy::new(&Configuration::new(
        public,
        SecretKey::new("sk_live_x").unwrap(),
    ))
    .unwrap()
}

/// Serves a router on a port of its own, until the test ends.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Answers with what arrived.
async fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let key = parts
        .headers
        .get("clerk-secret-key")
        .map(|key| key.to_str().unwrap().to_owned());
    let seen = format!(
        "{} {} key={key:?} chunked={} body={}",
        parts.method,
        parts.uri,
        parts.headers.contains_key("transfer-encoding"),
        body.len()
    );
    ([("set-cookie", "a=1"), ("x-upstream", "yes")], seen).into_response()
}

async fn text(response: Response) -> String {
    String::from_utf8(
        to_bytes(response.into_body(), 1 << 22)
            .await
            .unwrap()
            .to_vec(),
    )
    .unwrap()
}

#[tokio::test]
async fn requests_go_there_and_back() {
    let upstream = serve(Router::new().fallback(any(echo))).await;
    let app = Router::new()
        .fallback(|| async { "the application" })
        .layer(proxy().to_upstream(&upstream).unwrap().layer());
    let get = |uri: &str| {
        Request::get(uri)
            .header("host", "app.example.com")
            .body(Body::empty())
            .unwrap()
    };

    let response = app
        .clone()
        .oneshot(get("/__clerk/v1/client?a=1"))
        .await
        .unwrap();
    assert_eq!(response.headers()["set-cookie"], "a=1");
    assert_eq!(
        text(response).await,
        "GET /v1/client?a=1 key=Some(\"sk_live_x\") chunked=false body=0"
    );

    let post = Request::post("/__clerk/v1/x")
        .header("content-length", "300000")
        .body(Body::from(vec![b'x'; 300_000]))
        .unwrap();
    let response = app.clone().oneshot(post).await.unwrap();
    assert!(text(response).await.ends_with("body=300000"));

    for other in ["/", "/__clerkx", "/x/__clerk/v1"] {
        assert_eq!(
            text(app.clone().oneshot(get(other)).await.unwrap()).await,
            "the application"
        );
    }
}

#[tokio::test]
async fn an_answer_is_passed_on_while_it_is_still_being_written() {
    let (sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
    let receiver = std::sync::Arc::new(tokio::sync::Mutex::new(receiver));
    let upstream = serve(Router::new().fallback(any(move || {
        let receiver = receiver.clone();
        async move {
            let stream = futures_stream(receiver);
            Response::new(Body::from_stream(stream))
        }
    })))
    .await;
    let proxy = proxy().to_upstream(&upstream).unwrap();
    sender.send(Bytes::from_static(b"first")).await.unwrap();
    let response = proxy
        .forward(Request::get("/__clerk/v1/x").body(Body::empty()).unwrap())
        .await;
    let mut body = response.into_body();
    let first =
        std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context)).await;
    assert_eq!(first.unwrap().unwrap().into_data().unwrap(), "first");
    // Only now is there a second piece, and an end.
    sender.send(Bytes::from_static(b"second")).await.unwrap();
    drop(sender);
    assert_eq!(to_bytes(body, 100).await.unwrap(), "second");
}

fn futures_stream(
    receiver: std::sync::Arc<tokio::sync::Mutex<tokio::sync::mpsc::Receiver<Bytes>>>,
) -> impl futures_util::Stream<Item = Result<Bytes, std::convert::Infallible>> {
    futures_util::stream::unfold(receiver, |receiver| async move {
        let next = receiver.lock().await.recv().await;
        next.map(|bytes| (Ok(bytes), receiver))
    })
}

#[tokio::test]
async fn failures_have_clerks_form_and_name_no_secret() {
    let compressed = Router::new().fallback(any(|| async { ([("content-encoding", "br")], "x") }));
    let compressing = serve(compressed).await;
    let nobody = {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for (upstream, path, status, code) in [
        (&compressing, "/__clerk/v1", 502, "proxy_request_failed"),
        (&nobody, "/__clerk/v1", 502, "proxy_request_failed"),
        (&nobody, "/elsewhere", 400, "proxy_path_mismatch"),
    ] {
        let proxy = proxy().to_upstream(upstream).unwrap();
        let response = proxy
            .forward(Request::get(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["cache-control"], "no-store");
        let body = text(response).await;
        assert!(body.contains(code) && !body.contains("sk_live"), "{body}");
    }
    for bad in [
        "ftp://x",
        "https://u:p@x",
        "https://x?q",
        "https://x#f",
        "x",
    ] {
        assert_eq!(
            proxy().to_upstream(bad).unwrap_err(),
            ProxyError::InvalidUpstream,
            "{bad}"
        );
    }
    assert!(!format!("{:?}", proxy()).contains("sk_live"));
    assert_eq!(
        ProxyError::InvalidUpstream.status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
}

#[test]
fn forged_forwarding_is_not_believed_when_it_is_not_to_be() {
    let mut proxy = proxy();
    proxy.trust_forwarded_headers = false;
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-host", "evil.example".parse().unwrap());
    headers.insert("x-forwarded-proto", "https".parse().unwrap());
    let url = Url::parse("http://app.example.com/__clerk/v1").unwrap();
    let planned = proxy.plan(Method::GET, &url, &headers).unwrap();
    assert_eq!(planned.proxy_url, "http://app.example.com/__clerk");
    assert_eq!(planned.headers["x-forwarded-host"], "app.example.com");
    assert!(!format!("{planned:?}").contains("sk_live"));
}

/// Making a client reads the machine's root certificates, which takes longer than all cases together.
static PROXY: LazyLock<FrontendApiProxy> =
    LazyLock::new(|| proxy().to_upstream("https://fapi.test/base/").unwrap());

proptest! {
    /// The secret key goes to Clerk's host or nowhere.
    #[test]
    fn no_path_leads_elsewhere(path in "[a-z/@:.%\\\\2fe#?]{0,24}", host in "[a-z.:@/]{0,12}") {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-host", host.parse().unwrap());
        headers.insert("x-forwarded-proto", "https".parse().unwrap());
        let mut url = Url::parse("http://app.example.com").unwrap();
        url.set_path(&format!("/__clerk/{path}"));
        if let Ok(planned) = PROXY.plan(Method::GET, &url, &headers) {
            prop_assert_eq!(planned.url.host_str(), Some("fapi.test"));
            prop_assert!(planned.url.path().starts_with("/base"));
            let public = Url::parse(&planned.proxy_url).unwrap();
            prop_assert!(public.username().is_empty());
            prop_assert_eq!(public.path(), "/__clerk");
        }
    }
}
