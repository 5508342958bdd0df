//! `use_queries`

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde::Serialize;
use serde_json::Value;

use super::{QueryState, use_convex};
use crate::convex::{
    FunctionPath, Query, RequestError,
    driver::{Call, Reading},
    live::Live,
    sync::Scope,
    values::{EncodedValue, ValueError, encode_arguments},
};

/// One of the queries of [`use_queries`].
#[derive(Clone, Debug, PartialEq)]
pub struct QueryRequest {
    path: FunctionPath,
    arguments: Result<Value, ValueError>,
    scope: Option<Scope>,
}

impl QueryRequest {
    /// A query with its arguments.
    #[must_use]
    pub fn new<A: Serialize, O>(query: Query<A, O>, arguments: &A) -> Self {
        Self {
            path: query.path(),
            arguments: encode_arguments(arguments),
            scope: None,
        }
    }

    /// Says for whom it is.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    fn call(&self, scope: Scope) -> Result<Call, ValueError> {
        let arguments = self.arguments.as_ref().map_err(Clone::clone)?;
        Call::new(self.path.clone(), arguments, self.scope.unwrap_or(scope))
    }
}

/// Any number of live queries, each under a name of yours. Their values are encoded: read them with
/// [`EncodedValue::decode`].
///
/// *On the server*, *while loading* and *when it fails* each is as with [`use_query`](super::use_query).
///
/// ```
/// use std::collections::BTreeMap;
/// use leptos::prelude::*;
/// use leptos_clerk_convex::convex::{Query, QueryRequest, use_queries};
///
/// #[derive(serde::Serialize)]
/// struct InChannel { channel: String }
/// const COUNT: Query<InChannel, u32> = Query::new("messages:count");
///
/// #[component]
/// fn Counts(channels: ReadSignal<Vec<String>>) -> impl IntoView {
///     let counts = use_queries(move || {
///         let request = |channel: String| (channel.clone(), QueryRequest::new(COUNT, &InChannel { channel }));
///         channels.get().into_iter().map(request).collect()
///     });
///     move || counts.with(|counts| counts.values().filter(|count| count.is_loading()).count())
/// }
/// ```
#[must_use]
pub fn use_queries(
    requests: impl Fn() -> BTreeMap<String, QueryRequest> + Send + Sync + 'static,
) -> Memo<BTreeMap<String, QueryState<EncodedValue>>> {
    let client = use_convex();
    let scope = client.default_scope();
    let live = Live::new(client);
    let calls = Memo::new(move |_| {
        requests()
            .into_iter()
            .map(|(name, request)| (name, request.call(scope)))
            .collect::<BTreeMap<_, _>>()
    });
    live.follow(move || calls.get().into_values().filter_map(Result::ok).collect());
    Memo::new(move |_| {
        calls.with(|calls| {
            calls
                .iter()
                .map(|(name, call)| (name.clone(), state(&live, call)))
                .collect()
        })
    })
}

fn state(live: &Live, call: &Result<Call, ValueError>) -> QueryState<EncodedValue> {
    match call {
        Err(error) => QueryState::Failed(RequestError::from(error.clone())),
        Ok(call) => match live.read(call) {
            Reading::Loading => QueryState::Loading,
            Reading::Failed(error) => QueryState::Failed(error),
            Reading::Result(result) => match &result.outcome {
                Ok(value) => QueryState::Ready(value.clone()),
                Err(error) => QueryState::Failed(error.clone().into()),
            },
        },
    }
}
