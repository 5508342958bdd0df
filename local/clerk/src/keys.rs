//! The instance's keys: publishable key, secret key, RSA signing key and its public forms.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Internal;
use crate::random;

/// The publishable key of an instance.
///
/// The suffix of the host that it names makes ClerkJS and `@clerk/backend` take the paths of a development instance (dev
/// browser, handshake in the URL). An underscore is not allowed in a host name, so the key can never name a real instance.
/// Cookie names derive from the key, and browsers share cookies between ports: with one key for all, two apps on one machine
/// would sign each other out.
pub(crate) fn publishable_key(instance_id: &str) -> String {
    let digest = digest::digest(&digest::SHA256, instance_id.as_bytes());
    let slug = random::to_hex(&digest.as_ref()[..4]);
    let host = format!("local_embedded-{slug}.clerk.accounts.dev");
    format!("pk_test_{}", STANDARD_NO_PAD.encode(format!("{host}$")))
}

/// The suffix of cookie names: first eight characters of base64url(SHA-1(publishable key)).
pub(crate) fn cookie_suffix(publishable_key: &str) -> String {
    let digest = digest::digest(
        &digest::SHA1_FOR_LEGACY_USE_ONLY,
        publishable_key.as_bytes(),
    );
    URL_SAFE_NO_PAD
        .encode(digest.as_ref())
        .chars()
        .take(8)
        .collect()
}

/// The RSA-2048 key that signs everything the instance issues.
pub(crate) struct SigningKey {
    key_id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    jwks: Value,
    public_pem: String,
}

impl SigningKey {
    /// A new private key, as PKCS#8 in base64: the form in which the store keeps it.
    pub(crate) fn generate() -> Result<String, Internal> {
        let pair = KeyPair::generate(KeySize::Rsa2048)
            .map_err(|_| Internal::Cryptography("no RSA key could be made"))?;
        let der: Pkcs8V1Der<'static> = pair
            .as_der()
            .map_err(|_| Internal::Cryptography("the RSA key has no PKCS#8 form"))?;
        Ok(STANDARD.encode(der.as_ref()))
    }

    /// Reads a key that [`SigningKey::generate`] made. `key_id` becomes the `kid`.
    pub(crate) fn parse(key_id: String, pkcs8_base64: &str) -> Result<Self, Internal> {
        let unreadable = || Internal::Cryptography("the stored signing key is not readable");
        let der = STANDARD.decode(pkcs8_base64).map_err(|_| unreadable())?;
        let pair = KeyPair::from_pkcs8(&der).map_err(|_| unreadable())?;
        let public = pair.public_key();
        let (modulus, exponent) = (
            public.modulus().big_endian_without_leading_zero(),
            public.exponent().big_endian_without_leading_zero(),
        );
        let spki: PublicKeyX509Der<'_> = public.as_der().map_err(|_| unreadable())?;
        Ok(Self {
            encoding: EncodingKey::from_rsa_pem(pem("PRIVATE KEY", &der).as_bytes())
                .map_err(|_| unreadable())?,
            decoding: DecodingKey::from_rsa_raw_components(modulus, exponent),
            jwks: json!({ "keys": [{
                "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id,
                "n": URL_SAFE_NO_PAD.encode(modulus), "e": URL_SAFE_NO_PAD.encode(exponent),
            }]}),
            public_pem: pem("PUBLIC KEY", spki.as_ref()),
            key_id,
        })
    }

    pub(crate) fn key_id(&self) -> &str {
        &self.key_id
    }

    pub(crate) fn jwks(&self) -> &Value {
        &self.jwks
    }

    pub(crate) fn public_pem(&self) -> &str {
        &self.public_pem
    }

    /// Signs `claims`; `category` is Clerk's `cat` header, which tells kinds of tokens apart.
    pub(crate) fn sign(
        &self,
        claims: &impl Serialize,
        category: Option<&str>,
    ) -> Result<String, Internal> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.key_id.clone());
        if let Some(category) = category {
            header.extras.insert("cat", category);
        }
        jsonwebtoken::encode(&header, claims, &self.encoding).map_err(Internal::Token)
    }

    /// The claims of a token that this key signed and whose `cat` header is `category`. Times are left to the caller,
    /// whose clock may be a test's.
    pub(crate) fn open(&self, token: &str, category: &str) -> Option<Value> {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let token = jsonwebtoken::decode::<Value>(token, &self.decoding, &validation).ok()?;
        let found: Option<String> = token.header.extras.get("cat").ok()?;
        (found.as_deref() == Some(category)).then_some(token.claims)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_publishable_key_has_three_parts_and_names_a_development_host() {
        let key = publishable_key("ins_1");
        let parts: Vec<_> = key.split('_').collect();
        assert_eq!(parts.len(), 3);
        let decoded = String::from_utf8(STANDARD_NO_PAD.decode(parts[2]).unwrap()).unwrap();
        let slug = decoded
            .strip_prefix("local_embedded-")
            .and_then(|rest| rest.strip_suffix(".clerk.accounts.dev$"));
        assert!(slug.is_some_and(|slug| slug.len() == 8), "{decoded}");
        assert_ne!(key, publishable_key("ins_2"));
    }

    /// The key and suffix of the recorded exchanges, which ClerkJS computed.
    #[test]
    fn the_cookie_suffix_is_the_one_that_clerkjs_computes() {
        let key = "pk_test_ZW1iZWRkZWQtbG9jYWwtMS5jbGVyay5hY2NvdW50cy5kZXYk";
        assert_eq!(cookie_suffix(key), "Y-9tocM_");
    }

    #[test]
    fn tokens_open_only_with_their_key_and_category() {
        let key = SigningKey::parse("ins_a".into(), &SigningKey::generate().unwrap()).unwrap();
        let other = SigningKey::parse("ins_a".into(), &SigningKey::generate().unwrap()).unwrap();
        let token = key.sign(&json!({ "id": "client_1" }), Some("a")).unwrap();
        assert_eq!(key.open(&token, "a").unwrap()["id"], "client_1");
        assert!(key.open(&token, "b").is_none());
        assert!(other.open(&token, "a").is_none());
        assert!(key.open("garbage", "a").is_none());
    }
}
