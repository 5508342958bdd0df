//! The publishable key: which instance, and where its Frontend API lives.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};

use super::hosts;

/// WHATWG forgiving-base64: padding optional, loose trailing bits ignored.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Which kind of Clerk instance a publishable key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InstanceType {
    /// `pk_test_…`: cookies are kept by a development browser token, and the sign-in pages may live on another domain.
    Development,
    /// `pk_live_…`.
    Production,
}

/// A Clerk publishable key: `pk_test_` or `pk_live_`, then the Frontend API's host in base64.
///
/// It is not a secret, and it is kept exactly as configured: the names of Clerk's cookies are derived from its text.
///
/// ```
/// use leptos_clerk_convex::config::{InstanceType, PublishableKey};
///
/// let key: PublishableKey = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk".parse()?;
/// assert_eq!(key.frontend_api(), "foo-bar-13.clerk.accounts.dev");
/// assert_eq!(key.instance_type(), InstanceType::Development);
/// # Ok::<(), leptos_clerk_convex::config::PublishableKeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublishableKey {
    text: String,
    frontend_api: String,
    instance_type: InstanceType,
}

/// Why a text is not a publishable key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublishableKeyError {
    /// There is no key at all.
    #[error("the publishable key is empty")]
    Missing,
    /// The key starts with neither `pk_test_` nor `pk_live_`.
    #[error("a publishable key starts with `pk_test_` or `pk_live_`")]
    Prefix,
    /// A secret key was given where the publishable key belongs.
    #[error("this is a secret key: a publishable key starts with `pk_test_` or `pk_live_`")]
    SecretKey,
    /// What follows the prefix does not decode to a host that ends with `$`.
    #[error("the publishable key is damaged: its second half does not name a Frontend API host")]
    Payload,
}

impl PublishableKeyError {
    /// A stable name for this error.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "publishable-key-missing",
            Self::Prefix | Self::SecretKey | Self::Payload => "publishable-key-invalid",
        }
    }
}

impl PublishableKey {
    /// Reads a key.
    ///
    /// # Errors
    /// When the text is not a publishable key. The text itself is never part of the error: it may be a misplaced secret.
    pub fn parse(text: &str) -> Result<Self, PublishableKeyError> {
        if text.is_empty() {
            return Err(PublishableKeyError::Missing);
        }
        let (instance_type, payload) = if let Some(payload) = text.strip_prefix("pk_live_") {
            (InstanceType::Production, payload)
        } else if let Some(payload) = text.strip_prefix("pk_test_") {
            (InstanceType::Development, payload)
        } else if text.trim_start().starts_with("sk_") {
            return Err(PublishableKeyError::SecretKey);
        } else {
            return Err(PublishableKeyError::Prefix);
        };
        let frontend_api = decode_host(payload).ok_or(PublishableKeyError::Payload)?;
        Ok(Self {
            text: text.to_owned(),
            frontend_api,
            instance_type,
        })
    }

    /// The key of the instance whose Frontend API has this host.
    ///
    /// # Errors
    /// When the host is not one (it has no dot, or a `$`).
    pub fn for_frontend_api(host: &str) -> Result<Self, PublishableKeyError> {
        let prefix = if hosts::is_development_frontend_api(host) {
            "pk_test_"
        } else {
            "pk_live_"
        };
        Self::parse(&format!(
            "{prefix}{}",
            STANDARD_NO_PAD.encode(format!("{host}$"))
        ))
    }

    /// The development key of the Frontend API with this host, whatever the host looks like: for local instances.
    ///
    /// # Errors
    /// When the host is not one (it has no dot, or a `$`).
    pub fn development(host: &str) -> Result<Self, PublishableKeyError> {
        Self::parse(&format!(
            "pk_test_{}",
            STANDARD_NO_PAD.encode(format!("{host}$"))
        ))
    }

    /// The key as it was configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Development or production.
    #[must_use]
    pub fn instance_type(&self) -> InstanceType {
        self.instance_type
    }

    /// Whether the key belongs to a development instance.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.instance_type == InstanceType::Development
    }

    /// The host of the Frontend API, for instance `clerk.example.com`.
    #[must_use]
    pub fn frontend_api(&self) -> &str {
        &self.frontend_api
    }

    /// The eight characters that tell this instance's cookies from those of others on the same domain:
    /// `__session_<suffix>`.
    ///
    /// Computed from the key exactly as it is configured, padding and white space included.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn cookie_suffix(&self) -> String {
        cookie_suffix(&self.text)
    }
}

/// The cookie suffix of a key that need not be valid.
#[cfg(feature = "ssr")]
pub(crate) fn cookie_suffix(key: &str) -> String {
    use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    let mut suffix = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash.as_ref());
    suffix.truncate(8);
    suffix
}

/// The host in a key's second half: base64 of a dotted name that ends with the only `$`.
fn decode_host(payload: &str) -> Option<String> {
    // Three parts on `_`, so the payload has none.
    if payload.is_empty() || payload.contains('_') {
        return None;
    }
    let compact: String = payload
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .collect();
    let bytes = FORGIVING.decode(compact).ok()?;
    let host = String::from_utf8(bytes).ok()?.strip_suffix('$')?.to_owned();
    (!host.contains('$') && host.contains('.')).then_some(host)
}

impl FromStr for PublishableKey {
    type Err = PublishableKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for PublishableKey {
    type Error = PublishableKeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<PublishableKey> for String {
    fn from(key: PublishableKey) -> Self {
        key.text
    }
}

impl fmt::Debug for PublishableKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublishableKey({})", self.text)
    }
}

impl fmt::Display for PublishableKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
