//! An issuer of tokens, a Backend API, and an application to send requests to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, Request, StatusCode};
use leptos_clerk_convex::config::Configuration;
use leptos_clerk_convex::identity::Requirement;
use leptos_clerk_convex::server::{
    Auth, ClerkLayer, Protection, RequireAuth, TokenType, require_auth,
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// A development key for `clerk.example.lcl.dev`, and a production key for `clerk.example.com`.
pub const DEVELOPMENT: &str = "pk_test_Y2xlcmsuZXhhbXBsZS5sY2wuZGV2JA";
pub const PRODUCTION: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";
pub const KEY_ID: &str = "ins_test";

/// Making an RSA key takes a while; one is enough.
static KEY: LazyLock<RsaKeyPair> =
    LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
static STRANGER: LazyLock<RsaKeyPair> =
    LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());

pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
        .try_into()
        .unwrap()
}

fn sign(key: &RsaKeyPair, header: &Value, payload: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(payload));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        text.as_bytes(),
        &mut signature,
    )
    .unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A token with this payload, signed by the instance.
pub fn signed(payload: &Value) -> String {
    sign(
        &KEY,
        &json!({"alg": "RS256", "typ": "JWT", "kid": KEY_ID}),
        payload,
    )
}

/// A token with this header, signed by the instance.
pub fn signed_with_header(header: &Value, payload: &Value) -> String {
    sign(&KEY, header, payload)
}

/// A token that somebody else signed.
pub fn forged(payload: &Value) -> String {
    sign(
        &STRANGER,
        &json!({"alg": "RS256", "typ": "JWT", "kid": KEY_ID}),
        payload,
    )
}

/// The claims of somebody who signed in a moment ago.
pub fn claims(user: &str) -> Value {
    json!({
        "iss": "https://clerk.example.lcl.dev", "sub": user, "sid": format!("sess_{user}"), "azp": "http://app.example",
        "iat": now() - 5, "nbf": now() - 15, "exp": now() + 60, "v": 2, "name": "Ada Lovelace", "email": "ada@example.com",
    })
}

pub fn with(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

pub fn session(user: &str) -> String {
    signed(&claims(user))
}

pub fn expired(user: &str) -> String {
    signed(&with(
        claims(user),
        &json!({"iat": now() - 120, "nbf": now() - 130, "exp": now() - 60}),
    ))
}

pub fn key_set() -> Value {
    let key = KEY.public_key();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({"keys": [{
        "kty": "RSA", "kid": KEY_ID, "use": "sig", "alg": "RS256",
        "n": part(key.modulus().big_endian_without_leading_zero()),
        "e": part(key.exponent().big_endian_without_leading_zero()),
    }]})
}

/// A Backend API on loopback.
#[derive(Default)]
pub struct Upstream {
    /// What `jwks` answers; 0 is the key set.
    pub key_status: AtomicU16,
    pub key_fetches: AtomicU32,
    /// Cookie lines that a refresh answers.
    pub refreshed: Mutex<Vec<String>>,
    /// Cookie lines that a handshake's nonce stands for.
    pub directives: Mutex<Vec<String>>,
    /// Path and body of every other call.
    pub calls: Mutex<Vec<(String, Value)>>,
    /// When set, `jwks` answers only after this many requests wait at it, or time is up.
    pub barrier: Mutex<Option<Arc<tokio::sync::Notify>>>,
}

impl Upstream {
    pub fn fetches(&self) -> u32 {
        self.key_fetches.load(Ordering::SeqCst)
    }
}

async fn serve(upstream: Arc<Upstream>) -> String {
    async fn keys(State(upstream): State<Arc<Upstream>>) -> Response {
        upstream.key_fetches.fetch_add(1, Ordering::SeqCst);
        let barrier = upstream.barrier.lock().unwrap().clone();
        if let Some(barrier) = barrier {
            barrier.notified().await;
        }
        match upstream.key_status.load(Ordering::SeqCst) {
            // With a charset, as some proxies add it.
            0 => (
                [("content-type", "application/json; charset=utf-8")],
                key_set().to_string(),
            )
                .into_response(),
            status => (
                StatusCode::from_u16(status).unwrap(),
                Json(json!({"errors": []})),
            )
                .into_response(),
        }
    }
    async fn refresh(
        State(upstream): State<Arc<Upstream>>,
        Path(id): Path<String>,
        Json(body): Json<Value>,
    ) -> Json<Value> {
        upstream
            .calls
            .lock()
            .unwrap()
            .push((format!("refresh {id}"), body));
        Json(json!({"object": "cookies", "cookies": *upstream.refreshed.lock().unwrap()}))
    }
    async fn payload(State(upstream): State<Arc<Upstream>>) -> Json<Value> {
        Json(json!({"directives": *upstream.directives.lock().unwrap()}))
    }
    async fn template(
        State(upstream): State<Arc<Upstream>>,
        Path((id, name)): Path<(String, String)>,
    ) -> Response {
        upstream
            .calls
            .lock()
            .unwrap()
            .push((format!("token {id} {name}"), Value::Null));
        if name == "convex" {
            Json(json!({"object": "token", "jwt": "template.token.signature"})).into_response()
        } else {
            (
                StatusCode::NOT_FOUND,
                Json(json!({"errors": [{"code": "resource_not_found"}]})),
            )
                .into_response()
        }
    }
    async fn api_key(Json(body): Json<Value>) -> Response {
        if body["secret"] == json!("ak_good") {
            let key = json!({"object": "api_key", "id": "ak_1", "subject": "user_key", "scopes": ["read"], "name": "ci"});
            Json(key).into_response()
        } else {
            (StatusCode::NOT_FOUND, Json(json!({}))).into_response()
        }
    }
    let router = Router::new()
        .route("/v1/jwks", get(keys))
        .route("/.well-known/jwks.json", get(|| async { Json(key_set()) }))
        .route(
            "/other/.well-known/jwks.json",
            get(|| async {
                let mut other = key_set();
                other["keys"][0]["kid"] = json!("ins_other");
                Json(other)
            }),
        )
        .route("/v1/sessions/{id}/refresh", post(refresh))
        .route("/v1/sessions/{id}/tokens/{template}", post(template))
        .route("/v1/clients/handshake_payload", get(payload))
        .route("/api_keys/verify", post(api_key))
        .with_state(upstream);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

/// An application behind the layer.
pub struct Site {
    pub router: Router,
    pub layer: ClerkLayer,
    pub api_url: String,
    pub upstream: Arc<Upstream>,
}

pub async fn development() -> Site {
    site(DEVELOPMENT, "sk_test_secret", &[]).await
}

pub async fn production() -> Site {
    site(PRODUCTION, "sk_live_secret", &[]).await
}

pub async fn site(publishable: &str, secret: &str, more: &[(&str, &str)]) -> Site {
    let upstream = Arc::new(Upstream::default());
    let api_url = serve(Arc::clone(&upstream)).await;
    let configuration = configuration(publishable, secret, &api_url, more);
    let layer = ClerkLayer::new(configuration).unwrap();
    Site {
        router: routes().layer(layer.clone()),
        layer,
        api_url,
        upstream,
    }
}

pub fn configuration(
    publishable: &str,
    secret: &str,
    api_url: &str,
    more: &[(&str, &str)],
) -> Configuration {
    let mut variables = BTreeMap::from([
        ("CLERK_PUBLISHABLE_KEY", publishable),
        ("CLERK_SECRET_KEY", secret),
        ("CLERK_API_URL", api_url),
        ("CLERK_SIGN_IN_URL", "/sign-in"),
    ]);
    variables.extend(more.iter().copied());
    Configuration::from_lookup(|name| variables.get(name).map(|value| (*value).to_owned())).unwrap()
}

/// Pages and data, open and protected.
pub fn routes() -> Router {
    let pages = Router::new()
        .route(
            "/dashboard",
            get(|auth: Auth| async move { Html(format!("hello {}", auth.user_id().unwrap())) }),
        )
        .route("/dashboard/{*rest}", get(|| async { Html("deep") }))
        .route(
            "/api/private",
            get(|| async { "private" }).post(|| async { "changed" }),
        )
        .route_layer(require_auth());
    let admins = Router::new()
        .route("/admin", get(|| async { Html("admin") }))
        .route("/api/admin", get(|| async { "admin" }))
        .route_layer(
            Protection::new()
                .requirement(Requirement::role("org:admin"))
                .layer(),
        );
    let machines = Router::new()
        .route(
            "/api/machine",
            get(|auth: Auth| async move { auth.machine().unwrap().subject.clone() }),
        )
        .route_layer(Protection::new().accepts(TokenType::ApiKey).layer());
    Router::new()
        .route("/", get(|| async { Html("welcome") }))
        .route("/plain", get(|| async { "the same for everybody" }))
        .route(
            "/static",
            get(|| async { ([("cache-control", "public, max-age=3600")], "asset") }),
        )
        .route("/form", post(|| async { "posted" }))
        .route(
            "/api/who",
            get(|auth: Auth| async move { auth.user_id().unwrap_or("nobody").to_owned() }),
        )
        .route(
            "/api/maybe",
            get(|auth: Option<Auth>| async move { auth.is_some().to_string() }),
        )
        .route(
            "/api/me",
            get(|user: RequireAuth| async move { user.user_id().to_owned() }),
        )
        .merge(pages)
        .merge(admins)
        .merge(machines)
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    pub fn cookies(&self) -> Vec<&str> {
        self.headers
            .get_all("set-cookie")
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }

    pub fn location(&self) -> url::Url {
        self.header("location")
            .parse()
            .unwrap_or_else(|_| panic!("no location: {} {:?}", self.status, self.headers))
    }

    pub fn parameter(&self, name: &str) -> Option<String> {
        self.location()
            .query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

impl Site {
    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    /// A browser opens a page.
    pub async fn open(&self, path: &str, cookies: &[(&str, &str)]) -> Answer {
        self.send(document(path, cookies)).await
    }

    /// A script fetches data.
    pub async fn fetch(&self, path: &str, cookies: &[(&str, &str)]) -> Answer {
        self.send(data(path, cookies)).await
    }
}

pub async fn send(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

pub fn document(path: &str, cookies: &[(&str, &str)]) -> Request<Body> {
    request(
        "GET",
        path,
        &[("sec-fetch-dest", "document"), ("accept", "text/html,*/*")],
        cookies,
    )
}

pub fn data(path: &str, cookies: &[(&str, &str)]) -> Request<Body> {
    request(
        "GET",
        path,
        &[("sec-fetch-dest", "empty"), ("accept", "application/json")],
        cookies,
    )
}

pub fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    cookies: &[(&str, &str)],
) -> Request<Body> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "app.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if !cookies.is_empty() {
        let cookies: Vec<_> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        request = request.header("cookie", cookies.join("; "));
    }
    request.body(Body::empty()).unwrap()
}

/// The cookies of a browser in which somebody is signed in to a development instance.
pub fn signed_in(token: &str) -> [(&str, &str); 3] {
    [
        ("__session", token),
        ("__client_uat", "1"),
        ("__clerk_db_jwt", "dev-browser"),
    ]
}

/// The instance's public key in PEM form.
pub fn public_key_pem() -> String {
    use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
    let der: PublicKeyX509Der<'_> = KEY.public_key().as_der().unwrap();
    let body = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----")
}
