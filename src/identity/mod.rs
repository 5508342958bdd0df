//! Who a verified session token says somebody is, and what that person may do.
//!
//! [`SessionClaims`] is the payload as Clerk signed it, in either claims version. [`Identity`] is the part of it that views,
//! handlers and the browser may see: an allow-list, so that a claim which somebody adds to the token in the Clerk dashboard
//! never reaches the HTML by itself. [`Requirement`] is a question about an identity, and its answer is yes or no.
//!
//! ```
//! use leptos_clerk_convex::identity::{Identity, Requirement, SessionClaims};
//!
//! let claims: SessionClaims = serde_json::from_value(serde_json::json!({
//!     "sub": "user_1", "sid": "sess_1", "iat": 1_700_000_000, "v": 2,
//!     "o": { "id": "org_1", "rol": "admin", "slg": "acme" },
//! }))?;
//! let identity = Identity::from_claims(&claims)?;
//! let now = 1_700_000_010_000;
//! assert!(identity.has(&Requirement::role("org:admin"), now));
//! assert!(!identity.has(&Requirement::permission("org:invoices:read"), now));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod claims;
mod factor;
mod permissions;
mod requirement;
#[cfg(test)]
mod tests;

pub use claims::{ClaimsError, SessionClaims};
pub use factor::FactorVerificationAge;
pub use requirement::{Requirement, Reverification, ReverificationLevel};

use serde::{Deserialize, Serialize};

use crate::fields::Fields;

/// A signed-in person and their session, as stated by a verified session token.
///
/// This is also exactly what the server tells the browser (the seed), so every field here is public to that person.
///
/// Two identities taken from consecutive tokens of one session are equal: nothing in here changes when a token is merely
/// renewed. A `Memo<Identity>` therefore re-runs no view on the minutely token rotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// The user's id, `user_…`.
    pub user_id: String,
    /// The session's id, `sess_…`.
    pub session_id: String,
    /// Whether the session still has tasks to finish.
    #[serde(default)]
    pub session_status: SessionStatus,
    /// The organization that is active in this session, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<ActiveOrganization>,
    /// Who is really acting, when this session is an impersonation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Actor>,
    /// When the person last proved each factor. Absent when the token does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor_verification_age: Option<FactorVerificationAge>,
    /// The features claim as signed: comma-separated `scope:slug` entries, `o` for organization, `u` for user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<String>,
    /// The plans claim as signed, in the form of [`features`](Self::features).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plans: Option<String>,
    /// Name, e-mail address and picture, as far as the instance adds them to its session tokens.
    #[serde(default)]
    pub profile: Profile,
}

impl Identity {
    /// Reads an identity out of claims. Whether they can be trusted is for the caller to have settled before.
    ///
    /// # Errors
    /// When `sub` or `sid` is missing or empty, when the actor is malformed, or when a version 2 features claim beside an
    /// active organization has an entry without a scope: permissions cannot be derived from it.
    pub fn from_claims(claims: &SessionClaims) -> Result<Self, ClaimsError> {
        Ok(Self {
            user_id: claims.user_id().ok_or(ClaimsError::MissingUser)?.to_owned(),
            session_id: claims
                .session_id()
                .ok_or(ClaimsError::MissingSession)?
                .to_owned(),
            session_status: claims.session_status().unwrap_or_default(),
            organization: claims.organization()?,
            actor: claims.actor()?,
            factor_verification_age: claims.factor_verification_age(),
            features: claims.text("fea").map(str::to_owned),
            plans: claims.text("pla").map(str::to_owned),
            profile: Profile {
                name: claims.text("name").map(str::to_owned),
                email: claims.text("email").map(str::to_owned),
                image_url: claims.text("picture").map(str::to_owned),
            },
        })
    }

    /// Reads what serde has written.
    pub(crate) fn read(fields: Fields<'_>) -> Option<Self> {
        let organization = match fields.object("organization") {
            Some(organization) => Some(ActiveOrganization::read(organization)?),
            None => None,
        };
        let actor = match fields.object("actor") {
            Some(actor) => Some(Actor::read(actor)?),
            None => None,
        };
        let profile = fields.object("profile").map(Profile::read);
        Some(Self {
            user_id: fields.text("user_id")?,
            session_id: fields.text("session_id")?,
            session_status: match fields.text("session_status").as_deref() {
                None | Some("active") => SessionStatus::Active,
                Some("pending") => SessionStatus::Pending,
                Some(_) => return None,
            },
            organization,
            actor,
            factor_verification_age: fields
                .object("factor_verification_age")
                .map(FactorVerificationAge::read),
            features: fields.text("features"),
            plans: fields.text("plans"),
            profile: profile.unwrap_or_default(),
        })
    }

    /// Whether this identity meets `requirement` at `now_ms`, in unix milliseconds. The time matters for
    /// [`Requirement::Reverification`] alone.
    ///
    /// The answers are those of Clerk's `has()`, except that the age of a verification goes on growing while a token is in use.
    /// Whether a *pending* session counts as signed in is decided before an identity is handed out.
    #[must_use]
    pub fn has(&self, requirement: &Requirement, now_ms: i64) -> bool {
        requirement.is_met_by(self, now_ms)
    }

    /// Whether the session has no task left to finish.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.session_status == SessionStatus::Active
    }
}

/// Whether a session can be used, or waits for its user to finish a task such as choosing an organization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SessionStatus {
    /// Usable. Also what a token without the claim means.
    #[default]
    Active,
    /// Signed in, with a task left; treated as signed out unless asked otherwise.
    Pending,
}

/// The organization that is active in a session, and the person's standing in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActiveOrganization {
    /// The organization's id, `org_…`.
    pub id: String,
    /// The organization's slug, when the instance uses slugs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// The person's role, such as `org:admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The person's permissions, such as `org:invoices:create`. System permissions (`org:sys_…`) are never in a token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<String>,
}

impl ActiveOrganization {
    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.text("id")?,
            slug: fields.text("slug"),
            role: fields.text("role"),
            permissions: fields.texts("permissions"),
        })
    }
}

/// The person behind an impersonated session (the `act` claim).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Actor {
    /// The id of the person who acts.
    pub sub: String,
    /// Who vouches for that id.
    #[serde(default, rename = "iss", skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The session that the acting person came from.
    #[serde(default, rename = "sid", skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// What kind of actor this is, `agent` for instance.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

impl Actor {
    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            sub: fields.text("sub")?,
            issuer: fields.text("iss"),
            session_id: fields.text("sid"),
            kind: fields.text("type"),
        })
    }
}

/// What a person is shown of themselves, from the standard claims `name`, `email` and `picture`.
///
/// A session token has these only where the instance adds them (Clerk dashboard, Sessions, Customize session token), so
/// every field is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Profile {
    /// The full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The primary e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where the picture is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
}

impl Profile {
    fn read(fields: Fields<'_>) -> Self {
        Self {
            name: fields.text("name"),
            email: fields.text("email"),
            image_url: fields.text("image_url"),
        }
    }
}
