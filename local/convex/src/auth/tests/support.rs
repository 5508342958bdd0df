//! Issuers whose documents are in memory, and the keys that they sign with.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use url::Url;

use crate::auth::documents::{BoxFuture, Document, Documents, NoAnswer};
use crate::auth::{AdminKey, AuthConfig, AuthenticationError, Authenticator, Identity};
use crate::secret::Secret;

pub(super) const ISSUER: &str = "https://issuer.example";
pub(super) const JWKS: &str = "https://issuer.example/.well-known/jwks.json";
pub(super) const ADMIN_KEY: &str = "local|0123456789abcdef";

/// A key pair of one of the three kinds.
pub(super) enum Signer {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    pub(super) fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    pub(super) fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(super) fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// The public half, as a key set lists it.
    pub(super) fn published(&self, kid: &str) -> Json {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa(pair) => {
                let key = pair.public_key();
                json!({ "kty": "RSA", "kid": kid, "alg": "RS256", "use": "sig",
                    "n": encode(key.modulus().big_endian_without_leading_zero()),
                    "e": encode(key.exponent().big_endian_without_leading_zero()) })
            }
            Self::P256(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "kid": kid,
                    "x": encode(&point[1..33]), "y": encode(&point[33..]) })
            }
            Self::Ed25519(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid,
                "x": encode(pair.public_key().as_ref()) }),
        }
    }

    /// A token with its own key's algorithm.
    pub(super) fn token(&self, kid: &str, claims: &Json) -> Secret {
        self.token_with(
            &json!({ "alg": self.algorithm(), "kid": kid, "typ": "JWT" }),
            claims,
        )
    }

    pub(super) fn token_with(&self, header: &Json, claims: &Json) -> Secret {
        let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let (message, random) = (signed.as_bytes(), SystemRandom::new());
        let signature = match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
            Self::P256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        };
        Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// Documents by their address, which can change and fail, and a count of the requests.
#[derive(Clone, Default)]
pub(super) struct Web(Arc<WebState>);

#[derive(Default)]
struct WebState {
    documents: Mutex<BTreeMap<String, Result<Document, NoAnswer>>>,
    requests: AtomicUsize,
}

impl Web {
    /// An issuer whose discovery document leads to these keys.
    pub(super) fn issuer(keys: &[Json]) -> Self {
        let web = Self::default();
        let discovery = json!({ "issuer": ISSUER, "jwks_uri": JWKS });
        web.publish(
            &format!("{ISSUER}/.well-known/openid-configuration"),
            &discovery,
        );
        web.publish_keys(keys);
        web
    }

    pub(super) fn publish_keys(&self, keys: &[Json]) {
        self.publish(JWKS, &json!({ "keys": keys }));
    }

    pub(super) fn publish(&self, url: &str, body: &Json) {
        self.set(
            url,
            Ok(Document {
                status: 200,
                content_type: Some("application/json; charset=utf-8".to_owned()),
                body: body.to_string().into_bytes(),
            }),
        );
    }

    pub(super) fn set(&self, url: &str, answer: Result<Document, NoAnswer>) {
        self.0
            .documents
            .lock()
            .unwrap()
            .insert(url.to_owned(), answer);
    }

    pub(super) fn fail(&self, url: &str) {
        self.set(url, Err(NoAnswer::TimedOut));
    }

    pub(super) fn requests(&self) -> usize {
        self.0.requests.load(Ordering::SeqCst)
    }
}

impl Documents for Web {
    fn get(&self, url: Url) -> BoxFuture<'_, Result<Document, NoAnswer>> {
        Box::pin(async move {
            self.0.requests.fetch_add(1, Ordering::SeqCst);
            // Others get their turn while this one waits, as with a real request.
            tokio::task::yield_now().await;
            let documents = self.0.documents.lock().unwrap();
            documents.get(url.as_str()).cloned().unwrap_or(Ok(Document {
                status: 404,
                content_type: None,
                body: Vec::new(),
            }))
        })
    }
}

pub(super) fn oidc() -> Json {
    json!({ "domain": ISSUER, "applicationID": "convex" })
}

pub(super) fn authenticator(providers: &[Json], web: &Web) -> Authenticator {
    let config = AuthConfig::from_json(&json!({ "providers": providers })).unwrap();
    Authenticator::with_documents(config, AdminKey::new(ADMIN_KEY), web.clone())
}

/// Claims that are good from 1000 to 1060.
pub(super) fn claims() -> Json {
    json!({ "iss": ISSUER, "sub": "user_1", "aud": "convex", "iat": 1000, "exp": 1060 })
}

/// Claims with some of them replaced, or taken away by null.
pub(super) fn claims_with(changes: Json) -> Json {
    let mut claims = claims();
    let all = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            all.remove(name);
        } else {
            all.insert(name.clone(), value.clone());
        }
    }
    claims
}

/// The `tokenIdentifier`, or the error.
pub(super) fn who(
    outcome: Result<Identity, AuthenticationError>,
) -> Result<String, AuthenticationError> {
    outcome.map(|identity| identity.user().unwrap().token_identifier.clone())
}
