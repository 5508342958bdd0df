//! `use_preloaded_query`

use leptos::prelude::*;
use serde::de::DeserializeOwned;

use super::{
    UseQuery, use_convex,
    use_query::{Wanted, live_query},
};
use crate::convex::{Preloaded, driver::Call, live::Live};

/// A live query that begins with the value that the server read.
///
/// *On the server* and *while loading* it has that value, until the first live one of the same person: neither a reconnect nor
/// a connection that has not authenticated yet takes it away. When somebody else signs in, it is gone.
/// *When it fails* with a live error, [`error`](UseQuery::error) says why.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::convex::{Preloaded, use_preloaded_query};
///
/// #[component]
/// fn Count(preloaded: Preloaded) -> impl IntoView {
///     let count = use_preloaded_query::<u32>(preloaded);
///     move || count.value()
/// }
/// ```
#[must_use]
pub fn use_preloaded_query<O>(preloaded: Preloaded) -> UseQuery<O>
where
    O: DeserializeOwned + Send + Sync + 'static,
{
    let client = use_convex();
    let Preloaded {
        path,
        arguments,
        value,
    } = preloaded;
    let call = Call::new(path, &arguments, client.default_scope());
    let live = match &call {
        Ok(call) => Live::new(client).with_value(call.clone(), value),
        Err(_) => Live::new(client),
    };
    let wanted: Wanted = Some(call);
    live_query(&live, Memo::new(move |_| wanted.clone()))
}
