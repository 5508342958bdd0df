//! The values that the server read for the page.

use serde::{Deserialize, Serialize};

use super::{function::QueryToken, preloaded::Preloaded, values::EncodedValue};

/// Values that the server read with the request's token, on their way to the browser in the HTML.
///
/// As a context on both sides it is what [`use_query`](super::use_query) begins with instead of loading;
/// [`Preload`](super::preload::Preload) provides it.
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
/// assert_eq!(values.value_for(&token).map(|value| value.as_json()), Some("3"));
/// assert!(values.is_for(Some("user_1")) && !values.is_for(None));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PreloadedQueries {
    /// The id of the person they were read for; `None` for a visitor.
    identity: Option<String>,
    /// Encoded values, each with the text of its query's token. A page has a few.
    values: Vec<(String, EncodedValue)>,
}

impl PreloadedQueries {
    /// A store without values, for the person with this id; `None` for a visitor.
    #[must_use]
    pub fn new(identity: Option<String>) -> Self {
        Self {
            identity,
            values: Vec::new(),
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
        self.values.retain(|(known, _)| *known != token);
        self.values.push((token, preloaded.value));
    }

    /// A query's encoded value.
    #[must_use]
    pub fn value_for(&self, token: &QueryToken) -> Option<&EncodedValue> {
        let is_asked_for = |(known, _): &&(String, EncodedValue)| known == token.as_str();
        self.values
            .iter()
            .find(is_asked_for)
            .map(|(_, value)| value)
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

    /// These values, and those of a provider further out that were read for the same person.
    #[must_use]
    pub(crate) fn within(mut self, outer: Option<Self>) -> Self {
        match outer {
            Some(outer) if self.is_empty() => outer,
            Some(outer) if outer.identity == self.identity => {
                for (token, value) in outer.values {
                    if !self.values.iter().any(|(known, _)| *known == token) {
                        self.values.push((token, value));
                    }
                }
                self
            }
            _ => self,
        }
    }
}
