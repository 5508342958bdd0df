//! Questions about an identity whose answer is yes or no.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::time::Duration;

use super::permissions::scoped_slugs;
use super::{FactorVerificationAge, Identity};

/// What somebody must be or have to see or do something.
///
/// There is no third answer: whatever is unknown, malformed or empty is a no. A list of parameters that Clerk's
/// `has({ … })` would take is [`All`](Self::All) of them.
///
/// ```
/// use leptos_clerk_convex::identity::{Requirement, Reverification};
///
/// let may_delete = Requirement::all([
///     Requirement::permission("org:invoices:delete"),
///     Requirement::Reverification(Reverification::Strict),
/// ]);
/// let may_export = Requirement::any([Requirement::plan("org:business"), Requirement::feature("export")]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Requirement {
    /// Anyone who is signed in.
    SignedIn,
    /// A role in the active organization, with or without the prefix `org:`.
    Role(String),
    /// A permission in the active organization, with or without the prefix `org:`.
    Permission(String),
    /// A feature of the person's or the organization's plan: `slug` for either, `user:slug` or `org:slug` for one of them.
    Feature(String),
    /// A plan, in the form of [`Feature`](Self::Feature).
    Plan(String),
    /// Credentials that were verified recently.
    Reverification(Reverification),
    /// Every one of these. An empty list demands nothing, and so allows nothing.
    All(Vec<Requirement>),
    /// At least one of these.
    Any(Vec<Requirement>),
    /// Nobody: what a requirement that cannot be read means.
    Never,
}

impl Requirement {
    /// A role in the active organization, such as `org:admin`.
    pub fn role(role: impl Into<String>) -> Self {
        Self::Role(role.into())
    }

    /// A permission in the active organization, such as `org:invoices:create`.
    pub fn permission(permission: impl Into<String>) -> Self {
        Self::Permission(permission.into())
    }

    /// A feature, such as `export` or `org:export`.
    pub fn feature(feature: impl Into<String>) -> Self {
        Self::Feature(feature.into())
    }

    /// A plan, such as `pro` or `user:pro`.
    pub fn plan(plan: impl Into<String>) -> Self {
        Self::Plan(plan.into())
    }

    /// Every one of `requirements`.
    pub fn all(requirements: impl IntoIterator<Item = Self>) -> Self {
        Self::All(requirements.into_iter().collect())
    }

    /// At least one of `requirements`.
    pub fn any(requirements: impl IntoIterator<Item = Self>) -> Self {
        Self::Any(requirements.into_iter().collect())
    }

    /// Reads the parameters of Clerk's `has()`: an object with any of `role`, `permission`, `feature`, `plan` and
    /// `reverification`. Other keys are ignored, as Clerk does; a parameter that cannot be read is [`Never`](Self::Never).
    #[must_use]
    pub fn from_has_params(params: &Map<String, Value>) -> Self {
        let text = |name: &str, requirement: fn(String) -> Self| {
            let value = params.get(name)?;
            Some(
                value
                    .as_str()
                    .map_or(Self::Never, |text| requirement(text.to_owned())),
            )
        };
        let reverification = params.get("reverification").map(|config| {
            Reverification::from_config(config).map_or(Self::Never, Self::Reverification)
        });
        let stated = [
            text("role", Self::Role),
            text("permission", Self::Permission),
            text("feature", Self::Feature),
            text("plan", Self::Plan),
            reverification,
        ];
        Self::all(stated.into_iter().flatten())
    }

    pub(super) fn is_met_by(&self, identity: &Identity, now_ms: i64) -> bool {
        match self {
            Self::SignedIn => true,
            Self::Role(role) => {
                let held = identity
                    .organization
                    .as_ref()
                    .and_then(|organization| organization.role.as_deref());
                held.is_some_and(|held| without_prefix(held) == without_prefix(role))
            }
            Self::Permission(permission) => {
                let permission = format!("org:{}", without_prefix(permission));
                identity
                    .organization
                    .as_ref()
                    .is_some_and(|organization| organization.permissions.contains(&permission))
            }
            Self::Feature(feature) => claim_includes(identity.features.as_deref(), feature),
            Self::Plan(plan) => claim_includes(identity.plans.as_deref(), plan),
            Self::Reverification(reverification) => identity
                .factor_verification_age
                .is_some_and(|ages| reverification.is_met_by(ages, now_ms)),
            Self::All(requirements) => {
                !requirements.is_empty()
                    && requirements
                        .iter()
                        .all(|requirement| requirement.is_met_by(identity, now_ms))
            }
            Self::Any(requirements) => requirements
                .iter()
                .any(|requirement| requirement.is_met_by(identity, now_ms)),
            Self::Never => false,
        }
    }
}

/// Collapses any number of leading `org:`.
fn without_prefix(mut text: &str) -> &str {
    while let Some(rest) = text.strip_prefix("org:") {
        text = rest;
    }
    text
}

/// Whether a features or plans claim includes `wanted`: `slug` on either side, `scope:slug` on that side.
fn claim_includes(claim: Option<&str>, wanted: &str) -> bool {
    let Some(Ok(entries)) = claim.map(scoped_slugs) else {
        return false;
    };
    let mut pieces = wanted.split(':');
    let first = pieces.next().unwrap_or_default();
    let (scopes, slug): (&[&str], &str) = match (first, pieces.next()) {
        (slug, None) => (&["o", "u", "ou", "uo"], slug),
        // An empty slug falls back to the scope's own name, as upstream.
        ("o" | "org" | "organization", Some(slug)) => (
            &["o", "ou", "uo"],
            if slug.is_empty() { first } else { slug },
        ),
        ("u" | "user", Some(slug)) => (
            &["u", "ou", "uo"],
            if slug.is_empty() { first } else { slug },
        ),
        _ => return false,
    };
    entries
        .iter()
        .any(|(scope, held)| scopes.contains(scope) && *held == slug)
}

/// How recently which factors must have been verified. The presets are Clerk's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reverification {
    /// Both factors within 10 minutes.
    StrictMfa,
    /// The second factor within 10 minutes.
    Strict,
    /// The second factor within an hour.
    Moderate,
    /// The second factor within a day.
    Lax,
    /// A level and a time of one's own.
    Custom {
        /// Which factors.
        level: ReverificationLevel,
        /// Verifications of this age and older do not count. Zero can never be met.
        after: Duration,
    },
}

/// Which factors a reverification asks for. Where no second factor is enrolled, the first stands in for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReverificationLevel {
    /// The first factor: password, e-mail code, single sign-on.
    FirstFactor,
    /// The second factor: authenticator app, text message, backup code.
    SecondFactor,
    /// Both.
    MultiFactor,
}

impl ReverificationLevel {
    /// Clerk's name of it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstFactor => "first_factor",
            Self::SecondFactor => "second_factor",
            Self::MultiFactor => "multi_factor",
        }
    }
}

impl Reverification {
    /// Reads Clerk's configuration: the name of a preset, or `{ "level": …, "afterMinutes": … }` with minutes above zero.
    #[must_use]
    pub fn from_config(config: &Value) -> Option<Self> {
        if let Some(preset) = config.as_str() {
            return match preset {
                "strict_mfa" => Some(Self::StrictMfa),
                "strict" => Some(Self::Strict),
                "moderate" => Some(Self::Moderate),
                "lax" => Some(Self::Lax),
                _ => None,
            };
        }
        let level = match config.get("level")?.as_str()? {
            "first_factor" => ReverificationLevel::FirstFactor,
            "second_factor" => ReverificationLevel::SecondFactor,
            "multi_factor" => ReverificationLevel::MultiFactor,
            _ => return None,
        };
        let minutes = config
            .get("afterMinutes")?
            .as_f64()
            .filter(|minutes| *minutes > 0.0)?;
        // A time beyond the range of a duration is refused rather than cut.
        Some(Self::Custom {
            level,
            after: Duration::try_from_secs_f64(minutes * 60.0).ok()?,
        })
    }

    /// The configuration in Clerk's form. ClerkJS reads it from a refusal and opens its prompt.
    #[must_use]
    pub fn to_config(&self) -> Value {
        match self {
            Self::StrictMfa => json!("strict_mfa"),
            Self::Strict => json!("strict"),
            Self::Moderate => json!("moderate"),
            Self::Lax => json!("lax"),
            Self::Custom { level, after } => {
                let minutes = after.as_secs_f64() / 60.0;
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "whole by the guard"
                )]
                let minutes = if minutes.fract() == 0.0 {
                    json!(minutes as u64)
                } else {
                    json!(minutes)
                };
                json!({ "level": level.as_str(), "afterMinutes": minutes })
            }
        }
    }

    /// Which factors it asks for.
    #[must_use]
    pub fn level(&self) -> ReverificationLevel {
        match self {
            Self::StrictMfa => ReverificationLevel::MultiFactor,
            Self::Strict | Self::Moderate | Self::Lax => ReverificationLevel::SecondFactor,
            Self::Custom { level, .. } => *level,
        }
    }

    fn is_met_by(&self, ages: FactorVerificationAge, now_ms: i64) -> bool {
        let (level, after_minutes) = match self {
            Self::StrictMfa => (ReverificationLevel::MultiFactor, 10.0),
            Self::Strict => (ReverificationLevel::SecondFactor, 10.0),
            Self::Moderate => (ReverificationLevel::SecondFactor, 60.0),
            Self::Lax => (ReverificationLevel::SecondFactor, 1440.0),
            Self::Custom { level, after } => (*level, after.as_secs_f64() / 60.0),
        };
        let fresh = |age: Option<f64>| age.is_some_and(|minutes| after_minutes > minutes);
        let (first, second) = (
            ages.first_factor_minutes(now_ms),
            ages.second_factor_minutes(now_ms),
        );
        match (level, second) {
            (ReverificationLevel::FirstFactor, _) | (_, None) => fresh(first),
            (ReverificationLevel::SecondFactor, _) => fresh(second),
            (ReverificationLevel::MultiFactor, _) => fresh(first) && fresh(second),
        }
    }
}
