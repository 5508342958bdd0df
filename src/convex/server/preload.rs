//! Values that travel inside the HTML.

use std::sync::Arc;

use leptos_router::RouteList;
use serde::Serialize;
use serde_json::Value;
use tokio::task::JoinSet;

use super::{
    error::FetchError,
    fetch::Connection,
    options::{FetchOptions, Target},
};
use crate::{
    convex::{
        FunctionKind, FunctionPath, Preloaded, PreloadedQueries, Query,
        preload::{PreloadOptions, QueryBatch},
        values::{ValueError, encode_arguments},
    },
    server::auth,
};

/// Asks a query, and returns its value together with what it takes to go on with it live.
///
/// The payload is that of Convex's own `preloadQuery`: it can be serialised into the HTML, and
/// [`Preloaded::value_as`] reads it. Preloads of one page that have to agree belong into a [`preload_batch`].
///
/// ```
/// use leptos_clerk_convex::convex::{Query, server::{FetchError, FetchOptions, preload_query}};
/// use leptos_clerk_convex::server::Auth;
///
/// const COUNT: Query<(), u32> = Query::new("messages:count");
///
/// async fn handler(auth: Auth) -> Result<String, FetchError> {
///     let preloaded = preload_query(COUNT, &(), FetchOptions::request(&auth)).await?;
///     Ok(format!("{} messages", preloaded.value_as::<u32>()?))
/// }
/// # let _ = handler;
/// ```
///
/// # Errors
/// [`FetchError`], as for [`fetch_query`](super::fetch_query).
pub async fn preload_query<Arguments: Serialize, Output>(
    query: Query<Arguments, Output>,
    arguments: &Arguments,
    options: FetchOptions,
) -> Result<Preloaded, FetchError> {
    let arguments = encode_arguments(arguments)?;
    let connection = Connection::open(options.resolve()?).await?;
    ask(&connection, query.path(), arguments, None).await
}

/// Asks queries at one and the same time of the deployment, so that their values agree, and returns the answers in the order
/// of the queries.
///
/// ```
/// use leptos_clerk_convex::convex::{Query, preload::QueryBatch};
/// use leptos_clerk_convex::convex::server::{FetchError, FetchOptions, preload_batch};
/// use leptos_clerk_convex::server::Auth;
///
/// const COUNT: Query<(), u32> = Query::new("messages:count");
/// const ME: Query<(), Option<String>> = Query::new("users:me");
///
/// async fn handler(auth: Auth) -> Result<usize, FetchError> {
///     let batch = QueryBatch::new().query(COUNT, &()).query(ME, &());
///     let answers = preload_batch(&batch, FetchOptions::request(&auth)).await?;
///     Ok(answers.iter().filter(|answer| answer.is_ok()).count())
/// }
/// # let _ = handler;
/// ```
///
/// # Errors
/// [`FetchError`] where no query was asked: nothing is configured, there is no token, the deployment does not say its time. What
/// failed for a single query is in the list.
pub async fn preload_batch(
    queries: &QueryBatch,
    options: FetchOptions,
) -> Result<Vec<Result<Preloaded, FetchError>>, FetchError> {
    batch(queries.clone(), options.resolve()?).await
}

async fn batch(
    queries: QueryBatch,
    target: Target,
) -> Result<Vec<Result<Preloaded, FetchError>>, FetchError> {
    if queries.is_empty() {
        return Ok(Vec::new());
    }
    let connection = Connection::open(target).await?;
    // A single query agrees with itself.
    let timestamp = if queries.len() > 1 {
        Some(connection.timestamp().await?)
    } else {
        None
    };
    let count = queries.len();
    let shared = Arc::new((connection, timestamp));
    // They end with this future: nobody reads the answers when the browser has hung up.
    let mut tasks = JoinSet::new();
    for (place, (path, arguments)) in queries.queries.into_iter().enumerate() {
        let shared = Arc::clone(&shared);
        tasks.spawn(async move {
            let (connection, timestamp) = &*shared;
            (
                place,
                one(connection, path, arguments, timestamp.as_deref()).await,
            )
        });
    }
    let mut answers: Vec<_> = std::iter::repeat_with(|| None).take(count).collect();
    while let Some(done) = tasks.join_next().await {
        if let Ok((place, answer)) = done
            && let Some(slot) = answers.get_mut(place)
        {
            *slot = Some(answer);
        }
    }
    let stopped = || FetchError::NoAnswer {
        address: "the deployment".to_owned(),
        detail: "the server is stopping".to_owned(),
    };
    Ok(answers
        .into_iter()
        .map(|answer| answer.unwrap_or_else(|| Err(stopped())))
        .collect())
}

async fn one(
    connection: &Connection,
    path: FunctionPath,
    arguments: Result<Value, ValueError>,
    timestamp: Option<&str>,
) -> Result<Preloaded, FetchError> {
    ask(connection, path, arguments?, timestamp).await
}

async fn ask(
    connection: &Connection,
    path: FunctionPath,
    arguments: Value,
    timestamp: Option<&str>,
) -> Result<Preloaded, FetchError> {
    let value = connection
        .call(FunctionKind::Query, &path, &arguments, timestamp)
        .await?;
    Ok(Preloaded {
        path,
        arguments,
        value,
    })
}

/// What a page asks while it is rendered. `None` when there is nobody to ask for, or no request.
///
/// Never an error: the page is shown without the values, and the browser asks for them itself.
pub(in crate::convex) fn page_queries(
    queries: &QueryBatch,
    options: &PreloadOptions,
) -> Option<impl Future<Output = PreloadedQueries> + Send + 'static + use<>> {
    if RouteList::is_generating() || queries.is_empty() {
        return None;
    }
    let auth = auth().map_err(|error| report(&error.into())).ok()?;
    let identity = auth.user_id().map(str::to_owned);
    if identity.is_none() && (!options.visitors || auth.is_unverifiable()) {
        return None;
    }
    let mut fetch = FetchOptions::request(&auth);
    fetch.template.clone_from(&options.template);
    let target = fetch.resolve().map_err(|error| report(&error)).ok()?;
    let queries = queries.clone();
    Some(async move {
        let answers = batch(queries, target).await.unwrap_or_else(|error| {
            report(&error);
            Vec::new()
        });
        let mut values = PreloadedQueries::new(identity);
        for answer in answers {
            match answer {
                Ok(preloaded) => values.insert(preloaded),
                Err(error) => report(&error),
            }
        }
        if values.is_empty() {
            // Whom no values are for is nobody's business.
            PreloadedQueries::default()
        } else {
            values
        }
    })
}

fn report(error: &FetchError) {
    if error.is_signed_out() {
        tracing::debug!(reason = error.reason(), "nothing is preloaded: {error}");
    } else {
        tracing::warn!(
            reason = error.reason(),
            action = error.action(),
            "a query was not preloaded: {error}"
        );
    }
}
