//! Verifying a token against its provider's keys and rules.

use jsonwebtoken::{Algorithm, Header, Validation};
use serde_json::{Map, Value as Json};

use super::claims;
use super::error::Refusal;
use super::key_set::KeySet;
use super::provider::{Provider, audiences, list};
use super::{AuthenticationError, UserIdentity};
use crate::secret::Secret;

/// By how much clocks may differ, where the provider is not OpenID Connect.
const LEEWAY_SECONDS: u64 = 5;

/// A token in its parts, of which nothing is believed.
#[derive(Clone)]
pub(crate) struct Unverified {
    header: Header,
    pub(crate) claims: Map<String, Json>,
}

impl Unverified {
    pub(crate) fn read(token: &Secret) -> Result<Self, AuthenticationError> {
        let parts = jsonwebtoken::dangerous::insecure_decode(token.expose())
            .map_err(|error| AuthenticationError::NotAToken(error.to_string()))?;
        Ok(Self {
            header: parts.header,
            claims: parts.claims,
        })
    }

    pub(crate) fn issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Json::as_str)
    }

    pub(crate) fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// What can be judged before there are keys.
    pub(crate) fn check_header(&self, provider: &Provider) -> Result<(), Refusal> {
        let header = &self.header;
        if let Some(typ) = header
            .typ
            .as_ref()
            .filter(|typ| !typ.eq_ignore_ascii_case("jwt"))
        {
            return Err(Refusal::Type(typ.clone()));
        }
        if header.cty.is_some() {
            return Err(Refusal::HeaderField("cty"));
        }
        if header.crit.is_some() {
            return Err(Refusal::HeaderField("crit"));
        }
        let allowed = provider.algorithms();
        if !allowed.contains(&header.alg) {
            let allowed: Vec<_> = allowed.iter().map(|algorithm| name(*algorithm)).collect();
            return Err(Refusal::Algorithm {
                found: name(header.alg),
                allowed: allowed.join(" and "),
            });
        }
        if header.kid.is_none() && !provider.is_open_id_connect() {
            return Err(Refusal::NoKeyId);
        }
        Ok(())
    }

    /// Who the token is about, if it is genuine and its time has not passed at `now`, in unix seconds.
    pub(crate) fn verify(
        &self,
        token: &Secret,
        provider: &Provider,
        keys: &KeySet,
        now: u64,
    ) -> Result<UserIdentity, Refusal> {
        self.check_header(provider)?;
        let claims = self.signed_claims(token, keys)?;
        let expires_at = check_claims(&claims, provider, now)?;
        let mut identity = if provider.is_open_id_connect() {
            claims::open_id_connect(&claims)?
        } else {
            claims::custom(&claims)?
        };
        identity.expires_at_seconds = Some(expires_at);
        Ok(identity)
    }

    /// The claims, from the bytes that one of the keys signed.
    fn signed_claims(&self, token: &Secret, keys: &KeySet) -> Result<Map<String, Json>, Refusal> {
        let algorithm = self.header.alg;
        if !keys.knows(self.key_id()) {
            return Err(Refusal::UnknownKey {
                found: self.key_id().unwrap_or_default().to_owned(),
                published: list(&keys.ids()),
            });
        }
        let mut validation = Validation::new(algorithm);
        // Claims are held against the deployment's clock and the provider's own rules.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let mut refusal = Refusal::NoKey {
            algorithm: name(algorithm),
        };
        for key in keys.candidates(self.key_id(), algorithm) {
            match jsonwebtoken::decode(token.expose(), key, &validation) {
                Ok(genuine) => return Ok(genuine.claims),
                Err(_) => refusal = Refusal::Signature,
            }
        }
        Err(refusal)
    }
}

/// Audience and times; answers when the token stops counting.
fn check_claims(claims: &Map<String, Json>, provider: &Provider, now: u64) -> Result<u64, Refusal> {
    check_subject(claims)?;
    let expires = seconds(claims, "exp")?.ok_or(Refusal::MissingClaim("exp"))?;
    let issued = seconds(claims, "iat")?;
    let not_before = seconds(claims, "nbf")?;
    if provider.is_open_id_connect() {
        issued.ok_or(Refusal::MissingClaim("iat"))?;
        check_sole_audience(claims, provider)?;
        return check_expiry(expires, now);
    }
    for (claim, time) in [("iat", issued), ("nbf", not_before)] {
        if let Some(time) = time.filter(|time| *time > now.saturating_add(LEEWAY_SECONDS)) {
            return Err(Refusal::Future {
                claim,
                by_seconds: time - now,
            });
        }
    }
    check_expiry(expires.saturating_add(LEEWAY_SECONDS), now)
}

fn check_subject(claims: &Map<String, Json>) -> Result<(), Refusal> {
    match claims.get("sub") {
        None => Err(Refusal::MissingClaim("sub")),
        Some(Json::String(_)) => Ok(()),
        Some(_) => Err(Refusal::MalformedClaim {
            claim: "sub",
            expected: "a text",
        }),
    }
}

/// A token that others accept too is refused: any of them could pass it on.
fn check_sole_audience(claims: &Map<String, Json>, provider: &Provider) -> Result<(), Refusal> {
    let found = audiences(claims);
    let expected = provider.application_id.as_deref().unwrap_or_default();
    if found == [expected] {
        Ok(())
    } else {
        Err(Refusal::Audience {
            found: list(&found),
            expected: expected.to_owned(),
        })
    }
}

fn check_expiry(end: u64, now: u64) -> Result<u64, Refusal> {
    if now < end {
        Ok(end)
    } else {
        Err(Refusal::Expired {
            by_seconds: now - end,
        })
    }
}

/// A time in whole seconds; fractions are allowed and dropped.
fn seconds(claims: &Map<String, Json>, claim: &'static str) -> Result<Option<u64>, Refusal> {
    let malformed = Refusal::MalformedClaim {
        claim,
        expected: "a time in unix seconds",
    };
    match claims.get(claim) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Number(number)) => match (number.as_u64(), number.as_f64()) {
            (Some(seconds), _) => Ok(Some(seconds)),
            (None, Some(seconds)) if seconds >= 0.0 => {
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "not negative, and a time beyond u64 saturates"
                )]
                let whole = seconds as u64;
                Ok(Some(whole))
            }
            _ => Err(malformed),
        },
        Some(_) => Err(malformed),
    }
}

fn name(algorithm: Algorithm) -> String {
    format!("{algorithm:?}")
}
