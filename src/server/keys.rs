//! Public keys that tokens are verified with, parsed once.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;

/// The backend checks a key's size only when it is used; what is surely too small is refused at once.
const MODULUS_BYTES: usize = 2048 / 8;

/// An RSA public key for RS256, parsed and ready.
///
/// Parsing a key costs more than a tenth of a verification, which is why it happens once.
pub struct VerificationKey(ParsedPublicKey);

/// The bytes are not an RSA public key of 2048 to 8192 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an RSA public key of 2048 to 8192 bits")]
pub struct InvalidKey;

impl VerificationKey {
    /// Reads a public key in PEM form, or its bare base64 body; line breaks may be written as `\n`.
    ///
    /// # Errors
    /// When it is not an RSA public key.
    pub fn from_pem(pem: &str) -> Result<Self, InvalidKey> {
        let body: String = pem
            .replace("\\n", "\n")
            .lines()
            .filter(|line| !line.trim_start().starts_with("-----"))
            .flat_map(str::chars)
            .filter(|character| !character.is_whitespace())
            .collect();
        let der = STANDARD.decode(body).map_err(|_| InvalidKey)?;
        if der.len() < MODULUS_BYTES {
            return Err(InvalidKey);
        }
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der)
            .map(Self)
            .map_err(|_| InvalidKey)
    }

    /// Reads modulus and exponent as a JSON Web Key has them.
    ///
    /// # Errors
    /// When they are not base64url, or not an RSA public key.
    pub fn from_components(modulus: &str, exponent: &str) -> Result<Self, InvalidKey> {
        let decode = |text: &str| {
            URL_SAFE_NO_PAD
                .decode(text.trim_end_matches('='))
                .map_err(|_| InvalidKey)
        };
        let modulus = decode(modulus)?;
        if modulus.iter().skip_while(|byte| **byte == 0).count() < MODULUS_BYTES {
            return Err(InvalidKey);
        }
        RsaPublicKeyComponents {
            n: modulus,
            e: decode(exponent)?,
        }
        .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
        .map(Self)
        .map_err(|_| InvalidKey)
    }

    /// Whether `signature` is this key's RSASSA-PKCS1-v1_5 signature over the SHA-256 of `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VerificationKey")
    }
}

/// An instance's published keys by their id, as of one fetch.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    /// A key that could not be parsed stays listed: a token that names it fails for that reason, not as unknown.
    keys: HashMap<String, Result<Arc<VerificationKey>, InvalidKey>>,
}

#[derive(Deserialize)]
struct JsonWebKeySet {
    keys: Vec<JsonWebKey>,
}

#[derive(Deserialize)]
struct JsonWebKey {
    #[serde(default)]
    kid: String,
    #[serde(default)]
    kty: String,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
}

impl KeySet {
    /// Reads the body of Clerk's `jwks` endpoint.
    ///
    /// # Errors
    /// When it is not a key set, or an empty one.
    pub fn from_json(body: &serde_json::Value) -> Result<Self, InvalidKey> {
        let set = JsonWebKeySet::deserialize(body).map_err(|_| InvalidKey)?;
        if set.keys.is_empty() {
            return Err(InvalidKey);
        }
        let parse = |key: &JsonWebKey| {
            if key.kty != "RSA" {
                return Err(InvalidKey);
            }
            VerificationKey::from_components(&key.n, &key.e).map(Arc::new)
        };
        Ok(Self {
            keys: set
                .keys
                .into_iter()
                .map(|key| (key.kid.clone(), parse(&key)))
                .collect(),
        })
    }

    /// The key with this id, if the set has it.
    #[must_use]
    pub fn get(&self, key_id: &str) -> Option<Result<Arc<VerificationKey>, InvalidKey>> {
        self.keys.get(key_id).cloned()
    }

    /// Whether any key id is in both sets. Clerk's key ids are those of instances.
    pub(crate) fn shares_a_key_with(&self, other: &Self) -> bool {
        self.keys
            .keys()
            .any(|key_id| other.keys.contains_key(key_id))
    }

    /// Whether both sets have the same keys under the same ids.
    pub(crate) fn has_same_keys(&self, other: &Self) -> bool {
        let same = |ours: &Result<Arc<VerificationKey>, InvalidKey>,
                    theirs: &Result<Arc<VerificationKey>, InvalidKey>| {
            match (ours, theirs) {
                (Ok(ours), Ok(theirs)) => ours.0.as_ref() == theirs.0.as_ref(),
                (ours, theirs) => ours.is_err() && theirs.is_err(),
            }
        };
        self.keys.len() == other.keys.len()
            && self.keys.iter().all(|(key_id, ours)| {
                other
                    .keys
                    .get(key_id)
                    .is_some_and(|theirs| same(ours, theirs))
            })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};

    use super::*;

    #[test]
    fn a_pem_of_any_size_and_form_is_read() {
        let pair = RsaKeyPair::generate(KeySize::Rsa3072).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            b"message",
            &mut signature,
        )
        .unwrap();
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let body = STANDARD.encode(der.as_ref());
        let (first, rest) = body.split_at(64);
        for pem in [
            format!("-----BEGIN PUBLIC KEY-----\n{first}\n{rest}\n-----END PUBLIC KEY-----\n"),
            format!("-----BEGIN PUBLIC KEY-----\r\n{first}\r\n{rest}\r\n-----END PUBLIC KEY-----"),
            format!("-----BEGIN PUBLIC KEY-----\\n{first}\\n{rest}\\n-----END PUBLIC KEY-----"),
            body.clone(),
        ] {
            let key = VerificationKey::from_pem(&pem).unwrap();
            assert!(key.verifies(b"message", &signature));
            assert!(!key.verifies(b"another message", &signature));
        }
    }

    #[test]
    fn keys_that_are_too_small_are_refused() {
        let modulus = URL_SAFE_NO_PAD.encode([0xff; 128]);
        assert_eq!(
            VerificationKey::from_components(&modulus, "AQAB").unwrap_err(),
            InvalidKey
        );
    }
}
