//! Keys: fetched once, shared, kept through outages.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::StatusCode;
use leptos_clerk_convex::server::VerificationError;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::*;

#[tokio::test]
async fn keys_are_fetched_once() {
    let site = development().await;
    for user in ["user_1", "user_2", "user_3"] {
        let token = session(user);
        assert_eq!(site.fetch("/api/who", &signed_in(&token)).await.body, user);
        assert_eq!(site.fetch("/api/who", &signed_in(&token)).await.body, user);
    }
    assert_eq!(site.upstream.fetches(), 1);
}

#[tokio::test]
async fn requests_at_the_same_time_share_one_fetch() {
    let site = Arc::new(development().await);
    let gate = Arc::new(tokio::sync::Notify::new());
    *site.upstream.barrier.lock().unwrap() = Some(Arc::clone(&gate));
    let mut requests = JoinSet::new();
    for index in 0..50 {
        let site = Arc::clone(&site);
        requests.spawn(async move {
            let token = session(&format!("user_{index}"));
            site.fetch("/api/who", &signed_in(&token)).await.body
        });
    }
    while site.upstream.fetches() == 0 {
        tokio::task::yield_now().await;
    }
    gate.notify_one();
    while let Some(body) = requests.join_next().await {
        assert!(body.unwrap().starts_with("user_"));
    }
    assert_eq!(site.upstream.fetches(), 1);
}

#[tokio::test]
async fn ten_thousand_made_up_key_ids_fetch_once() {
    let site = development().await;
    let payload = claims("user_1");
    let template = signed(&payload);
    let rest = template.split_once('.').unwrap().1;
    for index in 0..10_000 {
        use base64::Engine as _;
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": format!("ins_made_up_{index}")})
            .to_string();
        let token = format!(
            "{}.{rest}",
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header)
        );
        let answer = site.fetch("/api/who", &signed_in(&token)).await;
        assert_eq!(
            (answer.body.as_str(), answer.header("x-clerk-auth-reason")),
            ("nobody", "jwk-kid-mismatch")
        );
    }
    assert_eq!(site.upstream.fetches(), 1);
    // And nobody is locked out meanwhile.
    let token = session("user_1");
    assert_eq!(
        site.fetch("/api/who", &signed_in(&token)).await.body,
        "user_1"
    );
}

#[tokio::test]
async fn an_outage_signs_nobody_out_whose_token_is_valid() {
    let site = development().await;
    let token = session("user_1");
    assert_eq!(
        site.fetch("/api/who", &signed_in(&token)).await.body,
        "user_1"
    );
    site.upstream.key_status.store(503, Ordering::SeqCst);
    for user in ["user_1", "user_2"] {
        let token = session(user);
        assert_eq!(site.fetch("/api/who", &signed_in(&token)).await.body, user);
    }
    let unknown = signed_with_header(
        &json!({"alg": "RS256", "kid": "ins_unknown"}),
        &claims("user_1"),
    );
    assert_eq!(
        site.fetch("/api/who", &signed_in(&unknown)).await.body,
        "nobody"
    );
    assert_eq!(
        site.fetch("/api/who", &signed_in(&token)).await.body,
        "user_1"
    );
}

#[tokio::test]
async fn without_keys_nobody_is_told_to_sign_in() {
    let site = development().await;
    site.upstream.key_status.store(401, Ordering::SeqCst);
    let token = session("user_1");
    let page = site.open("/dashboard", &signed_in(&token)).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.header("retry-after"), "5");
    assert_eq!(page.header("x-clerk-auth-reason"), "secret-key-invalid");
    assert_eq!(
        site.upstream.fetches(),
        1,
        "a refused key is not tried again at once"
    );
    assert_eq!(
        site.fetch("/api/me", &signed_in(&token)).await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    // Open pages go on.
    assert_eq!(
        site.open("/", &signed_in(&token)).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_check_at_start_finds_a_wrong_key() {
    let site = development().await;
    assert_eq!(site.layer.check().await, Ok(()));
    site.upstream.key_status.store(401, Ordering::SeqCst);
    assert_eq!(site.layer.check().await, Err(VerificationError::SecretKey));
}

#[tokio::test]
async fn with_a_public_key_nothing_is_ever_asked() {
    let layer = {
        let pem = public_key_pem();
        let more = [("CLERK_JWT_KEY", pem.as_str())];
        leptos_clerk_convex::server::ClerkLayer::new(configuration(
            DEVELOPMENT,
            "sk_test_secret",
            "http://127.0.0.1:9",
            &more,
        ))
        .unwrap()
    };
    let router = routes().layer(layer.clone());
    let token = session("user_1");
    assert_eq!(
        send(&router, data("/api/who", &signed_in(&token)))
            .await
            .body,
        "user_1"
    );
    assert_eq!(layer.check().await, Ok(()));
}

#[tokio::test]
async fn keys_of_two_instances_are_told_apart() {
    let site = development().await;
    for (proxy, expected) in [
        (site.api_url.clone(), Some(true)),
        (format!("{}/other", site.api_url), Some(false)),
        (format!("{}/nothing", site.api_url), None),
        ("/__clerk".to_owned(), None),
    ] {
        let more = [("CLERK_PROXY_URL", proxy.as_str())];
        let configuration = configuration(DEVELOPMENT, "sk_test_secret", &site.api_url, &more);
        let layer = leptos_clerk_convex::server::ClerkLayer::new(configuration).unwrap();
        assert_eq!(layer.keys_belong_together().await, expected, "{proxy}");
    }
}
