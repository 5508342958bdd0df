//! Lists of ClerkJS's, page by page.

use leptos::{prelude::*, task::spawn_local};
use serde_json::{Map, Value};

use crate::clerk::{Clerk, ClerkError, Resource, bridge, use_clerk};

/// How a list is read.
///
/// ```
/// use leptos_clerk_convex::clerk::ListOptions;
///
/// let administrators = ListOptions::new().page_size(20).filter("role", ["org:admin"]);
/// let growing = ListOptions::new().infinite();
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ListOptions {
    page_size: u32,
    infinite: bool,
    filters: Map<String, Value>,
}

impl Default for ListOptions {
    fn default() -> Self {
        Self {
            page_size: 10,
            infinite: false,
            filters: Map::new(),
        }
    }
}

impl ListOptions {
    /// Pages of ten, one at a time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries a page has.
    #[must_use]
    pub fn page_size(mut self, page_size: u32) -> Self {
        self.page_size = page_size.max(1);
        self
    }

    /// Further pages are put behind those that are there.
    #[must_use]
    pub fn infinite(mut self) -> Self {
        self.infinite = true;
        self
    }

    /// One of the list's own parameters, by Clerk's name: `role`, `status`, `query`, `enrollmentMode`.
    #[must_use]
    pub fn filter(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.filters.insert(name.to_owned(), value.into());
        self
    }

    fn parameters(&self, page: u32) -> Value {
        let mut parameters = self.filters.clone();
        parameters.insert("initialPage".to_owned(), page.into());
        parameters.insert("pageSize".to_owned(), self.page_size.into());
        Value::Object(parameters)
    }

    /// How many pages so many entries fill.
    fn pages(&self, total: u32) -> u32 {
        total.div_ceil(self.page_size).max(1)
    }
}

/// A list of ClerkJS's, as signals. Cheap to copy.
///
/// *On the server* and *while loading* it is empty, and `is_loading` is true until the first page is there.
/// *When it fails* `error` says why, and what is there stays.
#[derive(Debug)]
pub struct Paginated<T: Send + Sync + 'static> {
    pages: Pages,
    data: Memo<Vec<T>>,
}

impl<T: Send + Sync + 'static> Clone for Paginated<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Paginated<T> {}

impl<T: Resource + Send + Sync + PartialEq + 'static> Paginated<T> {
    /// Reads the list that `method` gives, again whenever `key` changes: whose list it is. Without a key it is empty.
    pub(super) fn new(
        method: &'static str,
        key: Memo<Option<String>>,
        options: ListOptions,
    ) -> Self {
        let pages = Pages::new(method, key, options);
        let data = Memo::new(move |_| {
            pages
                .rows
                .with(|rows| rows.iter().filter_map(T::from_json).collect())
        });
        Self { pages, data }
    }

    /// The entries.
    #[must_use]
    pub fn data(&self) -> Memo<Vec<T>> {
        self.data
    }

    /// How many entries there are in all.
    #[must_use]
    pub fn total_count(&self) -> ReadSignal<u32> {
        self.pages.total.read_only()
    }

    /// The page that is shown, from 1; the last one, if further pages are put behind.
    #[must_use]
    pub fn page(&self) -> ReadSignal<u32> {
        self.pages.page.read_only()
    }

    /// How many pages there are. Reactive.
    #[must_use]
    pub fn page_count(&self) -> u32 {
        let total = self.pages.total.get();
        self.pages
            .options
            .with_value(|options| options.pages(total))
    }

    /// Whether there is a page after this one. Reactive.
    #[must_use]
    pub fn has_next_page(&self) -> bool {
        self.pages.page.get() < self.page_count()
    }

    /// Whether there is a page before this one. Reactive.
    #[must_use]
    pub fn has_previous_page(&self) -> bool {
        self.pages.page.get() > 1
    }

    /// Whether a page is being read.
    #[must_use]
    pub fn is_loading(&self) -> ReadSignal<bool> {
        self.pages.loading.read_only()
    }

    /// Why the last page could not be read.
    #[must_use]
    pub fn error(&self) -> ReadSignal<Option<ClerkError>> {
        self.pages.error.read_only()
    }

    /// Shows a page.
    pub fn fetch_page(&self, page: u32) {
        self.pages.page.set(page.max(1));
    }

    /// Shows the next page, or puts it behind.
    pub fn fetch_next(&self) {
        if untrack(|| self.has_next_page()) {
            self.pages.page.update(|page| *page += 1);
        }
    }

    /// Shows the page before.
    pub fn fetch_previous(&self) {
        self.pages
            .page
            .update(|page| *page = page.saturating_sub(1).max(1));
    }

    /// Reads the page again.
    pub fn revalidate(&self) {
        self.pages.version.update(|version| *version += 1);
    }
}

/// What a list of any kind is made of.
#[derive(Clone, Copy, Debug)]
struct Pages {
    clerk: Clerk,
    method: &'static str,
    options: StoredValue<ListOptions>,
    page: RwSignal<u32>,
    version: RwSignal<u32>,
    rows: RwSignal<Vec<Value>>,
    total: RwSignal<u32>,
    loading: RwSignal<bool>,
    error: RwSignal<Option<ClerkError>>,
    /// The number of the last request: an answer to an earlier one is no longer wanted.
    asked: StoredValue<u32>,
}

impl Pages {
    fn new(method: &'static str, key: Memo<Option<String>>, options: ListOptions) -> Self {
        let pages = Self {
            clerk: use_clerk(),
            method,
            options: StoredValue::new(options),
            page: RwSignal::new(1),
            version: RwSignal::new(0),
            rows: RwSignal::new(Vec::new()),
            total: RwSignal::new(0),
            loading: RwSignal::new(true),
            error: RwSignal::new(None),
            asked: StoredValue::new(0),
        };
        Effect::new(move |before: Option<Option<String>>| {
            let key = key.get();
            pages.version.track();
            let page = pages.page.get();
            if before.is_some_and(|before| before != key) {
                // Somebody else's list: nothing of the one before may be seen.
                pages.rows.set(Vec::new());
                pages.total.set(0);
                if page != 1 {
                    pages.page.set(1);
                    return key;
                }
            }
            pages.read(key.is_some(), page);
            key
        });
        pages
    }

    fn read(self, somebody: bool, page: u32) {
        let asked = self.asked.with_value(|asked| asked.wrapping_add(1));
        self.asked.set_value(asked);
        self.loading.set(somebody);
        if !somebody {
            return;
        }
        spawn_local(async move {
            let answer = self.page(page).await;
            if self.asked.try_get_value() != Some(asked) {
                return;
            }
            self.loading.set(false);
            match answer {
                Ok((rows, total)) => {
                    self.error.set(None);
                    self.total.set(total);
                    self.show(rows, page);
                }
                Err(error) => self.error.set(Some(error)),
            }
        });
    }

    async fn page(self, page: u32) -> Result<(Vec<Value>, u32), ClerkError> {
        self.clerk.operational().await?;
        let parameters = self.options.with_value(|options| options.parameters(page));
        bridge::list(self.method, &parameters).await
    }

    fn show(self, rows: Vec<Value>, page: u32) {
        let (infinite, size) = self
            .options
            .with_value(|options| (options.infinite, options.page_size));
        if infinite && page > 1 {
            let before = (page - 1).saturating_mul(size) as usize;
            self.rows.update(|known| {
                known.truncate(before);
                known.extend(rows);
            });
        } else {
            self.rows.set(rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ListOptions;

    #[test]
    fn a_list_is_asked_for_in_clerks_words() {
        let options = ListOptions::new()
            .page_size(0)
            .filter("status", ["pending"]);
        assert_eq!(
            options.parameters(3),
            json!({ "initialPage": 3, "pageSize": 1, "status": ["pending"] })
        );
    }

    #[test]
    fn there_is_always_one_page() {
        let options = ListOptions::new();
        let pages: Vec<u32> = [0, 1, 10, 11].map(|total| options.pages(total)).to_vec();
        assert_eq!(pages, [1, 1, 1, 2]);
    }
}
