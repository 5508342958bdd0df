//! An instance that signs for tests.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::config::{Configuration, JwtKey, PublicConfiguration, PublishableKey, SecretKey};

use super::TestSession;

/// The `kid` of everything that is signed.
const KEY_ID: &str = "ins_test";

/// An instance with an RSA key of its own, made when it is. Clones share it.
#[derive(Clone)]
pub struct TestIssuer(Arc<Issuer>);

struct Issuer {
    key_pair: KeyPair,
    publishable_key: PublishableKey,
    secret_key: SecretKey,
    public_key_pem: String,
}

/// The instance could not be made: the machine gives no randomness, or a host is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no test instance could be made")]
pub struct TestIssuerError;

impl TestIssuer {
    /// A development instance. Pages of signed-out people redirect to its handshake, as in development.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn development() -> Result<Self, TestIssuerError> {
        Self::for_frontend_api("test-issuer-1.clerk.accounts.dev")
    }

    /// A production instance at `clerk.example.com`.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn production() -> Result<Self, TestIssuerError> {
        Self::for_frontend_api("clerk.example.com")
    }

    /// The instance whose Frontend API has this host.
    ///
    /// # Errors
    /// When it is no host, or no key can be made.
    pub fn for_frontend_api(host: &str) -> Result<Self, TestIssuerError> {
        let publishable_key =
            PublishableKey::for_frontend_api(host).map_err(|_| TestIssuerError)?;
        let kind = if publishable_key.is_development() {
            "test"
        } else {
            "live"
        };
        let key_pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| TestIssuerError)?;
        let public: PublicKeyX509Der<'_> = key_pair
            .public_key()
            .as_der()
            .map_err(|_| TestIssuerError)?;
        let public_key_pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(public.as_ref())
        );
        let secret_key =
            SecretKey::new(format!("sk_{kind}_of_a_test_issuer")).ok_or(TestIssuerError)?;
        Ok(Self(Arc::new(Issuer {
            key_pair,
            publishable_key,
            secret_key,
            public_key_pem,
        })))
    }

    /// A configuration that trusts this instance, and needs no network to.
    #[must_use]
    pub fn configuration(&self) -> Configuration {
        let public = PublicConfiguration::new(self.0.publishable_key.clone());
        let mut configuration = Configuration::new(public, self.0.secret_key.clone());
        // A key pair whose public half does not parse does not exist.
        configuration.jwt_key = JwtKey::parse(&self.0.public_key_pem).ok();
        configuration
    }

    /// The instance's publishable key.
    #[must_use]
    pub fn publishable_key(&self) -> &PublishableKey {
        &self.0.publishable_key
    }

    /// What the instance's tokens have as their issuer.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("https://{}", self.0.publishable_key.frontend_api())
    }

    /// The public key as `CLERK_JWT_KEY` has it.
    #[must_use]
    pub fn public_key_pem(&self) -> &str {
        &self.0.public_key_pem
    }

    /// The public key as the instance publishes it, for a server that plays Clerk or Convex.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let public = self.0.key_pair.public_key();
        json!({ "keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID,
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        }]})
    }

    /// A session of a user, `user_…`, to be described further.
    #[must_use]
    pub fn session(&self, user_id: &str) -> TestSession {
        TestSession::new(self.clone(), user_id)
    }

    /// Signs any payload, for tokens that a session would not have: broken, foreign, of machines. Fields of `header` come
    /// on top of the usual `alg`, `kid` and `typ`; `null` leaves one out.
    ///
    /// # Panics
    /// When the signature fails, which a sound key does not let happen.
    #[must_use]
    pub fn sign(&self, header: &Value, payload: &Value) -> String {
        let mut fields = serde_json::Map::new();
        fields.insert("alg".to_owned(), json!("RS256"));
        fields.insert("kid".to_owned(), json!(KEY_ID));
        fields.insert("typ".to_owned(), json!("JWT"));
        for (name, value) in header.as_object().into_iter().flatten() {
            fields.insert(name.clone(), value.clone());
        }
        fields.retain(|_, value| !value.is_null());
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&Value::Object(fields)), encode(payload));
        let mut signature = vec![0; self.0.key_pair.public_modulus_len()];
        let signed = self.0.key_pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message.as_bytes(),
            &mut signature,
        );
        assert!(signed.is_ok(), "a sound RSA key signs any message");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl fmt::Debug for TestIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestIssuer")
            .field(&self.0.publishable_key.frontend_api())
            .finish()
    }
}
