//! Keys that stay on the server.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::hosts;
use crate::server::VerificationKey;

/// A secret key, of an instance or of a machine.
///
/// It prints as `SecretKey(…)`, cannot be displayed or serialised, and its memory is overwritten when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(Zeroizing<String>);

impl SecretKey {
    /// Takes a key. Clerk prescribes no form; an empty one is none.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Option<Self> {
        let key = Zeroizing::new(key.into());
        (!key.is_empty()).then_some(Self(key))
    }

    /// The key itself, for the one place that sends it.
    #[must_use]
    pub fn as_secret_str(&self) -> &str {
        &self.0
    }

    /// Whether the key belongs to a development instance.
    #[must_use]
    pub fn is_development(&self) -> bool {
        hosts::is_development_secret_key(&self.0)
    }

    /// Whether the key belongs to a production instance.
    #[must_use]
    pub fn is_production(&self) -> bool {
        hosts::is_production_secret_key(&self.0)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey(…)")
    }
}

/// The instance's public key in PEM form: with it, session tokens are verified without asking Clerk for its keys.
///
/// It is public, in spite of its name (`CLERK_JWT_KEY`).
#[derive(Clone)]
pub struct JwtKey(Arc<VerificationKey>);

/// The text is not an RSA public key in PEM form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an RSA public key in PEM form (`-----BEGIN PUBLIC KEY-----` …)")]
pub struct JwtKeyError;

impl JwtKey {
    /// Reads a PEM text, or its bare base64 body. Line breaks written as `\n` are accepted, as they occur in `.env` files.
    ///
    /// # Errors
    /// When the text is not an RSA public key of at least 2048 bits.
    pub fn parse(pem: &str) -> Result<Self, JwtKeyError> {
        VerificationKey::from_pem(pem)
            .map(|key| Self(Arc::new(key)))
            .map_err(|_| JwtKeyError)
    }

    /// The parsed key.
    #[must_use]
    pub fn verification_key(&self) -> &Arc<VerificationKey> {
        &self.0
    }
}

impl fmt::Debug for JwtKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JwtKey")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_secret_key_never_prints() {
        let key = SecretKey::new("sk_test_abc").unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
        assert_eq!(key.as_secret_str(), "sk_test_abc");
        assert!(SecretKey::new("").is_none());
    }

    #[test]
    fn a_damaged_pem_is_refused() {
        assert!(JwtKey::parse("").is_err());
        assert!(
            JwtKey::parse("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----").is_err()
        );
    }
}
