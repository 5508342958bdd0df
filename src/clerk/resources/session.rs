//! The session, without its token.

use serde_json::Value;

use super::{Resource, organization::PublicUserData};
use crate::fields::Fields;

/// A session, as ClerkJS has it. The token is not part of it: ask for one with `get_token`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Session {
    /// `sess_…`
    pub id: String,
    /// `active`, `pending`, `ended`, `expired`, `removed`, `replaced`, `revoked` or `abandoned`.
    pub status: String,
    /// When the session ends at the latest, in milliseconds since the Unix epoch.
    pub expire_at: Option<f64>,
    /// When the session ends if it is not used, in milliseconds since the Unix epoch.
    pub abandon_at: Option<f64>,
    /// The organization that was active last, `org_…`.
    pub last_active_organization_id: Option<String>,
    /// Whose session it is.
    pub public_user_data: Option<PublicUserData>,
    /// What the person has to do before the session becomes active.
    pub tasks: Vec<SessionTask>,
}

/// Something that a person has to do before a pending session becomes active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTask {
    /// The task's name, such as `choose-organization`.
    pub key: String,
}

impl Resource for Session {
    fn from_json(json: &Value) -> Option<Self> {
        let fields = Fields(json);
        let tasks = json["tasks"].as_array().into_iter().flatten();
        Some(Self {
            id: fields.text("id")?,
            status: fields.text("status").unwrap_or_default(),
            expire_at: fields.number("expire_at"),
            abandon_at: fields.number("abandon_at"),
            last_active_organization_id: fields.text("last_active_organization_id"),
            public_user_data: fields.object("public_user_data").map(PublicUserData::read),
            tasks: tasks
                .filter_map(|task| Fields(task).text("key"))
                .map(|key| SessionTask { key })
                .collect(),
        })
    }
}
