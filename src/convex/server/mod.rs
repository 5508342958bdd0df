//! Convex from the server: queries, mutations and actions over HTTP, as the person whose request it is.
//!
//! | to | use |
//! | --- | --- |
//! | call a function in a server function or a handler | [`fetch_query`], [`fetch_mutation`], [`fetch_action`] |
//! | hand a value on in the HTML | [`preload_query`], [`preload_batch`] |
//! | have the queries of a page in its first HTML | [`Preload`](super::preload::Preload) |
//!
//! Every call asks the deployment: nothing is cached, neither here nor, by the layer, in anything between here and the browser.

mod answer;
mod error;
mod fetch;
mod http;
mod options;
mod preload;
#[cfg(all(test, feature = "testing"))]
mod tests;

pub use error::FetchError;
pub use fetch::{fetch_action, fetch_mutation, fetch_query};
pub use options::{Caller, FetchOptions};
pub(super) use preload::page_queries;
pub use preload::{preload_batch, preload_query};
