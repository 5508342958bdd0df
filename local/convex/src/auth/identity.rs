//! Who a request or connection acts as.

use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Identity {
    /// Nobody in particular.
    #[default]
    None,
    /// A person, by a provider's token.
    User(Arc<UserIdentity>),
    /// Whoever runs the deployment.
    Admin,
    /// Whoever runs the deployment, as a person.
    ActingAs(Arc<UserIdentity>),
}

/// A person. Prints nothing of them.
#[derive(Clone, PartialEq)]
pub(crate) struct UserIdentity {
    /// `<issuer>|<subject>`: no two people share one.
    pub(crate) token_identifier: String,
    /// What `ctx.auth.getUserIdentity()` returns: an object of encoded Convex values.
    pub(crate) attributes: Json,
    /// From this unix time on, the identity counts no more.
    pub(crate) expires_at_seconds: Option<u64>,
}

impl Identity {
    /// The person, if it is one.
    pub(crate) fn user(&self) -> Option<&UserIdentity> {
        match self {
            Self::User(user) | Self::ActingAs(user) => Some(user),
            Self::None | Self::Admin => None,
        }
    }

    /// What `ctx.auth.getUserIdentity()` returns: an object, or null.
    pub(crate) fn attributes(&self) -> Json {
        self.user()
            .map_or(Json::Null, |user| user.attributes.clone())
    }

    /// Tells apart whose results may differ: a new token of the same person does not change it.
    pub(crate) fn cache_key(&self) -> String {
        self.attributes().to_string()
    }

    /// Whether internal functions may be called.
    pub(crate) fn is_admin(&self) -> bool {
        matches!(self, Self::Admin | Self::ActingAs(_))
    }
}

impl fmt::Debug for UserIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UserIdentity")
            .field("expires_at_seconds", &self.expires_at_seconds)
            .finish_non_exhaustive()
    }
}
