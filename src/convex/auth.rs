//! The token that a connection authenticates with, and why a deployment refused it.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// A JWT for Convex. Whoever holds it is its subject, so it never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthToken(String);

impl AuthToken {
    /// Takes a token over.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token itself, to send it on.
    #[must_use]
    pub fn as_secret_str(&self) -> &str {
        &self.0
    }

    /// What the token says about itself, unverified; `None` when it is not a JWT.
    #[must_use]
    pub fn claims(&self) -> Option<TokenClaims> {
        self.payload()
    }

    pub(crate) fn payload<T: DeserializeOwned>(&self) -> Option<T> {
        let payload = self.0.split('.').nth(1)?;
        let payload = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
        serde_json::from_slice(&payload).ok()
    }
}

impl fmt::Debug for AuthToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AuthToken(…)")
    }
}

/// The claims of a token that its schedule and a diagnosis need. They are not verified.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct TokenClaims {
    /// Who issued it.
    #[serde(rename = "iss", default)]
    pub issuer: Option<String>,
    /// For whom: a string or a list of them.
    #[serde(rename = "aud", default)]
    pub audience: Option<Value>,
    #[serde(rename = "iat", default)]
    issued_at: Option<f64>,
    #[serde(rename = "exp", default)]
    expires_at: Option<f64>,
}

impl TokenClaims {
    /// Whether the token is for `audience`.
    #[must_use]
    pub fn is_for(&self, audience: &str) -> bool {
        match &self.audience {
            Some(Value::String(known)) => known == audience,
            Some(Value::Array(known)) => known.iter().any(|known| known == audience),
            _ => false,
        }
    }

    /// When it expires, in milliseconds since the Unix epoch, by the issuer's clock.
    #[must_use]
    pub fn expires_at_ms(&self) -> Option<i64> {
        self.expires_at.map(milliseconds)
    }

    /// How long it is valid in all, in milliseconds.
    #[must_use]
    pub fn lifetime_ms(&self) -> Option<i64> {
        Some(milliseconds(self.expires_at? - self.issued_at?))
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the conversion saturates, and NaN becomes 0"
)]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}

/// Why Convex does not take a person whom the sign-in provider vouches for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Refusal {
    /// What kind of trouble it is.
    pub reason: RefusalReason,
    /// The deployment's own text, or ours when it was not asked.
    pub message: String,
    /// What the refused token said about itself.
    pub claims: Option<TokenClaims>,
}

impl Refusal {
    /// A stable code for logs and tests.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.reason.as_str()
    }

    /// What can be done about it, as far as the refused token tells.
    #[must_use]
    pub fn action(&self) -> &'static str {
        let without_audience = self
            .claims
            .as_ref()
            .is_some_and(|claims| claims.audience.is_none());
        match self.reason {
            // Nobody has configured the provider wrongly: the token was never made for Convex.
            RefusalReason::NoMatchingProvider if without_audience => {
                RefusalReason::NoToken.action()
            }
            reason => reason.action(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.message, self.reason.as_str())
    }
}

/// The kinds of refusal, as far as the deployment's text tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalReason {
    /// There is no deployment to ask: its address is missing or wrong.
    NoDeployment,
    /// The sign-in provider gave no token.
    NoToken,
    /// The token's time is over, or has not come yet.
    Expired,
    /// No provider in `convex/auth.config.ts` has the token's issuer and audience.
    NoMatchingProvider,
    /// The signature does not match the issuer's keys.
    Signature,
    /// The issuer's keys could not be fetched.
    KeysUnavailable,
    /// The token was refused in words that say nothing of the above.
    Rejected,
}

impl RefusalReason {
    /// Finds the reason in the text of an `AuthError`.
    ///
    /// ```
    /// use leptos_clerk_convex::convex::RefusalReason;
    ///
    /// assert_eq!(RefusalReason::from_text("Token expired 3 seconds ago"), RefusalReason::Expired);
    /// assert_eq!(RefusalReason::from_text("no"), RefusalReason::Rejected);
    /// ```
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(&["expired", "expiry", "not yet valid", "issued in the future"]) {
            Self::Expired
        } else if says(&["jwks", "discovery", "fetch", "openid-configuration"]) {
            Self::KeysUnavailable
        } else if says(&["provider", "issuer", "audience", "applicationid"]) {
            Self::NoMatchingProvider
        } else if says(&["signature", "signing key", "invalid key"]) {
            Self::Signature
        } else {
            Self::Rejected
        }
    }

    /// A stable code for logs and tests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoDeployment => "no-deployment",
            Self::NoToken => "no-token",
            Self::Expired => "token-expired",
            Self::NoMatchingProvider => "no-matching-provider",
            Self::Signature => "signature",
            Self::KeysUnavailable => "keys-unavailable",
            Self::Rejected => "token-rejected",
        }
    }

    /// What can be done about it.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::NoDeployment => {
                "Set CONVEX_URL, or the `url` of the provider, to the deployment's address."
            }
            Self::NoToken => {
                "Turn on Clerk's Convex integration, so that the session token carries `aud: \"convex\"`, or configure the name of a JWT template that exists."
            }
            Self::Expired => "Compare the clocks of this device, of Clerk and of the deployment.",
            Self::NoMatchingProvider => {
                "Make `domain` and `applicationID` in convex/auth.config.ts equal to the token's issuer and audience, set CLERK_JWT_ISSUER_DOMAIN in the deployment, and push again."
            }
            Self::Signature => {
                "Check that the issuer in convex/auth.config.ts is the Clerk instance that signs the tokens."
            }
            Self::KeysUnavailable => {
                "Check that the deployment can reach the issuer's /.well-known/ documents."
            }
            Self::Rejected => "Read the deployment's log; it has the full reason.",
        }
    }
}

/// Whether Convex knows who is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AuthStatus {
    /// Nobody is signed in, and Convex was told so.
    #[default]
    SignedOut,
    /// Somebody is signed in, and Convex has not confirmed it yet.
    Loading,
    /// Convex has confirmed who is there.
    Authenticated {
        /// Whether a refused token is being replaced. What is on the page stays.
        refreshing: bool,
    },
    /// Somebody is signed in, and Convex refuses. The client tries again when the page is shown or the network returns, and
    /// from time to time.
    Refused(Refusal),
}

impl AuthStatus {
    /// Whether Convex has confirmed who is there.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        matches!(self, Self::Authenticated { .. })
    }
}
