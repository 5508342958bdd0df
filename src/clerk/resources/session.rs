//! The session, without its token.

use serde::{Deserialize, Serialize};

/// The active session, as ClerkJS has it. The token is not part of it: ask for one with `get_token`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// `sess_…`
    pub id: String,
    /// `active`, `pending`, `ended`, `expired`, `removed`, `replaced`, `revoked` or `abandoned`.
    pub status: String,
    /// When the session ends at the latest, in milliseconds since the Unix epoch.
    #[serde(default)]
    pub expire_at: Option<f64>,
    /// When the session ends if it is not used, in milliseconds since the Unix epoch.
    #[serde(default)]
    pub abandon_at: Option<f64>,
    /// The organization that was active last, `org_…`.
    #[serde(default)]
    pub last_active_organization_id: Option<String>,
    /// What the person has to do before the session becomes active.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tasks: Vec<SessionTask>,
}

/// Something that a person has to do before a pending session becomes active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTask {
    /// The task's name, such as `choose-organization`.
    pub key: String,
}

pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
