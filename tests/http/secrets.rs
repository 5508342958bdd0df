//! Nothing secret is ever printed.

use std::io::Write;
use std::sync::{Arc, Mutex};

use http::StatusCode;
use serde_json::json;

use crate::support::*;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn assert_silent(what: &str, text: &str) {
    for secret in ["eyJ", "sk_", "ak_good", "refresh-token", "dev-browser"] {
        assert!(!text.contains(secret), "{what} holds `{secret}`: {text}");
    }
}

/// On one thread, so that everything that is logged passes the subscriber of this test.
#[tokio::test(flavor = "current_thread")]
async fn no_log_line_holds_a_secret() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    tracing::info!("the log is captured");

    for site in [development().await, production().await] {
        let suffix = site
            .layer
            .public_configuration()
            .publishable_key
            .cookie_suffix();
        let refresh = format!("__refresh_{suffix}");
        let handshake = forged(&json!({"handshake": []}));
        let wrong = forged(&claims("user_1"));
        for token in [
            session("user_1"),
            expired("user_1"),
            wrong,
            "garbage".to_owned(),
        ] {
            let cookies = [
                ("__session", token.as_str()),
                ("__client_uat", "1"),
                ("__clerk_db_jwt", "dev-browser"),
                (refresh.as_str(), "refresh-token"),
                ("__clerk_handshake", handshake.as_str()),
            ];
            for path in ["/dashboard", "/api/who", "/api/me", "/admin"] {
                site.open(path, &cookies[..4]).await;
                site.open(path, &cookies).await;
                site.fetch(path, &cookies[..4]).await;
                site.open(&format!("{path}?__clerk_handshake={token}"), &cookies[..4])
                    .await;
            }
            let authorization = format!("Bearer {token}");
            site.send(request(
                "GET",
                "/api/machine",
                &[("authorization", &authorization)],
                &[],
            ))
            .await;
        }
        site.send(request(
            "GET",
            "/api/machine",
            &[("authorization", "Bearer ak_good")],
            &[],
        ))
        .await;
        site.upstream
            .key_status
            .store(503, std::sync::atomic::Ordering::SeqCst);
        let _ = site.layer.check().await;
    }
    // A Backend API that is not there at all.
    let configuration = configuration(DEVELOPMENT, "sk_test_secret", "http://127.0.0.1:9", &[]);
    let layer = leptos_clerk_convex::server::ClerkLayer::new(configuration).unwrap();
    let _ = layer.check().await;
    drop(guard);

    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("the log is captured") && log.contains("could not fetch the key set"),
        "{log}"
    );
    assert_silent("the log", &log);
}

#[tokio::test]
async fn no_debug_output_holds_a_secret() {
    let site = development().await;
    let token = session("user_1");
    let printed = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&printed);
    let router = axum::Router::new()
        .route(
            "/print",
            axum::routing::get(move |auth: leptos_clerk_convex::server::Auth| async move {
                let refused = auth
                    .protect(&leptos_clerk_convex::identity::Requirement::Never)
                    .unwrap_err();
                *sink.lock().unwrap() =
                    format!("{auth:?} {:?} {refused:?} {refused}", auth.token());
                StatusCode::OK
            }),
        )
        .layer(site.layer.clone());
    assert_eq!(
        send(
            &router,
            data(&format!("/print?x={token}"), &signed_in(&token))
        )
        .await
        .status,
        StatusCode::OK
    );
    let text = printed.lock().unwrap().clone();
    assert!(text.contains("Token(…)"), "{text}");
    assert_silent("Auth", &text);
    assert_silent("the layer", &format!("{:?}", site.layer));
    let configuration = configuration(DEVELOPMENT, "sk_test_secret", "http://127.0.0.1:9", &[]);
    assert_silent("the configuration", &format!("{configuration:?}"));
}

#[tokio::test]
async fn no_answer_to_a_stranger_holds_a_secret() {
    let site = development().await;
    for token in [
        expired("user_1"),
        forged(&claims("user_1")),
        "garbage".to_owned(),
    ] {
        let answer = site.fetch("/api/private", &signed_in(&token)).await;
        assert_silent("the body", &answer.body);
        for (name, value) in &answer.headers {
            if name != "set-cookie" && name != "location" {
                assert_silent(name.as_str(), value.to_str().unwrap());
            }
        }
    }
}
