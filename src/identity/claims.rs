//! The payload of a session token, versions 1 and 2.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

use super::{ActiveOrganization, Actor, FactorVerificationAge, SessionStatus, permissions};

/// Every claim of a session token, custom ones included.
///
/// The accessors hide the difference between the two versions that Clerk issues. A claim of an unexpected type reads as
/// absent, because the claims that Clerk's verification leaves alone can be anything.
///
/// `Debug` prints the names of the claims only: their values are personal data.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionClaims(Map<String, Value>);

impl SessionClaims {
    /// Takes over a payload.
    #[must_use]
    pub fn new(payload: Map<String, Value>) -> Self {
        Self(payload)
    }

    /// Reads the payload of a token **without verifying anything**.
    ///
    /// For the browser, which looks into its own token to show things sooner. On a server this would let anyone be anyone.
    ///
    /// # Errors
    /// When the text is not a JWT with a JSON object as its payload.
    pub fn insecure_decode(token: &str) -> Result<Self, ClaimsError> {
        let mut parts = token.split('.');
        let (Some(_), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(ClaimsError::NotAToken);
        };
        let bytes = URL_SAFE_NO_PAD
            .decode(payload.trim_end_matches('='))
            .map_err(|_| ClaimsError::NotAToken)?;
        serde_json::from_slice(&bytes).map_err(|_| ClaimsError::NotAToken)
    }

    /// The `sub` claim: the user's id. Empty counts as missing.
    #[must_use]
    pub fn user_id(&self) -> Option<&str> {
        self.text("sub")
    }

    /// The `sid` claim: the session's id. Empty counts as missing.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.text("sid")
    }

    /// The `iss` claim.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.text("iss")
    }

    /// The `azp` claim: the origin that asked for the token.
    #[must_use]
    pub fn authorized_party(&self) -> Option<&str> {
        self.text("azp")
    }

    /// The `iat` claim, in unix milliseconds.
    #[must_use]
    pub fn issued_at_ms(&self) -> Option<i64> {
        self.time_ms("iat")
    }

    /// The `exp` claim, in unix milliseconds.
    #[must_use]
    pub fn expires_at_ms(&self) -> Option<i64> {
        self.time_ms("exp")
    }

    /// Whether `aud` is exactly this one string. This is how the official Convex glue tells whether a session token can be
    /// used for Convex as it is; a list of audiences does not count.
    #[must_use]
    pub fn audience_is(&self, audience: &str) -> bool {
        self.claim("aud").and_then(Value::as_str) == Some(audience)
    }

    /// The `sts` claim; `None` when the token has none. A value that is not known counts as pending, which is the careful
    /// reading.
    #[must_use]
    pub fn session_status(&self) -> Option<SessionStatus> {
        match self.claim("sts")? {
            Value::Null => None,
            Value::String(status) if status == "active" => Some(SessionStatus::Active),
            _ => Some(SessionStatus::Pending),
        }
    }

    /// The active organization, from `o`, `fea` (version 2) or from the `org_` claims (version 1).
    ///
    /// # Errors
    /// When a version 2 features claim has an entry without a scope.
    pub fn organization(&self) -> Result<Option<ActiveOrganization>, ClaimsError> {
        if !self.is_version_2() {
            return Ok(self.text("org_id").map(|id| ActiveOrganization {
                id: id.to_owned(),
                slug: self.text("org_slug").map(str::to_owned),
                role: self.text("org_role").map(str::to_owned),
                permissions: self.version_1_permissions(),
            }));
        }
        let Some(organization) = self.claim("o").and_then(Value::as_object) else {
            return Ok(None);
        };
        let text = |name: &str| {
            organization
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let permissions = permissions::expand(self.text("fea"), text("per"), text("fpm"))?;
        Ok(text("id").map(|id| ActiveOrganization {
            id: id.to_owned(),
            slug: text("slg").map(str::to_owned),
            role: text("rol").map(|role| format!("org:{role}")),
            permissions,
        }))
    }

    /// The `act` claim.
    ///
    /// # Errors
    /// When it is there but is not an actor: an impersonation must not pass for the person themselves.
    pub fn actor(&self) -> Result<Option<Actor>, ClaimsError> {
        match self.claim("act") {
            None | Some(Value::Null) => Ok(None),
            Some(actor) => Actor::deserialize(actor)
                .map(Some)
                .map_err(|_| ClaimsError::MalformedActor),
        }
    }

    /// The `fva` claim as points in time, so that it means the same in the next token of the session. `None` when it is
    /// absent or malformed, or when the token does not say when it was issued.
    #[must_use]
    pub fn factor_verification_age(&self) -> Option<FactorVerificationAge> {
        FactorVerificationAge::from_claim(self.claim("fva")?, self.issued_at_ms()?)
    }

    /// One claim as it was signed, custom or not.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// One claim read into a type of the caller's, `None` when it is absent or of another shape.
    ///
    /// ```
    /// # use leptos_clerk_convex::identity::SessionClaims;
    /// #[derive(serde::Deserialize)]
    /// struct Metadata { onboarded: bool }
    ///
    /// let claims: SessionClaims = serde_json::from_str(r#"{"sub":"user_1","metadata":{"onboarded":true}}"#)?;
    /// assert!(claims.custom::<Metadata>("metadata").is_some_and(|metadata| metadata.onboarded));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn custom<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        T::deserialize(self.claim(name)?).ok()
    }

    /// All claims.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A non-empty text claim.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.claim(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    }

    fn is_version_2(&self) -> bool {
        self.claim("v").and_then(Value::as_f64) == Some(2.0)
    }

    fn version_1_permissions(&self) -> Vec<String> {
        let permissions = self.claim("org_permissions").and_then(Value::as_array);
        permissions
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    fn time_ms(&self, name: &str) -> Option<i64> {
        let seconds = self.claim(name)?.as_f64()?;
        // `as` saturates, which is right for a time beyond the range.
        #[allow(clippy::cast_possible_truncation, reason = "saturating is intended")]
        Some((seconds * 1000.0) as i64)
    }
}

impl fmt::Debug for SessionClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SessionClaims")
            .field(&self.0.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// Why claims do not make an identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// The text is not a JWT whose payload is a JSON object.
    #[error("the text is not a JWT with a JSON object as its payload")]
    NotAToken,
    /// There is no user id in the token.
    #[error("the session token names no user (claim `sub`)")]
    MissingUser,
    /// There is no session id in the token, so it was not made for a session.
    #[error("the token belongs to no session (claim `sid`)")]
    MissingSession,
    /// The actor of an impersonated session cannot be read.
    #[error("the claim `act` does not describe an actor")]
    MalformedActor,
    /// An entry of the features claim has no scope.
    #[error("the claim `fea` has an entry without a scope")]
    MalformedFeatures,
}

impl ClaimsError {
    /// A stable code for logs and headers.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotAToken => "claims-not-a-token",
            Self::MissingUser => "claims-missing-user",
            Self::MissingSession => "claims-missing-session",
            Self::MalformedActor => "claims-malformed-actor",
            Self::MalformedFeatures => "claims-malformed-features",
        }
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::NotAToken => "Send the session token that Clerk issued, unchanged.",
            Self::MissingUser | Self::MissingSession => {
                "Use the session token of a signed-in person; a token from a JWT template is no session."
            }
            Self::MalformedActor => {
                "Remove a custom claim named `act` from the session token in the Clerk dashboard."
            }
            Self::MalformedFeatures => {
                "Remove a custom claim named `fea` from the session token in the Clerk dashboard."
            }
        }
    }
}
