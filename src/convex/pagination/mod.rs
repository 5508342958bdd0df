//! Long lists, page by page, each page live.
//!
//! [`Pagination`] says which page queries are wanted ([`Pagination::queries`]), and makes one list of their results
//! ([`Pagination::evaluate`]). It holds no subscription itself.

mod optimistic;
mod page;
#[cfg(test)]
mod tests;

pub use optimistic::{insert_at_bottom_if_loaded, insert_at_top, update_items};

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use litemap::LiteMap;
use page::{Page, is_invalid_cursor};
use serde_json::{Map, Value, json};

use super::{
    error::FunctionError,
    function::{FunctionPath, QueryToken},
    sync::QueryResult,
    values::{EncodedValue, encode},
};

/// Where lists get their ids from. Each list has pages of its own, even if two show the same query.
#[derive(Clone, Debug, Default)]
pub struct PaginationIds(Arc<AtomicU32>);

impl PaginationIds {
    fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// A page's query.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PageQuery {
    /// The function.
    pub path: FunctionPath,
    /// Its encoded arguments, with `paginationOpts`.
    pub arguments: Value,
    /// Both, as a token.
    pub token: QueryToken,
}

/// How far a list is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PaginationStatus {
    /// There is nothing yet.
    #[default]
    LoadingFirstPage,
    /// There is something, and more is being loaded.
    LoadingMore,
    /// There is more.
    CanLoadMore,
    /// That was all.
    Exhausted,
}

impl PaginationStatus {
    /// Whether something is being loaded.
    #[must_use]
    pub fn is_loading(self) -> bool {
        matches!(self, Self::LoadingFirstPage | Self::LoadingMore)
    }
}

/// A list, as far as it is loaded.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PaginatedResult {
    /// The encoded items of all pages.
    pub items: Vec<EncodedValue>,
    /// How far the list is.
    pub status: PaginationStatus,
    /// Why a page could not be read.
    pub error: Option<FunctionError>,
}

/// The pages of one list.
///
/// ```
/// use leptos_clerk_convex::convex::{
///     FunctionPath,
///     pagination::{Pagination, PaginationIds, PaginationStatus},
/// };
///
/// let ids = PaginationIds::default();
/// let mut list = Pagination::new(FunctionPath::new("messages:page"), Some(serde_json::json!({})), 20, &ids);
/// assert_eq!(list.queries().count(), 1);
/// assert_eq!(list.evaluate(|_| None).status, PaginationStatus::LoadingFirstPage);
/// ```
#[derive(Debug)]
pub struct Pagination {
    path: FunctionPath,
    /// `None` when the list is skipped.
    arguments: Option<Value>,
    initial_items: u32,
    ids: PaginationIds,
    id: u32,
    order: Vec<u32>,
    pages: LiteMap<u32, PageQuery>,
    /// Pages that have become too long, with the two that will take their place.
    splits: LiteMap<u32, (u32, u32)>,
    next_page: u32,
    /// Where the list goes on, until that has been asked for.
    next_cursor: Option<String>,
}

impl Pagination {
    /// A list with its first page; with `None` for the arguments, it stays empty.
    #[must_use]
    pub fn new(
        path: FunctionPath,
        arguments: Option<Value>,
        initial_items: u32,
        ids: &PaginationIds,
    ) -> Self {
        let mut list = Self {
            path,
            arguments,
            initial_items,
            ids: ids.clone(),
            id: 0,
            order: Vec::new(),
            pages: LiteMap::new_vec(),
            splits: LiteMap::new_vec(),
            next_page: 0,
            next_cursor: None,
        };
        list.reset();
        list
    }

    /// Starts over if the function or the arguments are others now. Another number of items counts from the next start.
    pub fn update(&mut self, path: FunctionPath, arguments: Option<Value>, initial_items: u32) {
        self.initial_items = initial_items;
        if path != self.path || arguments != self.arguments {
            self.path = path;
            self.arguments = arguments;
            self.reset();
        }
    }

    /// Starts over with the first page.
    pub fn reset(&mut self) {
        self.id = self.ids.next();
        self.order.clear();
        self.pages.clear();
        self.splits.clear();
        self.next_page = 0;
        self.next_cursor = None;
        if self.arguments.is_some() {
            let first = self.add_page(json!({ "numItems": self.initial_items, "cursor": null }));
            self.order.push(first);
        }
    }

    /// The queries to subscribe to.
    pub fn queries(&self) -> impl Iterator<Item = &PageQuery> {
        self.pages.values()
    }

    /// Loads more, if there is more and it has not been asked for; says whether it does.
    pub fn load_more(&mut self, items: u32) -> bool {
        let Some(cursor) = self.next_cursor.take() else {
            return false;
        };
        let page = self.add_page(json!({ "numItems": items, "cursor": cursor }));
        self.order.push(page);
        true
    }

    /// Makes one list of the pages' results. May change what [`queries`](Self::queries) gives: pages that have become too long
    /// are split, and a list whose cursors are no longer valid starts over.
    pub fn evaluate(
        &mut self,
        result: impl Fn(&QueryToken) -> Option<Arc<QueryResult>>,
    ) -> PaginatedResult {
        self.next_cursor = None;
        self.finish_splits(&result);
        let mut items = Vec::new();
        let mut last = None;
        for key in self.order.clone() {
            let found = self.pages.get(&key).and_then(|page| result(&page.token));
            let Some(found) = found else {
                return self.loading(items);
            };
            let page = match found.outcome.as_ref().map(Page::read) {
                Ok(Some(page)) => page,
                Ok(None) => return self.failed(items, self.not_a_page()),
                Err(error) if is_invalid_cursor(error) => {
                    self.reset();
                    return PaginatedResult::default();
                }
                Err(error) => return self.failed(items, error.clone()),
            };
            self.split(key, &page);
            if page.is_incomplete() {
                return self.loading(items);
            }
            items.extend(page.items);
            last = Some((page.is_done, page.continue_cursor));
        }
        match last {
            None => self.loading(items),
            Some((true, _)) => PaginatedResult {
                items,
                status: PaginationStatus::Exhausted,
                error: None,
            },
            Some((false, cursor)) => {
                self.next_cursor = Some(cursor);
                PaginatedResult {
                    items,
                    status: PaginationStatus::CanLoadMore,
                    error: None,
                }
            }
        }
    }

    fn loading(&self, items: Vec<EncodedValue>) -> PaginatedResult {
        let status = if self.next_page <= 1 {
            PaginationStatus::LoadingFirstPage
        } else {
            PaginationStatus::LoadingMore
        };
        PaginatedResult {
            items,
            status,
            error: None,
        }
    }

    fn failed(&self, items: Vec<EncodedValue>, error: FunctionError) -> PaginatedResult {
        PaginatedResult {
            error: Some(error),
            ..self.loading(items)
        }
    }

    fn not_a_page(&self) -> FunctionError {
        FunctionError::new(
            super::FunctionKind::Query,
            self.path.clone(),
            "the value is not what `paginate` returns".to_owned(),
            None,
        )
    }

    fn add_page(&mut self, mut options: Value) -> u32 {
        options["id"] = self.id.into();
        let mut fields = match &self.arguments {
            Some(Value::Object(fields)) => fields.clone(),
            _ => Map::new(),
        };
        fields.insert("paginationOpts".to_owned(), options);
        let arguments = encode(&fields).unwrap_or_default();
        let key = self.next_page;
        self.next_page += 1;
        let token = QueryToken::new(&self.path, &arguments);
        self.pages.insert(
            key,
            PageQuery {
                path: self.path.clone(),
                arguments,
                token,
            },
        );
        key
    }

    /// Puts the two halves of a page in its place once both are there.
    fn finish_splits(&mut self, result: &impl Fn(&QueryToken) -> Option<Arc<QueryResult>>) {
        let loaded = |key: &u32| {
            self.pages
                .get(key)
                .is_some_and(|page| result(&page.token).is_some())
        };
        let done: Vec<_> = self
            .splits
            .iter()
            .filter(|(page, (first, second))| loaded(page) && loaded(first) && loaded(second))
            .map(|(page, halves)| (*page, *halves))
            .collect();
        for (page, (first, second)) in done {
            self.splits.remove(&page);
            self.pages.remove(&page);
            if let Some(place) = self.order.iter().position(|key| *key == page) {
                self.order.splice(place..=place, [first, second]);
            }
        }
    }

    fn split(&mut self, key: u32, page: &Page) {
        let limit = (self.initial_items as usize).saturating_mul(2);
        let (Some(middle), false) = (page.split_cursor.as_deref(), self.splits.contains_key(&key))
        else {
            return;
        };
        if !page.wants_split() && page.items.len() <= limit {
            return;
        }
        let Some(options) = self
            .pages
            .get(&key)
            .map(|query| query.arguments["paginationOpts"].clone())
        else {
            return;
        };
        let mut first = options.clone();
        first["endCursor"] = middle.into();
        let mut second = options;
        second["cursor"] = middle.into();
        second["endCursor"] = page.continue_cursor.as_str().into();
        let halves = (self.add_page(first), self.add_page(second));
        self.splits.insert(key, halves);
    }
}
