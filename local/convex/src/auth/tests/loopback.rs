//! A real issuer over HTTP, on this machine.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::get;
use axum::{Json as Body, Router};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use super::support::{ADMIN_KEY, Signer, who};
use crate::auth::{AdminKey, AuthConfig, Authenticator};

type Keys = Arc<Mutex<Vec<Json>>>;

struct Issuer {
    origin: String,
    keys: Keys,
    server: tokio::task::JoinHandle<()>,
}

impl Issuer {
    async fn start(keys: Vec<Json>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let keys: Keys = Arc::new(Mutex::new(keys));
        let discovery = json!({ "issuer": origin, "jwks_uri": format!("{origin}/jwks") });
        let router = Router::new()
            .route(
                "/.well-known/openid-configuration",
                get(|| async { Body(discovery) }),
            )
            .route(
                "/jwks",
                get(|State(keys): State<Keys>| async move {
                    Body(json!({ "keys": *keys.lock().unwrap() }))
                }),
            )
            .with_state(Arc::clone(&keys));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            origin,
            keys,
            server,
        }
    }

    fn claims(&self) -> Json {
        json!({ "iss": self.origin, "sub": "user_1", "aud": "convex", "iat": 1000, "exp": 2000 })
    }

    fn authenticator(&self) -> Authenticator {
        let providers =
            json!({ "providers": [{ "domain": self.origin, "applicationID": "convex" }] });
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Authenticator::new(
            AuthConfig::from_json(&providers).unwrap(),
            AdminKey::new(ADMIN_KEY),
            http,
        )
    }
}

#[tokio::test]
async fn discovery_rotation_and_outage() {
    let (first, second) = (Signer::rsa(), Signer::rsa());
    let issuer = Issuer::start(vec![first.published("first")]).await;
    let authenticator = issuer.authenticator();
    let person = Ok(format!("{}|user_1", issuer.origin));
    let token = first.token("first", &issuer.claims());
    assert_eq!(who(authenticator.authenticate(&token, 1010).await), person);
    *issuer.keys.lock().unwrap() = vec![second.published("second")];
    let token = second.token("second", &issuer.claims());
    assert_eq!(who(authenticator.authenticate(&token, 1010).await), person);
    issuer.server.abort();
    let _ = issuer.server.await;
    assert_eq!(who(authenticator.authenticate(&token, 1500).await), person);
}

#[tokio::test]
async fn an_issuer_that_is_down_is_named() {
    let signer = Signer::ed25519();
    let issuer = Issuer::start(Vec::new()).await;
    let (authenticator, token) = (issuer.authenticator(), signer.token("k", &issuer.claims()));
    issuer.server.abort();
    let _ = issuer.server.await;
    let error = authenticator.authenticate(&token, 1010).await.unwrap_err();
    assert_eq!(error.code(), "AuthProviderDiscoveryFailed");
    let message = error.to_string();
    assert!(
        message.contains(&issuer.origin) && message.contains("refused"),
        "{message}"
    );
}
