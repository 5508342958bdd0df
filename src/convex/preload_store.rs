//! The values that the server read for the page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{function::QueryToken, preloaded::Preloaded};

/// Values that the server read with the request's token, on their way to the browser in the HTML.
///
/// Provide it as a context on both sides, and [`use_query`](super::use_query) begins with its values instead of loading.
/// They count for the person they were read for and for nobody else.
///
/// A [list](super::use_paginated_query) begins with its first page: preload it with `paginationOpts` of
/// `{"numItems": <the list's initial number>, "cursor": null}`.
///
/// ```
/// use leptos_clerk_convex::convex::{Preloaded, PreloadedQueries};
///
/// let payload = r#"{"_name":"messages:count","_argsJSON":{},"_valueJSON":3}"#;
/// let preloaded: Preloaded = serde_json::from_str(payload)?;
/// let token = preloaded.token();
/// let values = PreloadedQueries::new(Some("user_1".to_owned())).with(preloaded);
/// assert_eq!(values.value_for(&token), Some(&serde_json::json!(3)));
/// assert!(values.is_for(Some("user_1")) && !values.is_for(None));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PreloadedQueries {
    /// The id of the person they were read for; `None` for a visitor.
    identity: Option<String>,
    /// Encoded values, by the text of the query's token.
    values: BTreeMap<String, Value>,
}

impl PreloadedQueries {
    /// A store without values, for the person with this id; `None` for a visitor.
    #[must_use]
    pub fn new(identity: Option<String>) -> Self {
        Self {
            identity,
            values: BTreeMap::new(),
        }
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, preloaded: Preloaded) -> Self {
        self.insert(preloaded);
        self
    }

    /// Adds a value.
    pub fn insert(&mut self, preloaded: Preloaded) {
        let token = preloaded.token().as_str().to_owned();
        self.values.insert(token, preloaded.value);
    }

    /// A query's encoded value.
    #[must_use]
    pub fn value_for(&self, token: &QueryToken) -> Option<&Value> {
        self.values.get(token.as_str())
    }

    /// Whether the values were read for the person with this id.
    #[must_use]
    pub fn is_for(&self, user_id: Option<&str>) -> bool {
        self.identity.as_deref() == user_id
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
