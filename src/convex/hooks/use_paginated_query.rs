//! `use_paginated_query`

use std::{fmt, sync::Arc};

use leptos::prelude::*;
use litemap::LiteMap;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::use_convex;
use crate::convex::{
    ConvexClient, FunctionPath, Query, QueryToken, RequestError,
    driver::{Call, Reading, Watch},
    live::Live,
    pagination::{PaginatedResult, Pagination, PaginationStatus},
    sync::{QueryResult, Scope},
    values::{EncodedValue, ValueError, encode_arguments},
};

/// One evaluation changes the list's pages at most this often: a split, a start from the beginning.
const MAXIMUM_ROUNDS: usize = 4;

/// What a paginated query returns: the output of its [`Query`] reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PageOf<T> {
    /// The items of the page.
    pub page: Vec<T>,
    /// Whether this is the last page.
    pub is_done: bool,
    /// Where the next page begins.
    pub continue_cursor: String,
}

/// A live list. Cheap to copy.
pub struct UsePaginatedQuery<T: Send + Sync + 'static> {
    items: Memo<Result<Vec<T>, RequestError>>,
    status: Memo<PaginationStatus>,
    error: Memo<Option<RequestError>>,
    list: StoredValue<Pagination>,
    more: Trigger,
}

impl<T: Send + Sync> Clone for UsePaginatedQuery<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for UsePaginatedQuery<T> {}

impl<T: Send + Sync> fmt::Debug for UsePaginatedQuery<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UsePaginatedQuery")
            .finish_non_exhaustive()
    }
}

impl<T: Send + Sync + 'static> UsePaginatedQuery<T> {
    /// Reads the items of all pages that are there, without copying them. Reactive.
    pub fn with<R>(&self, read: impl FnOnce(&[T]) -> R) -> R {
        self.items
            .with(|items| read(items.as_deref().unwrap_or_default()))
    }

    /// The items of all pages that are there. Reactive.
    #[must_use]
    pub fn items(&self) -> Vec<T>
    where
        T: Clone,
    {
        self.with(<[T]>::to_vec)
    }

    /// How far the list is.
    #[must_use]
    pub fn status(&self) -> Memo<PaginationStatus> {
        self.status
    }

    /// Why a page could not be read.
    #[must_use]
    pub fn error(&self) -> Memo<Option<RequestError>> {
        self.error
    }

    /// Loads more items, if there are more and none are being loaded; says whether it does.
    pub fn load_more(&self, items: u32) -> bool {
        let loads = self.list.try_update_value(|list| list.load_more(items)) == Some(true);
        if loads {
            self.more.notify();
        }
        loads
    }
}

/// A long list, page by page, each page live.
///
/// The query takes `paginationOpts` beside its arguments, and returns what `paginate` gives. With other arguments, the list
/// starts over; while they are `None`, it is empty.
///
/// *On the server* it is loading, unless [`PreloadedQueries`](crate::convex::PreloadedQueries) has its first page.
/// *While loading* that page stays, until the live one is there. *When it fails* what was loaded before the failed page stays, and
/// [`error`](UsePaginatedQuery::error) says why.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::convex::{PageOf, Query, use_paginated_query};
///
/// #[derive(serde::Serialize)]
/// struct InChannel { channel: String }
/// #[derive(Clone, serde::Deserialize)]
/// struct Message { body: String }
/// const LIST: Query<InChannel, PageOf<Message>> = Query::new("messages:list");
///
/// #[component]
/// fn Messages() -> impl IntoView {
///     let messages = use_paginated_query(LIST, || Some(InChannel { channel: "general".into() }), 20);
///     view! {
///         <ul>{move || messages.items().into_iter().map(|message| view! { <li>{message.body}</li> }).collect_view()}</ul>
///         <button on:click=move |_| { messages.load_more(20); }>"More"</button>
///     }
/// }
/// ```
#[must_use]
pub fn use_paginated_query<A, T>(
    query: Query<A, PageOf<T>>,
    arguments: impl Fn() -> Option<A> + Send + Sync + 'static,
    initial_items: u32,
) -> UsePaginatedQuery<T>
where
    A: Serialize + 'static,
    T: DeserializeOwned + Send + Sync + 'static,
{
    let client = use_convex();
    let list = Pagination::new(query.path(), None, initial_items, client.pagination_ids());
    let pages = Pages {
        scope: client.default_scope(),
        path: query.path(),
        initial_items,
        list: StoredValue::new(list),
        live: Live::new(client.clone()),
        client,
    };
    let wanted = Memo::new(move |_| arguments().map(|arguments| encode_arguments(&arguments)));
    let (list, more) = (pages.list, Trigger::new());
    let shown = RwSignal::new(untrack(|| {
        pages.evaluate(&wanted.get(), &mut Watches::new(), false)
    }));
    let watches = StoredValue::new(Watches::new_vec());
    let is_hydrated = {
        let client = pages.client.clone();
        move || client.is_hydrated()
    };
    Effect::new(move |_| {
        if !is_hydrated() {
            return;
        }
        more.track();
        let wanted = wanted.get();
        // Out of the store while they change: a subscription that ends may lead back here.
        let Some(mut taken) = watches.try_update_value(std::mem::take) else {
            return;
        };
        let now = pages.evaluate(&wanted, &mut taken, true);
        watches.try_update_value(|watches| *watches = taken);
        if shown.with_untracked(|shown| *shown != now) {
            shown.set(now);
        }
    });
    on_cleanup(move || drop(watches.try_update_value(std::mem::take)));
    let encoded = Memo::new(move |_| shown.with(|shown| shown.result.items.clone()));
    let items = Memo::new_with_compare(
        move |_| {
            encoded.with(|items| {
                let decoded: Result<_, _> = items.iter().map(EncodedValue::decode::<T>).collect();
                decoded.map_err(RequestError::from)
            })
        },
        |_, _| true,
    );
    UsePaginatedQuery {
        items,
        status: Memo::new(move |_| shown.with(|shown| shown.result.status)),
        error: Memo::new(move |_| {
            let unreadable = items.with(|items| items.as_ref().err().cloned());
            shown.with(|shown| {
                let failed = || shown.result.error.clone().map(RequestError::from);
                shown.error.clone().or_else(failed).or(unreadable)
            })
        }),
        list,
        more,
    }
}

type Watches = LiteMap<QueryToken, Watch>;
type Wanted = Option<Result<Value, ValueError>>;

/// What the list shows.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shown {
    result: PaginatedResult,
    /// Why nothing could be asked.
    error: Option<RequestError>,
}

impl From<RequestError> for Shown {
    fn from(error: RequestError) -> Self {
        Self {
            error: Some(error),
            ..Self::default()
        }
    }
}

/// A list's pages, and how they are read.
struct Pages {
    path: FunctionPath,
    scope: Scope,
    initial_items: u32,
    client: ConvexClient,
    live: Live,
    list: StoredValue<Pagination>,
}

impl Pages {
    /// Makes one list of what is known of the pages, and subscribes to those that it needs. Reactive.
    fn evaluate(&self, wanted: &Wanted, watches: &mut Watches, subscribe: bool) -> Shown {
        let arguments = match wanted {
            Some(Err(error)) => {
                watches.clear();
                return RequestError::from(error.clone()).into();
            }
            Some(Ok(arguments)) => Some(arguments),
            None => None,
        };
        let first = arguments.and_then(|arguments| self.first_page(arguments));
        let mut shown = Shown::default();
        for _ in 0..MAXIMUM_ROUNDS {
            let calls = self.calls(arguments);
            if subscribe {
                self.subscribe(&calls, watches);
            }
            let mut results = LiteMap::new_vec();
            for call in &calls {
                let preloaded = first.as_ref().filter(|_| is_first(call));
                match self.read(call, preloaded) {
                    Reading::Loading => {}
                    Reading::Result(result) => {
                        results.insert(call.token.clone(), result);
                    }
                    Reading::Failed(error) => return error.into(),
                }
            }
            shown.result = self.one_list(&results);
            let settled = self.calls(arguments) == calls;
            if settled {
                break;
            }
        }
        shown
    }

    /// The queries of the pages.
    fn calls(&self, arguments: Option<&Value>) -> Vec<Call> {
        let calls = self.list.try_update_value(|list| {
            list.update(self.path.clone(), arguments.cloned(), self.initial_items);
            list.queries()
                .map(|page| Call {
                    path: page.path.clone(),
                    arguments: Arc::new(page.arguments.clone()),
                    token: page.token.clone(),
                    scope: self.scope,
                })
                .collect()
        });
        calls.unwrap_or_default()
    }

    fn subscribe(&self, calls: &[Call], watches: &mut Watches) {
        let mut former = std::mem::take(watches);
        for call in calls {
            let watch = former
                .remove(&call.token)
                .or_else(|| self.client.watch(call));
            if let Some(watch) = watch {
                watches.insert(call.token.clone(), watch);
            }
        }
    }

    fn read(&self, call: &Call, preloaded_as: Option<&Call>) -> Reading {
        let reading = self.live.read(call);
        let Some(preloaded) = preloaded_as else {
            return reading;
        };
        if matches!(reading, Reading::Result(_)) {
            self.live.forget_preloaded(preloaded);
            return reading;
        }
        self.live
            .preloaded(preloaded)
            .map_or(reading, Reading::Result)
    }

    /// The first page as a server asks for it, which knows nothing of the lists of a page.
    fn first_page(&self, arguments: &Value) -> Option<Call> {
        let mut arguments = arguments.clone();
        arguments["paginationOpts"] = json!({ "numItems": self.initial_items, "cursor": null });
        Call::new(self.path.clone(), &arguments, self.scope).ok()
    }

    fn one_list(&self, results: &LiteMap<QueryToken, Arc<QueryResult>>) -> PaginatedResult {
        self.list
            .try_update_value(|list| list.evaluate(|token| results.get(token).cloned()))
            .unwrap_or_default()
    }
}

fn is_first(call: &Call) -> bool {
    let options = &call.arguments["paginationOpts"];
    options["cursor"].is_null() && options["endCursor"].is_null()
}
