//! The values that a page was rendered with, on their way to the hooks.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Preloaded, QueryToken};
use crate::identity::Identity;

/// Queries that the server asked while it rendered a page, and whom their values are for.
///
/// It is a context: [`Preload`](super::preload::Preload) provides it, and a query that is in it has its first value from here.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct PreloadedQueries {
    /// Whom the values are for, as [`PreloadedQueries::identity_of`] has it; `None` for everybody.
    identity: Option<String>,
    /// The values by the token of the query.
    values: BTreeMap<String, Value>,
}

impl PreloadedQueries {
    /// No values yet, for this identity, or for everybody.
    #[must_use]
    pub fn new(identity: Option<String>) -> Self {
        Self {
            identity,
            values: BTreeMap::new(),
        }
    }

    /// What stands for a person here: session, person, organization and role. Another text is another person, whose values
    /// these are not.
    #[must_use]
    pub fn identity_of(identity: &Identity) -> String {
        let organization = identity.organization.as_ref();
        let id = organization.map_or("", |organization| organization.id.as_str());
        let role = organization.and_then(|organization| organization.role.as_deref());
        let role = role.unwrap_or_default();
        format!("{}|{}|{id}|{role}", identity.session_id, identity.user_id)
    }

    /// Adds a value.
    pub fn insert(&mut self, preloaded: Preloaded) {
        let token = preloaded.token().as_str().to_owned();
        self.values.insert(token, preloaded.value);
    }

    /// Whom the values are for; `None` for everybody.
    #[must_use]
    pub fn identity(&self) -> Option<&str> {
        self.identity.as_deref()
    }

    /// The encoded value of a query.
    #[must_use]
    pub fn value(&self, token: &QueryToken) -> Option<&Value> {
        self.values.get(token.as_str())
    }

    /// Whether there is no value at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// These values, and those of a provider further out that are for the same identity.
    #[must_use]
    pub(crate) fn within(mut self, outer: Option<Self>) -> Self {
        let Some(outer) = outer else { return self };
        if self.is_empty() {
            return outer;
        }
        if outer.identity == self.identity {
            for (token, value) in outer.values {
                self.values.entry(token).or_insert(value);
            }
        }
        self
    }
}

/// Without the values: they are somebody's data.
impl fmt::Debug for PreloadedQueries {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PreloadedQueries")
            .field("queries", &self.values.len())
            .finish_non_exhaustive()
    }
}
