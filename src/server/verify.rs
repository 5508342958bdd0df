//! Verifying a token whose shape is known: key, type, algorithm, signature, and only then the claims.
//!
//! The order is fixed: what a token says is looked at after its signature, so that no error tells a stranger how this
//! server is configured.

use serde_json::Value;

use crate::identity::SessionClaims;

use super::jwt::{Category, DecodedToken, NotAJwt};
use super::keys::VerificationKey;

/// Why a token was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum VerificationError {
    /// The token's time is over.
    #[error("the token has expired")]
    Expired,
    /// It is not a JWT, or one of a kind that is not accepted here.
    #[error("the token cannot be read as a session token")]
    Invalid,
    /// It is signed with an algorithm that Clerk does not use.
    #[error("the token's algorithm is not allowed")]
    Algorithm,
    /// It was issued for another origin.
    #[error("the token was issued for another origin")]
    AuthorizedParties,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    Signature,
    /// Its time has not come yet (`nbf`).
    #[error("the token is not valid yet")]
    NotActiveYet,
    /// It says that it was issued in the future (`iat`).
    #[error("the token was issued in the future")]
    IssuedInTheFuture,
    /// A claim is missing or malformed, or the key cannot be used.
    #[error("the token could not be verified")]
    Failed,
    /// Clerk does not accept the secret key.
    #[error("the secret key is not accepted by Clerk")]
    SecretKey,
    /// The public key is missing.
    #[error("the instance's public key is missing")]
    LocalKeyMissing,
    /// The key set could not be fetched.
    #[error("the key set could not be loaded from Clerk")]
    KeySetUnavailable,
    /// There is no way to get at a key.
    #[error("there is neither a public key nor a secret key to get one with")]
    NoKeySource,
    /// The instance has no key with the id that the token names.
    #[error("the token is signed with a key that this instance does not have")]
    UnknownKey,
}

impl VerificationError {
    /// Clerk's stable name for this error.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Expired => "token-expired",
            Self::Invalid => "token-invalid",
            Self::Algorithm => "token-invalid-algorithm",
            Self::AuthorizedParties => "token-invalid-authorized-parties",
            Self::Signature => "token-invalid-signature",
            Self::NotActiveYet => "token-not-active-yet",
            Self::IssuedInTheFuture => "token-iat-in-the-future",
            Self::Failed => "token-verification-failed",
            Self::SecretKey => "secret-key-invalid",
            Self::LocalKeyMissing => "jwk-local-missing",
            Self::KeySetUnavailable => "jwk-remote-failed-to-load",
            Self::NoKeySource => "jwk-failed-to-resolve",
            Self::UnknownKey => "jwk-kid-mismatch",
        }
    }

    /// What an operator can do about it, if anything.
    #[must_use]
    pub fn action(self) -> Option<&'static str> {
        match self {
            Self::AuthorizedParties => {
                Some("Add the origin to CLERK_AUTHORIZED_PARTIES if it is one of yours.")
            }
            Self::NotActiveYet | Self::IssuedInTheFuture => Some("Set this machine's clock."),
            Self::SecretKey => Some("Copy CLERK_SECRET_KEY from the Clerk dashboard again."),
            Self::LocalKeyMissing | Self::NoKeySource => {
                Some("Set CLERK_JWT_KEY or CLERK_SECRET_KEY.")
            }
            Self::KeySetUnavailable => {
                Some("Check the way from this server to the Backend API, or set CLERK_JWT_KEY.")
            }
            Self::UnknownKey => {
                Some("Check that the keys and the sign-in page belong to one Clerk instance.")
            }
            _ => None,
        }
    }

    /// Whether this says something about this server and its way to Clerk, and nothing about the token: nobody is
    /// signed out for it.
    #[must_use]
    pub fn is_operational(self) -> bool {
        matches!(
            self,
            Self::SecretKey | Self::LocalKeyMissing | Self::KeySetUnavailable | Self::NoKeySource
        )
    }
}

impl From<NotAJwt> for VerificationError {
    fn from(NotAJwt: NotAJwt) -> Self {
        Self::Invalid
    }
}

/// What a token's claims are held against.
#[derive(Clone, Debug)]
pub struct ClaimRules {
    /// Accepted values of `azp`. Empty: any, and none at all.
    pub authorized_parties: Vec<String>,
    /// Accepted values of `aud`. Empty: the claim is not looked at.
    pub audience: Vec<String>,
    /// By how much clocks may differ, in milliseconds.
    pub clock_skew_ms: i64,
}

impl Default for ClaimRules {
    fn default() -> Self {
        Self {
            authorized_parties: Vec::new(),
            audience: Vec::new(),
            clock_skew_ms: 5_000,
        }
    }
}

/// Which header types are accepted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HeaderType<'a> {
    /// `JWT`, or none.
    Jwt,
    /// One of these, and never none.
    OneOf(&'a [&'a str]),
}

/// Refuses machine tokens before any key is looked for.
pub(crate) fn check_not_machine(token: &DecodedToken) -> Result<(), VerificationError> {
    if token.category() == Category::Machine {
        Err(VerificationError::Invalid)
    } else {
        Ok(())
    }
}

/// Type, algorithm and signature: steps 4 to 6 of Clerk's verification.
pub(crate) fn check_signature(
    text: &str,
    token: &DecodedToken,
    key: &VerificationKey,
    header_type: HeaderType<'_>,
) -> Result<(), VerificationError> {
    check_type_and_algorithm(token, header_type)?;
    let signed = text
        .as_bytes()
        .get(..token.signed_length)
        .ok_or(VerificationError::Invalid)?;
    if token.algorithm() != Some("RS256") {
        // Clerk's keys are for RS256 alone.
        return Err(VerificationError::Failed);
    }
    if key.verifies(signed, &token.signature) {
        Ok(())
    } else {
        Err(VerificationError::Signature)
    }
}

fn check_type_and_algorithm(
    token: &DecodedToken,
    header_type: HeaderType<'_>,
) -> Result<(), VerificationError> {
    let type_is_accepted = match (header_type, token.typ()) {
        (HeaderType::Jwt, typ) => typ.is_none_or(|typ| typ == "JWT"),
        (HeaderType::OneOf(types), typ) => typ.is_some_and(|typ| types.contains(&typ.as_ref())),
    };
    if !type_is_accepted {
        return Err(VerificationError::Invalid);
    }
    match token.algorithm() {
        Some("RS256" | "RS384" | "RS512") => Ok(()),
        _ => Err(VerificationError::Algorithm),
    }
}

/// Steps 7 to 12: subject, audience, origin, and times at `now_ms` in unix milliseconds.
pub(crate) fn check_claims(
    claims: &SessionClaims,
    rules: &ClaimRules,
    now_ms: i64,
) -> Result<(), VerificationError> {
    if !claims.claim("sub").is_some_and(Value::is_string) {
        return Err(VerificationError::Failed);
    }
    check_audience(claims.claim("aud"), &rules.audience)?;
    check_authorized_party(claims, &rules.authorized_parties)?;
    check_times(claims, rules.clock_skew_ms, now_ms)
}

fn check_audience(claim: Option<&Value>, accepted: &[String]) -> Result<(), VerificationError> {
    let accepts = |audience: &str| accepted.iter().any(|accepted| accepted == audience);
    if accepted.iter().all(String::is_empty) {
        return Ok(());
    }
    let matches = match claim {
        Some(Value::String(audience)) if !audience.is_empty() => accepts(audience),
        Some(Value::Array(audiences)) => {
            let audiences: Vec<&Value> = audiences
                .iter()
                .filter(|audience| !is_falsy(audience))
                .collect();
            if audiences.is_empty() || !audiences.iter().all(|audience| audience.is_string()) {
                return Ok(());
            }
            audiences
                .iter()
                .filter_map(|audience| audience.as_str())
                .any(accepts)
        }
        // Other shapes are nobody's audience: Clerk lets them pass.
        _ => true,
    };
    if matches {
        Ok(())
    } else {
        Err(VerificationError::Failed)
    }
}

fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        _ => false,
    }
}

fn check_authorized_party(
    claims: &SessionClaims,
    accepted: &[String],
) -> Result<(), VerificationError> {
    if accepted.is_empty() {
        return Ok(());
    }
    let party = claims.authorized_party();
    if party.is_some_and(|party| accepted.iter().any(|accepted| accepted == party)) {
        Ok(())
    } else {
        Err(VerificationError::AuthorizedParties)
    }
}

/// The times alone: what has to be looked at again when a verified token is used again.
pub(crate) fn check_times(
    claims: &SessionClaims,
    skew_ms: i64,
    now_ms: i64,
) -> Result<(), VerificationError> {
    let expires = time_ms(claims.claim("exp"))?.ok_or(VerificationError::Failed)?;
    if expires <= now_ms.saturating_sub(skew_ms) {
        return Err(VerificationError::Expired);
    }
    let latest = now_ms.saturating_add(skew_ms);
    if time_ms(claims.claim("nbf"))?.is_some_and(|not_before| not_before > latest) {
        return Err(VerificationError::NotActiveYet);
    }
    if time_ms(claims.claim("iat"))?.is_some_and(|issued| issued > latest) {
        return Err(VerificationError::IssuedInTheFuture);
    }
    Ok(())
}

/// Seconds, cut to whole ones, as milliseconds. `null` is not a number, and not absent either.
fn time_ms(claim: Option<&Value>) -> Result<Option<i64>, VerificationError> {
    let Some(claim) = claim else { return Ok(None) };
    let seconds = claim.as_f64().ok_or(VerificationError::Failed)?;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "`as` saturates, and so does the multiplication"
    )]
    let whole = seconds.trunc() as i64;
    Ok(Some(whole.saturating_mul(1_000)))
}
