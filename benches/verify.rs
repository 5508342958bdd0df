//! What authentication costs: a session token verified for the first time and again, beside the bare RSA verification of the
//! same library in the same run, and what the layer adds to a handler that does nothing.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark stops when its preparation fails"
)]

use std::hint::black_box;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
    UnparsedPublicKey,
};
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use criterion::{Criterion, criterion_group, criterion_main};
use http::Request;
use leptos_clerk_convex::config::{
    Configuration, JwtKey, PublicConfiguration, PublishableKey, SecretKey,
};
use leptos_clerk_convex::server::{Auth, ClaimRules, ClerkLayer, VerificationKey, contract};
use serde_json::json;
use tower::ServiceExt as _;

const NOW_MS: i64 = 1_700_000_000_000;

struct Fixture {
    pair: RsaKeyPair,
    pem: String,
    token: String,
}

impl Fixture {
    /// A token as a customised instance issues it, about 870 bytes, good from `now_ms` on for ten years.
    fn new(now_ms: i64) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----",
            STANDARD.encode(der.as_ref())
        );
        let now = now_ms / 1_000;
        let header = json!({"alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": "ins_2GIoQhbUpy0hX7B2cVkuTMinXoD", "typ": "JWT"});
        let payload = json!({
            "azp": "https://app.example.com", "email": "ada@example.com", "exp": now + 315_360_000, "fea": "o:dashboard,u:x",
            "fva": [7, -1], "iat": now, "iss": "https://clerk.example.com", "jti": "8b4a4e2c9a1f0d7e6c55", "name": "Ada Lovelace",
            "nbf": now - 10, "o": {"fpm": "3", "id": "org_2xKa9Bgv7NxMRDFyQw8LpZ3cTmU", "per": "manage,read", "rol": "admin", "slg": "acme"},
            "pla": "u:free,o:business", "sid": "sess_2GbDB4enNdCa5vS1zpC3Xzg9tK9", "sts": "active", "sub": "user_2GIpXOEpVyJw51rkZn9Kmnc6Sxr", "v": 2,
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&payload));
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        )
        .unwrap();
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(&signature));
        Self { pair, pem, token }
    }
}

fn verification(criterion: &mut Criterion) {
    let fixture = Fixture::new(NOW_MS);
    let mut group = criterion.benchmark_group(format!("a token of {} bytes", fixture.token.len()));

    let (signed, signature) = fixture.token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let der: PublicKeyX509Der<'_> = fixture.pair.public_key().as_der().unwrap();
    let unparsed = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_ref());
    group.bench_function("bare RSA, key parsed each time", |bencher| {
        bencher.iter(|| {
            unparsed
                .verify(black_box(signed.as_bytes()), &signature)
                .unwrap()
        });
    });
    let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_ref()).unwrap();
    group.bench_function("bare RSA, key parsed once", |bencher| {
        bencher.iter(|| {
            parsed
                .verify_sig(black_box(signed.as_bytes()), &signature)
                .unwrap()
        });
    });

    let key = Arc::new(VerificationKey::from_pem(&fixture.pem).unwrap());
    let rules = ClaimRules::default();
    group.bench_function("cold", |bencher| {
        bencher.iter(|| {
            contract::verify_token(
                black_box(&fixture.token),
                |_| Ok(Arc::clone(&key)),
                &rules,
                None,
                NOW_MS,
            )
            .unwrap()
        });
    });
    let verifier = contract::RememberingVerifier::default();
    group.bench_function("cold, identity and memory included", |bencher| {
        bencher.iter(|| {
            verifier.forget();
            verifier
                .verify(black_box(&fixture.token), &key, NOW_MS)
                .unwrap()
        });
    });
    verifier.verify(&fixture.token, &key, NOW_MS).unwrap();
    group.bench_function("cached", |bencher| {
        bencher.iter(|| {
            verifier
                .verify(black_box(&fixture.token), &key, NOW_MS)
                .unwrap()
        });
    });
    group.finish();
}

fn layer(criterion: &mut Criterion) {
    let now_ms = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis();
    let fixture = Fixture::new(i64::try_from(now_ms).unwrap() - 1_000);
    let key = PublishableKey::parse("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").unwrap();
    let mut configuration = Configuration::new(
        PublicConfiguration::new(key),
        SecretKey::new("sk_live_benchmark").unwrap(),
    );
    configuration.jwt_key = Some(JwtKey::parse(&fixture.pem).unwrap());
    let bare = || Router::new().route("/", get(|| async { "hello" }));
    let reading = Router::new().route(
        "/",
        get(|auth: Auth| async move {
            if auth.user_id().is_some() {
                "somebody"
            } else {
                "nobody"
            }
        }),
    );
    let layer = ClerkLayer::new(configuration).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();

    let anonymous = || {
        Request::get("/")
            .header("host", "app.example.com")
            .body(Body::empty())
            .unwrap()
    };
    let cookie = format!("__session={}; __client_uat=1", fixture.token);
    let signed_in = || {
        Request::get("/")
            .header("host", "app.example.com")
            .header("cookie", &cookie)
            .body(Body::empty())
            .unwrap()
    };
    let mut group = criterion.benchmark_group("a handler that does nothing");
    for (name, router, with_session) in [
        ("without the layer", bare(), true),
        (
            "behind the layer, nobody",
            bare().layer(layer.clone()),
            false,
        ),
        (
            "behind the layer, signed in",
            bare().layer(layer.clone()),
            true,
        ),
        (
            "behind the layer, signed in and asked",
            reading.layer(layer),
            true,
        ),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let request = if with_session {
                    signed_in()
                } else {
                    anonymous()
                };
                let response = runtime.block_on(router.clone().oneshot(request)).unwrap();
                assert!(response.status().is_success());
                response
            });
        });
    }
    group.finish();
}

criterion_group!(benches, verification, layer);
criterion_main!(benches);
