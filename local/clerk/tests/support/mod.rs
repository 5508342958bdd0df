//! A browser, as far as the Frontend API is concerned: it keeps cookies and the dev browser, and speaks ClerkJS's dialect.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

pub mod fixtures;

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fixtures::fixture;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use local_clerk::{Clock, Data, LocalClerk, Options};
use serde_json::Value;
use totp_rs::{Builder, Secret};
use tower::ServiceExt as _;

pub const ORIGIN: &str = "http://127.0.0.1:4010";
/// A time without meaning, so that no test depends on today.
pub const START: u64 = 1_795_470_515;

pub const ADA: &str = "admin+clerk_test@example.com";
pub const ADA_PASSWORD: &str = "local-admin-password";
pub const MAX: &str = "member+clerk_test@example.com";
pub const MAX_PASSWORD: &str = "local-member-password";

/// An instance in memory with a clock that stands still.
pub struct World {
    pub clerk: LocalClerk,
    pub clock: Clock,
    app: Router,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
}

impl World {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Options)) -> Self {
        let clock = Clock::manual(UNIX_EPOCH + Duration::from_secs(START));
        let mut options = Options::new(Data::Memory, ORIGIN);
        options.clock = clock.clone();
        change(&mut options);
        let clerk = LocalClerk::open(options).unwrap();
        let app = Router::new().nest("/__clerk", clerk.router());
        Self { clerk, clock, app }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(
            Request::get(format!("/__clerk{path}"))
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    /// A call of the Backend API with the secret key.
    pub async fn backend(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("/__clerk/bapi/v1{path}"))
            .header(
                header::AUTHORIZATION,
                format!("Bearer {}", self.clerk.secret_key()),
            )
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .unwrap();
        self.send(request).await
    }

    /// A browser that has booted: with a dev browser.
    pub async fn browser(&self) -> Browser<'_> {
        let mut browser = Browser {
            world: self,
            cookies: BTreeMap::new(),
            dev_browser: None,
        };
        let answer = browser.post("/dev_browser", &[]).await;
        browser.dev_browser = Some(answer.body["id"].as_str().unwrap().to_owned());
        browser
    }

    /// A browser in which someone has signed in with a password.
    pub async fn signed_in(&self, identifier: &str, password: &str) -> Browser<'_> {
        let mut browser = self.browser().await;
        let answer = browser
            .post(
                "/client/sign_ins",
                &[("identifier", identifier), ("password", password)],
            )
            .await;
        assert_eq!(
            answer.body["response"]["status"], "complete",
            "{}",
            answer.text
        );
        browser
    }
}

pub struct Browser<'w> {
    pub world: &'w World,
    pub cookies: BTreeMap<String, String>,
    pub dev_browser: Option<String>,
}

impl Browser<'_> {
    pub async fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.call("POST", path, Some(form)).await
    }

    /// PATCH, PUT and DELETE travel as ClerkJS sends them.
    pub async fn verb(&mut self, verb: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let separator = if path.contains('?') { '&' } else { '?' };
        self.call(
            "POST",
            &format!("{path}{separator}_method={verb}"),
            Some(form),
        )
        .await
    }

    async fn call(&mut self, method: &str, path: &str, form: Option<&[(&str, &str)]>) -> Answer {
        let separator = if path.contains('?') { '&' } else { '?' };
        let mut uri = format!(
            "/__clerk/v1{path}{separator}__clerk_api_version=2026-08-20&_clerk_js_version=6.40.0"
        );
        if let Some(id) = &self.dev_browser {
            uri.push_str(&format!("&__clerk_db_jwt={id}"));
        }
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::HOST, "127.0.0.1:4010");
        if method == "POST" {
            request = request
                .header(header::ORIGIN, ORIGIN)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let body = form.map_or_else(Body::empty, |form| {
            let mut text = url::form_urlencoded::Serializer::new(String::new());
            text.extend_pairs(form);
            Body::from(text.finish())
        });
        self.send(request, body).await
    }

    /// Sends a request with the browser's cookies and keeps those of the answer.
    pub async fn send(&mut self, mut request: http::request::Builder, body: Body) -> Answer {
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let answer = self.world.send(request.body(body).unwrap()).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        answer
    }

    /// What a browser does with a `Set-Cookie` line.
    pub fn keep(&mut self, line: &str) {
        let (name, rest) = line.split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        if rest.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The client's only session.
    pub async fn session_id(&mut self) -> String {
        let answer = self.get("/client").await;
        answer.body["response"]["sessions"][0]["id"]
            .as_str()
            .expect("a session")
            .to_owned()
    }

    pub async fn token(&mut self) -> Value {
        let id = self.session_id().await;
        let answer = self
            .post(
                &format!("/client/sessions/{id}/tokens"),
                &[("organization_id", "")],
            )
            .await;
        claims(answer.body["jwt"].as_str().unwrap())
    }
}

/// The code that an authenticator app shows now.
pub fn totp_code(clock: &Clock, secret: &str) -> String {
    let seconds = clock.now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let generator = Builder::new()
        .with_secret(Secret::try_from_base32(secret).unwrap())
        .build()
        .unwrap();
    generator.generate(seconds).to_string()
}

/// The payload of a token, unverified.
pub fn claims(jwt: &str) -> Value {
    part(jwt, 1)
}

/// The header of a token.
pub fn token_header(jwt: &str) -> Value {
    part(jwt, 0)
}

fn part(jwt: &str, index: usize) -> Value {
    serde_json::from_slice(
        &URL_SAFE_NO_PAD
            .decode(jwt.split('.').nth(index).unwrap())
            .unwrap(),
    )
    .unwrap()
}

/// What the Backend API answered in a recorded exchange.
pub fn recorded(method: &str, path: &str) -> Value {
    let all = fixture("bapi");
    let matches = |exchange: &&Value| {
        exchange["request"]["logical_method"] == method
            && exchange["request"]["path"]
                .as_str()
                .unwrap()
                .starts_with(path)
    };
    all.as_array().unwrap().iter().find(matches).unwrap()["response"].clone()
}

/// The id of the person with this address.
pub async fn user_id(world: &World, address: &str) -> String {
    let address = url::form_urlencoded::byte_serialize(address.as_bytes()).collect::<String>();
    let found = world
        .backend("GET", &format!("/users?email_address={address}"), None)
        .await;
    found.body[0]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", found.text))
        .to_owned()
}

pub fn error_code(answer: &Answer) -> &str {
    answer.body["errors"][0]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("no error in {}", answer.text))
}

/// Compares the shape of `found` with a fixture: the same keys with the same types, all the way down. Null stands for any
/// type on both sides; every element of an array has the shape of one of the fixture's.
pub fn assert_shape(found: &Value, fixture: &Value, path: &str) {
    if let Some(difference) = shape_difference(found, fixture, path) {
        panic!("{difference}\nfound: {found}\nfixture: {fixture}");
    }
}

fn shape_difference(found: &Value, fixture: &Value, path: &str) -> Option<String> {
    match (found, fixture) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Object(found), Value::Object(fixture)) => {
            if !path.ends_with("metadata") {
                // Present only when there is something to say.
                let optional = |name: &&String| {
                    !matches!(
                        name.as_str(),
                        "external_verification_redirect_url" | "error"
                    )
                };
                let names = |map: &serde_json::Map<String, Value>| {
                    map.keys()
                        .filter(optional)
                        .cloned()
                        .collect::<std::collections::BTreeSet<_>>()
                };
                let (names, expected) = (names(found), names(fixture));
                if names != expected {
                    return Some(format!(
                        "at {path}: unexpected {:?}, missing {:?}",
                        names.difference(&expected).collect::<Vec<_>>(),
                        expected.difference(&names).collect::<Vec<_>>()
                    ));
                }
            }
            fixture.iter().find_map(|(name, fixture)| {
                found
                    .get(name)
                    .and_then(|found| shape_difference(found, fixture, &format!("{path}.{name}")))
            })
        }
        (Value::Array(found), Value::Array(fixture)) => {
            found.iter().enumerate().find_map(|(index, found)| {
                let path = format!("{path}[{index}]");
                let differences: Option<Vec<String>> = fixture
                    .iter()
                    .map(|fixture| shape_difference(found, fixture, &path))
                    .collect();
                differences.and_then(|differences| differences.into_iter().next())
            })
        }
        _ => (std::mem::discriminant(found) != std::mem::discriminant(fixture))
            .then(|| format!("at {path}: {found} is not of the type of {fixture}")),
    }
}
