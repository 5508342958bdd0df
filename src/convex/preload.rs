//! Queries that are asked while the server renders, so that their values are in the first HTML.

use leptos::{children::ViewFnOnce, context::Provider, prelude::*};
use serde::Serialize;
use serde_json::Value;

use super::{
    FunctionPath, Query,
    preload_store::PreloadedQueries,
    values::{ValueError, encode_arguments},
};

/// Queries with their arguments, to be asked together.
///
/// ```
/// use leptos_clerk_convex::convex::{Query, preload::QueryBatch};
/// # #[derive(serde::Serialize)] struct ListArguments { channel: String }
/// # type Message = serde_json::Value;
///
/// const LIST: Query<ListArguments, Vec<Message>> = Query::new("messages:list");
/// const ME: Query<(), Option<String>> = Query::new("users:me");
///
/// let batch = QueryBatch::new().query(LIST, &ListArguments { channel: "general".into() }).query(ME, &());
/// assert_eq!(batch.len(), 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct QueryBatch {
    pub(crate) queries: Vec<(FunctionPath, Result<Value, ValueError>)>,
}

impl QueryBatch {
    /// No queries yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a query. Arguments that cannot be written are reported for this query, when the batch is asked.
    #[must_use]
    pub fn query<Arguments: Serialize, Output>(
        mut self,
        query: Query<Arguments, Output>,
        arguments: &Arguments,
    ) -> Self {
        self.queries
            .push((query.path(), encode_arguments(arguments)));
        self
    }

    /// How many queries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }
}

/// One query.
impl<Arguments: Serialize, Output> From<(Query<Arguments, Output>, Arguments)> for QueryBatch {
    fn from((query, arguments): (Query<Arguments, Output>, Arguments)) -> Self {
        Self::new().query(query, &arguments)
    }
}

/// How [`preload_queries`] and [`Preload`] ask.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PreloadOptions {
    /// Whether nothing is sent to the browser before the values are there. Otherwise the page is streamed: the fallback first.
    /// Among the children of another `Preload` it begins too late for that; give such a route
    /// [`SsrMode::Async`](leptos_router::SsrMode::Async), which waits for everything.
    pub blocking: bool,
    /// Whether the queries are asked for visitors too, as nobody. Otherwise nothing is asked where nobody is signed in.
    pub visitors: bool,
    /// The JWT template whose token is taken where the session token is none for Convex.
    pub template: Option<String>,
}

impl PreloadOptions {
    /// Nothing is sent to the browser before the values are there.
    #[must_use]
    pub fn blocking(mut self) -> Self {
        self.blocking = true;
        self
    }

    /// The queries are asked for visitors too: for pages that show everybody something.
    #[must_use]
    pub fn visitors(mut self) -> Self {
        self.visitors = true;
        self
    }

    /// Takes the token of this JWT template where the session token is none for Convex.
    #[must_use]
    pub fn template(mut self, name: impl Into<String>) -> Self {
        self.template = Some(name.into());
        self
    }
}

/// Asks queries while the server renders, all at one time of the deployment, as a resource that the HTML carries.
///
/// [`Preload`] does this and provides the values. Use the resource itself where a page has a `<Suspense/>` of its own: await it,
/// and provide its value to what shows the queries.
///
/// *On the server* it asks with the token of the request.
/// *While loading* the resource is pending, as any other is.
/// *When it fails*, as a whole or for one of the queries, the values are missing and the log says why: the browser then gets
/// them over its connection. An expired session, or none, is no failure, and has no values.
///
/// *In the browser* the value comes out of the HTML; on a page that was not rendered by the server there are no values, at once.
///
/// ```
/// use leptos::{context::Provider, prelude::*};
/// use leptos_clerk_convex::convex::{Query, preload::{PreloadOptions, QueryBatch, preload_queries}};
///
/// const COUNT: Query<(), u32> = Query::new("messages:count");
///
/// #[component]
/// fn Page() -> impl IntoView {
///     let values = preload_queries(QueryBatch::new().query(COUNT, &()), PreloadOptions::default());
///     view! {
///         <Suspense>
///             {Suspend::new(async move { view! { <Provider value=values.await>"…"</Provider> } })}
///         </Suspense>
///     }
/// }
/// # let _ = Page;
/// ```
#[must_use]
pub fn preload_queries(queries: QueryBatch, options: PreloadOptions) -> Resource<PreloadedQueries> {
    let blocking = options.blocking;
    // It is called while the request's context is there; what it returns may wait without it.
    let ask = move |()| fetched(&queries, &options);
    if blocking {
        Resource::new_blocking(|| (), ask)
    } else {
        Resource::new(|| (), ask)
    }
}

#[cfg(feature = "ssr")]
fn fetched(
    queries: &QueryBatch,
    options: &PreloadOptions,
) -> impl Future<Output = PreloadedQueries> + Send + use<> {
    let work = super::server::page_queries(queries, options);
    async move {
        match work {
            Some(work) => work.await,
            None => PreloadedQueries::default(),
        }
    }
}

#[cfg(not(feature = "ssr"))]
fn fetched(
    _queries: &QueryBatch,
    _options: &PreloadOptions,
) -> impl Future<Output = PreloadedQueries> + Send + use<> {
    std::future::ready(PreloadedQueries::default())
}

/// Gives the queries below it their values in the first HTML: asks them while the server renders, and provides the answers as
/// [`PreloadedQueries`].
///
/// Values of a `Preload` around it stay there too. The children are rendered when the answers are there; as with every
/// `Suspend`, resources, error boundaries and further `<Suspense/>` belong either inside or before it: what follows it on the
/// page may have them only when its own children have none, because Leptos counts them in the order in which they are made.
///
/// *On the server* it asks with the token of the request, all queries at one time of the deployment, so that they agree.
/// *While loading* the fallback is shown, or nothing is sent at all with [`PreloadOptions::blocking`].
/// *When it fails* the children are shown without values, and the log says why. An expired session, or none, is no failure.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::convex::{Query, preload::{Preload, PreloadOptions, QueryBatch}};
///
/// const COUNT: Query<(), u32> = Query::new("messages:count");
///
/// #[component]
/// fn Page() -> impl IntoView {
///     view! {
///         <Preload queries=QueryBatch::new().query(COUNT, &()) options=PreloadOptions::default().blocking()>
///             <p>"…"</p>
///         </Preload>
///     }
/// }
/// # let _ = Page;
/// ```
#[component]
pub fn Preload(
    /// What is asked.
    #[prop(into)]
    queries: QueryBatch,
    /// How it is asked.
    #[prop(optional)]
    options: PreloadOptions,
    /// What is shown until the answers are there. Nothing, unless set.
    #[prop(optional, into)]
    fallback: ViewFnOnce,
    /// What shows the queries.
    children: Children,
) -> impl IntoView {
    let outer = use_context::<PreloadedQueries>();
    let values = preload_queries(queries, options);
    view! {
        <Suspense fallback>
            {Suspend::new(async move {
                let values = values.await.within(outer);
                view! { <Provider value=values>{children()}</Provider> }
            })}
        </Suspense>
    }
}
