//! Why somebody is not who they claim to be, in words that help a developer.

use super::documents::NoAnswer;

/// An identity was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum AuthenticationError {
    #[error("the token cannot be read as a JWT: {0}")]
    NotAToken(String),
    #[error("the token has no issuer (claim `iss`)")]
    NoIssuer,
    #[error(
        "the token comes from {issuer:?}, and no provider is configured: convex/auth.config.ts is missing or lists none"
    )]
    NoProviders { issuer: String },
    #[error(
        "the token comes from {issuer:?}, which is not among the providers of convex/auth.config.ts: {configured}"
    )]
    UnknownIssuer { issuer: String, configured: String },
    #[error(
        "the token of {issuer:?} has the audience (claim `aud`) {found}, and convex/auth.config.ts expects applicationID {expected}; in Clerk, activate the Convex integration, or use a JWT template named \"convex\""
    )]
    OtherAudience {
        issuer: String,
        found: String,
        expected: String,
    },
    #[error("the keys of provider {provider} cannot be had: {reason}")]
    KeySet {
        provider: String,
        reason: KeySetError,
    },
    #[error("the token for provider {provider} was refused: {refusal}")]
    Refused {
        provider: String,
        open_id_connect: bool,
        refusal: Refusal,
    },
    #[error("the admin key is not this deployment's")]
    AdminKey,
    #[error(
        "the identity to act as must be an object with `tokenIdentifier`, or with `issuer` and `subject`, and hold Convex values only"
    )]
    ActingAs,
}

impl AuthenticationError {
    /// The short code that clients get beside the message.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotAToken(_) | Self::NoIssuer | Self::ActingAs => "InvalidAuthHeader",
            Self::NoProviders { .. } | Self::UnknownIssuer { .. } | Self::OtherAudience { .. } => {
                "NoAuthProvider"
            }
            Self::KeySet { .. } => "AuthProviderDiscoveryFailed",
            Self::Refused {
                open_id_connect,
                refusal,
                ..
            } => {
                if *open_id_connect && !refusal.is_malformed() {
                    "Unauthenticated"
                } else {
                    "InvalidAuthHeader"
                }
            }
            Self::AdminKey => "Unauthenticated",
        }
    }
}

/// What is wrong with a token whose provider is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Refusal {
    #[error("its header has `typ` {0:?}, which is not a JWT for this purpose")]
    Type(String),
    #[error("its header has `{0}`, which is not supported")]
    HeaderField(&'static str),
    #[error("it is signed with {found}, and the provider's algorithms are {allowed}")]
    Algorithm { found: String, allowed: String },
    #[error("its header names no key (`kid`)")]
    NoKeyId,
    #[error("it is signed with the key {found:?}, and the provider publishes {published}")]
    UnknownKey { found: String, published: String },
    #[error("none of the provider's keys is for {algorithm}")]
    NoKey { algorithm: String },
    #[error("its signature is wrong")]
    Signature,
    #[error("its audience (claim `aud`) is {found}, and must be {expected:?} alone")]
    Audience { found: String, expected: String },
    #[error("it lacks the claim `{0}`")]
    MissingClaim(&'static str),
    #[error("its claim `{claim}` must be {expected}")]
    MalformedClaim {
        claim: &'static str,
        expected: &'static str,
    },
    #[error("it expired {by_seconds} s ago")]
    Expired { by_seconds: u64 },
    #[error("its claim `{claim}` lies {by_seconds} s in the future: a clock is wrong")]
    Future {
        claim: &'static str,
        by_seconds: u64,
    },
}

impl Refusal {
    /// Whether it is not even a token of the expected form.
    fn is_malformed(&self) -> bool {
        matches!(self, Self::MissingClaim(_) | Self::MalformedClaim { .. })
    }
}

/// Why there are no keys to verify with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum KeySetError {
    #[error("{url}: {reason}")]
    NoAnswer { url: String, reason: NoAnswer },
    #[error("{url} answered with status {status}")]
    Status { url: String, status: u16 },
    #[error("{url} answered with content type {found:?} and not with JSON")]
    ContentType { url: String, found: String },
    #[error("{url} is not a discovery document with `issuer` and `jwks_uri`")]
    NotADiscoveryDocument { url: String },
    #[error("{url} is not a key set")]
    NotAKeySet { url: String },
    #[error("the discovery document leads to {url}, which is http and not on this machine")]
    Insecure { url: String },
    #[error("the discovery document is that of {found:?}, and the token comes from {expected:?}")]
    OtherIssuer { found: String, expected: String },
    #[error("they were not fetched")]
    NotFetched,
}
