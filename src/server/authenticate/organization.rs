//! Which organization a path belongs to.

use crate::config::OrganizationSync;
use crate::identity::Identity;
use crate::server::route_matcher::{PathParam, PathPatterns};

use super::AuthenticateError;

/// Compiled [`OrganizationSync`] patterns.
#[derive(Clone, Debug, Default)]
pub struct OrganizationPatterns {
    organization: PathPatterns,
    personal: PathPatterns,
}

/// What a path belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrganizationTarget {
    /// The organization with this id.
    Id(PathParam),
    /// The organization with this slug.
    Slug(PathParam),
    /// The personal account.
    Personal,
}

impl OrganizationPatterns {
    /// Compiles what is configured.
    ///
    /// # Errors
    /// Names the first pattern that cannot be read.
    pub fn compile(sync: Option<&OrganizationSync>) -> Result<Self, AuthenticateError> {
        let Some(sync) = sync else {
            return Ok(Self::default());
        };
        let compile = |patterns: &[String]| {
            PathPatterns::new(patterns).map_err(|error| AuthenticateError::OrganizationPattern {
                pattern: error.pattern().to_owned(),
            })
        };
        Ok(Self {
            organization: compile(&sync.organization_patterns)?,
            personal: compile(&sync.personal_account_patterns)?,
        })
    }

    /// What `path` belongs to, `None` when no pattern says so. The path is matched as it came, still encoded.
    #[must_use]
    pub fn target(&self, path: &str) -> Option<OrganizationTarget> {
        if let Ok(Some(parameters)) = self.organization.find(path) {
            if let Some(id) = parameters.get("id") {
                return Some(OrganizationTarget::Id(id.clone()));
            }
            if let Some(slug) = parameters.get("slug") {
                return Some(OrganizationTarget::Slug(slug.clone()));
            }
            tracing::warn!("an organization pattern that matched has neither `:id` nor `:slug`");
        }
        matches!(self.personal.any_matches(path), Ok(true)).then_some(OrganizationTarget::Personal)
    }
}

impl OrganizationTarget {
    /// What a handshake is told: id, slug, or nothing for the personal account.
    pub(super) fn as_parameter(&self) -> &str {
        match self {
            Self::Id(PathParam::One(text)) | Self::Slug(PathParam::One(text)) => text,
            // Several segments name no organization that there could be.
            Self::Id(PathParam::Many(texts)) | Self::Slug(PathParam::Many(texts)) => {
                texts.first().map(String::as_str).unwrap_or_default()
            }
            Self::Personal => "",
        }
    }

    /// Whether this is what the session is in already.
    pub(super) fn is_active_in(&self, identity: &Identity) -> bool {
        let organization = identity.organization.as_ref();
        match self {
            Self::Id(PathParam::One(id)) => organization.is_some_and(|active| active.id == *id),
            Self::Slug(PathParam::One(slug)) => {
                organization.is_some_and(|active| active.slug.as_ref() == Some(slug))
            }
            Self::Id(_) | Self::Slug(_) => false,
            Self::Personal => organization.is_none(),
        }
    }
}
