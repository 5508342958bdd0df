//! What holds for every request, however odd.

use std::time::{Duration, Instant};

use axum::body::Body;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::support::*;

/// Header names that mean something here.
const HEADERS: [&str; 13] = [
    "authorization",
    "cookie",
    "host",
    "x-forwarded-host",
    "x-forwarded-proto",
    "sec-fetch-dest",
    "accept",
    "referer",
    "origin",
    "x-clerk-auth-status",
    "content-type",
    "forwarded",
    "cloudfront-forwarded-proto",
];

const COOKIES: [&str; 12] = [
    "__session",
    "__session_SUFFIX",
    "__client_uat",
    "__client_uat_SUFFIX",
    "__clerk_db_jwt",
    "__clerk_db_jwt_SUFFIX",
    "__refresh_SUFFIX",
    "__clerk_handshake",
    "__clerk_handshake_nonce",
    "__clerk_redirect_count",
    "other",
    "",
];

/// Tokens near and far from valid ones.
fn token() -> impl Strategy<Value = String> {
    let json = prop_oneof![
        Just(json!(null)),
        Just(json!([])),
        Just(json!(7)),
        Just(json!({})),
        any::<f64>().prop_map(|n| json!({"sub": "user_1", "exp": n, "iat": n, "nbf": n})),
        "[a-z_]{0,6}".prop_map(
            |text| json!({"sub": text, "sid": text, "iss": text, "exp": 9_999_999_999_i64})
        ),
        Just(
            json!({"sub": "user_1", "v": 2, "fea": "nocolon", "o": {"id": "x", "per": "a", "fpm": "99999999999999999999"}})
        ),
        "\\PC{0,20}".prop_map(|text| json!({"handshake": [text, "__session=x"]})),
    ];
    prop_oneof![
        Just(String::new()),
        ".{0,40}",
        "[A-Za-z0-9_.=-]{0,60}",
        (json.clone(), json.clone()).prop_map(|(header, payload)| signed_with_header(
            &merge(json!({"alg": "RS256", "kid": KEY_ID}), &header),
            &payload
        )),
        (json.clone(), json).prop_map(|(header, payload)| unsigned(&header, &payload)),
        Just(session("user_1")),
        Just(expired("user_1")),
        Just(forged(&claims("user_1"))),
        Just("ak_bad".to_owned()),
        Just("mt_x".to_owned()),
    ]
}

fn merge(mut base: serde_json::Value, more: &serde_json::Value) -> serde_json::Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        base[name] = value.clone();
    }
    base
}

fn unsigned(header: &serde_json::Value, payload: &serde_json::Value) -> String {
    use base64::Engine as _;
    let part = |value: &serde_json::Value| {
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
    };
    format!("{}.{}.AAAA", part(header), part(payload))
}

#[derive(Clone, Debug)]
struct Odd {
    method: String,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    cookies: Vec<(String, String)>,
}

fn odd() -> impl Strategy<Value = Odd> {
    let value = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..24),
        token().prop_map(|token| format!("Bearer {token}").into_bytes()),
        "(https?|document|iframe|empty|text/html|evil.example|a,b| ,|:|//|\\[::1\\]|%)"
            .prop_map(String::into_bytes),
    ];
    let cookie = prop_oneof![token(), "[0-9-]{0,12}", ".{0,20}"];
    let path = prop_oneof![
        "(/[a-zA-Z0-9%._~:@!$&'()*+,;=-]{0,8}){0,4}",
        Just("/dashboard".to_owned()),
        Just("//evil.example/x".to_owned()),
        Just("*".to_owned()),
        (
            prop::sample::select(vec![
                "__clerk_handshake",
                "__clerk_handshake_nonce",
                "__clerk_db_jwt",
                "__clerk_synced",
                "__clerk_redirect_url"
            ]),
            prop_oneof![token(), "(https?:)?//[a-z]{0,4}", "javascript:x"]
        )
            .prop_map(|(name, value)| {
                let query = url::form_urlencoded::Serializer::new(String::new())
                    .append_pair(name, &value)
                    .finish();
                format!("/?{query}")
            }),
    ];
    (
        prop::sample::select(vec![
            "GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "DELETE", "PATCH",
        ]),
        path,
        prop::collection::vec((prop::sample::select(HEADERS.to_vec()), value), 0..5),
        prop::collection::vec((prop::sample::select(COOKIES.to_vec()), cookie), 0..6),
    )
        .prop_map(|(method, path, headers, cookies)| Odd {
            method: method.to_owned(),
            path,
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            cookies: cookies
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        })
}

impl Odd {
    /// `None` for what is not even HTTP.
    fn request(&self, suffix: &str) -> Option<Request<Body>> {
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(&self.path)
            .body(Body::empty())
            .ok()?;
        for (name, value) in &self.headers {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                request
                    .headers_mut()
                    .append(name.parse::<HeaderName>().unwrap(), value);
            }
        }
        for (name, value) in &self.cookies {
            let cookie = format!("{}={value}", name.replace("SUFFIX", suffix));
            if let Ok(value) = HeaderValue::from_bytes(cookie.as_bytes()) {
                request.headers_mut().append("cookie", value);
            }
        }
        Some(request)
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn check(site: &Site, runtime: &tokio::runtime::Runtime, odd: &Odd) -> Result<(), TestCaseError> {
    let suffix = site
        .layer
        .public_configuration()
        .publishable_key
        .cookie_suffix();
    let Some(request) = odd.request(&suffix) else {
        return Ok(());
    };
    let answer = runtime.block_on(site.send(request));
    prop_assert!(
        !answer.status.is_server_error(),
        "{odd:?}: {} {}",
        answer.status,
        answer.body
    );
    if answer.status == StatusCode::TEMPORARY_REDIRECT {
        prop_assert_eq!(answer.header("cache-control"), "no-store");
        prop_assert!(answer.headers.contains_key("location"));
    }
    Ok(())
}

/// A minute in continuous integration, a moment elsewhere, or what `FUZZ_SECONDS` says.
fn budget() -> Duration {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let default = if variable("CI").is_some() { 60 } else { 2 };
    let seconds = variable("FUZZ_SECONDS").and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(default))
}

#[test]
fn no_request_makes_it_fail() {
    let runtime = runtime();
    let sites = [
        runtime.block_on(development()),
        runtime.block_on(production()),
    ];
    // Without keys there is no answer but 503; they are fetched with the first request and stay.
    for site in &sites {
        runtime.block_on(site.layer.check()).unwrap();
    }
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::default()
    });
    let strategy = odd();
    let end = Instant::now() + budget();
    while Instant::now() < end {
        for site in &sites {
            let case = strategy.new_tree(&mut runner).unwrap().current();
            if let Err(failure) = check(site, &runtime, &case) {
                panic!("{failure}");
            }
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 64, failure_persistence: None, ..Config::default() })]

    /// A browser that does what it is told ends up at a page, whatever its cookies are.
    #[test]
    fn redirects_end(odd in odd()) {
        let runtime = runtime();
        let site = runtime.block_on(production());
        let suffix = site.layer.public_configuration().publishable_key.cookie_suffix();
        let mut cookies = odd.cookies.clone();
        cookies.retain(|(name, value)| name != "__clerk_redirect_count" && !value.contains(';'));
        let mut redirects = 0;
        loop {
            let cookie: Vec<_> = cookies.iter().map(|(name, value)| format!("{}={value}", name.replace("SUFFIX", &suffix))).collect();
            let Ok(cookie) = HeaderValue::from_bytes(cookie.join("; ").as_bytes()) else { return Ok(()) };
            let mut request = document("/", &[]);
            request.headers_mut().insert("cookie", cookie);
            let answer = runtime.block_on(site.send(request));
            if answer.status != StatusCode::TEMPORARY_REDIRECT {
                break;
            }
            redirects += 1;
            prop_assert!(redirects <= 3, "{cookies:?}");
            for line in answer.cookies() {
                let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
                cookies.retain(|(existing, _)| existing != name);
                cookies.insert(0, (name.to_owned(), value.to_owned()));
            }
        }
    }

    /// While there is a valid token, an outage changes nothing about who is signed in.
    #[test]
    fn an_outage_never_signs_out(statuses in prop::collection::vec(prop::sample::select(vec![0_u16, 401, 404, 500, 503]), 1..6)) {
        let runtime = runtime();
        let site = runtime.block_on(development());
        let token = session("user_1");
        prop_assert_eq!(runtime.block_on(site.fetch("/api/who", &signed_in(&token))).body, "user_1");
        for status in statuses {
            site.upstream.key_status.store(status, std::sync::atomic::Ordering::SeqCst);
            let unknown = signed_with_header(&json!({"alg": "RS256", "kid": "ins_unknown"}), &claims("user_1"));
            runtime.block_on(site.fetch("/api/who", &signed_in(&unknown)));
            prop_assert_eq!(runtime.block_on(site.fetch("/api/who", &signed_in(&token))).body, "user_1");
        }
    }

    /// Stripping what a handshake left in the address is done in one go.
    #[test]
    fn handshake_parameters_are_gone_at_once(name in "[a-z]{1,6}", value in "\\PC{0,12}") {
        let runtime = runtime();
        let site = runtime.block_on(development());
        let handshake = signed(&json!({"handshake": ["__session=; Path=/"]}));
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(&name, &value)
            .append_pair("__clerk_handshake", &handshake)
            .append_pair("__clerk_db_jwt", "db")
            .finish();
        let page = runtime.block_on(site.open(&format!("/?{query}"), &[("__clerk_db_jwt", "db")]));
        prop_assert_eq!(page.status, StatusCode::TEMPORARY_REDIRECT);
        prop_assert!(!page.header("location").contains("__clerk"), "{}", page.header("location"));
        prop_assert_eq!(page.parameter(&name), Some(value));
    }
}
