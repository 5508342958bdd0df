//! `use_query`

use std::fmt;

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use super::use_convex;
use crate::convex::{
    Query, RequestError,
    driver::{Call, Reading},
    live::Live,
    sync::Scope,
    values::ValueError,
};

/// How far a query is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum QueryState<T> {
    /// There are no arguments, so nothing is asked.
    Skipped,
    /// There is no value yet.
    #[default]
    Loading,
    /// The newest value.
    Ready(T),
    /// There is no value, and this is why.
    Failed(RequestError),
}

impl<T> QueryState<T> {
    /// The value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Ready(value) => Some(value),
            Self::Skipped | Self::Loading | Self::Failed(_) => None,
        }
    }

    /// Why there is no value.
    #[must_use]
    pub fn error(&self) -> Option<&RequestError> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Skipped | Self::Loading | Self::Ready(_) => None,
        }
    }

    /// Whether a value is being waited for.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading)
    }
}

impl<T: DeserializeOwned> QueryState<T> {
    pub(super) fn read(reading: &Reading) -> Self {
        match reading {
            Reading::Loading => Self::Loading,
            Reading::Failed(error) => Self::Failed(error.clone()),
            Reading::Result(result) => match &result.outcome {
                Ok(value) => value
                    .decode()
                    .map_or_else(|error| Self::Failed(error.into()), Self::Ready),
                Err(error) => Self::Failed(error.clone().into()),
            },
        }
    }
}

/// How a query is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueryOptions {
    /// For whom it is; without it, for a person below a provider that knows who is there, else for everybody.
    pub scope: Option<Scope>,
}

impl QueryOptions {
    /// Says for whom a query is.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }
}

/// A live query. Cheap to copy.
pub struct UseQuery<T: Send + Sync + 'static> {
    state: Memo<QueryState<T>>,
    stale: Memo<bool>,
}

impl<T: Send + Sync> Clone for UseQuery<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for UseQuery<T> {}

impl<T: Send + Sync> fmt::Debug for UseQuery<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("UseQuery").finish_non_exhaustive()
    }
}

impl<T: Send + Sync + 'static> UseQuery<T> {
    /// Everything about it as one signal. It changes when the deployment's value changes, and not when an equal one comes.
    #[must_use]
    pub fn state(&self) -> Memo<QueryState<T>> {
        self.state
    }

    /// Reads the value without copying it. Reactive.
    pub fn with<R>(&self, read: impl FnOnce(Option<&T>) -> R) -> R {
        self.state.with(|state| read(state.value()))
    }

    /// The value. Reactive.
    #[must_use]
    pub fn value(&self) -> Option<T>
    where
        T: Clone,
    {
        self.with(|value| value.cloned())
    }

    /// The value, for an event handler: reading it follows nothing.
    #[must_use]
    pub fn value_untracked(&self) -> Option<T>
    where
        T: Clone,
    {
        self.state.with_untracked(|state| state.value().cloned())
    }

    /// Whether a value is being waited for. Reactive.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.state.with(QueryState::is_loading)
    }

    /// Why there is no value. Reactive.
    #[must_use]
    pub fn error(&self) -> Option<RequestError> {
        self.state.with(|state| state.error().cloned())
    }

    /// Whether the value may be out of date, because the connection is lost or a new one has not caught up.
    #[must_use]
    pub fn is_stale(&self) -> Memo<bool> {
        self.stale
    }
}

/// A live query: its value changes when the data does.
///
/// `arguments` is reactive; while it gives `None`, nothing is asked. Equal queries of a page share one subscription. Below a
/// provider that knows who is there, the query is for that person and is not sent before the deployment has confirmed them;
/// see [`use_query_with`].
///
/// *On the server* it is loading, unless [`PreloadedQueries`](crate::convex::PreloadedQueries) has its value.
/// *While loading* that value stays, until the first live one of the same person. A lost connection and a token that is
/// replaced change nothing; [`is_stale`](UseQuery::is_stale) tells.
/// *When it fails* [`error`](UseQuery::error) says why.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::convex::{Query, use_query};
///
/// #[derive(serde::Serialize)]
/// struct InChannel { channel: String }
/// const COUNT: Query<InChannel, u32> = Query::new("messages:count");
///
/// #[component]
/// fn Count(channel: ReadSignal<String>) -> impl IntoView {
///     let count = use_query(COUNT, move || Some(InChannel { channel: channel.get() }));
///     move || count.value().map_or_else(|| "…".to_owned(), |count| format!("{count} messages"))
/// }
/// ```
#[must_use]
pub fn use_query<A, O>(
    query: Query<A, O>,
    arguments: impl Fn() -> Option<A> + Send + Sync + 'static,
) -> UseQuery<O>
where
    A: Serialize + 'static,
    O: DeserializeOwned + Send + Sync + 'static,
{
    use_query_with(query, arguments, QueryOptions::default())
}

/// As [`use_query`], with options.
#[must_use]
pub fn use_query_with<A, O>(
    query: Query<A, O>,
    arguments: impl Fn() -> Option<A> + Send + Sync + 'static,
    options: QueryOptions,
) -> UseQuery<O>
where
    A: Serialize + 'static,
    O: DeserializeOwned + Send + Sync + 'static,
{
    let client = use_convex();
    let scope = options.scope.unwrap_or_else(|| client.default_scope());
    let call =
        Memo::new(move |_| arguments().map(|arguments| Call::new(query.path(), &arguments, scope)));
    live_query(&Live::new(client), call)
}

/// What a hook asks for: nothing, a query, or one that cannot be written.
pub(super) type Wanted = Option<Result<Call, ValueError>>;

pub(super) fn live_query<O>(live: &Live, call: Memo<Wanted>) -> UseQuery<O>
where
    O: DeserializeOwned + Send + Sync + 'static,
{
    live.follow(move || call.get().and_then(Result::ok).into_iter().collect());
    let reading = {
        let live = live.clone();
        Memo::new(move |_| {
            call.with(|call| match call {
                None => None,
                Some(Err(error)) => Some(Reading::Failed(error.clone().into())),
                Some(Ok(call)) => Some(live.read(call)),
            })
        })
    };
    // `reading` has compared the encoded values; to compare the decoded ones would say no more.
    let state = Memo::new_with_compare(
        move |_| {
            reading.with(|reading| {
                reading
                    .as_ref()
                    .map_or(QueryState::Skipped, QueryState::read)
            })
        },
        |_, _| true,
    );
    let stale = {
        let live = live.clone();
        Memo::new(move |_| call.with(|call| matches!(call, Some(Ok(call)) if live.is_stale(call))))
    };
    UseQuery { state, stale }
}
