//! Convex: values, the sync protocol, and a client without I/O.
//!
//! | to | use |
//! | --- | --- |
//! | name a function | [`Query`], [`Mutation`], [`Action`] |
//! | write and read values that JSON lacks | [`values::Int64`], [`values::Bytes`], [`values::Float`] |
//! | drive a connection yourself | [`sync::SyncClient`] |
//! | page through a long list | [`pagination::Pagination`] |
//! | have a page's queries in its first HTML | [`preload::Preload`] |
//! | call functions on the server | `server::fetch_query`, `server::fetch_mutation`, `server::fetch_action` |

pub mod auth;
pub mod error;
pub mod function;
pub mod pagination;
pub mod preload;
pub mod preload_store;
pub mod preloaded;
pub mod protocol;
#[cfg(feature = "ssr")]
pub mod server;
pub mod sync;
pub mod values;

#[cfg(test)]
mod tests;

pub use auth::{AuthStatus, AuthToken, Refusal, RefusalReason, TokenClaims};
pub use error::{FunctionError, ProtocolError, RequestError};
pub use function::{Action, FunctionKind, FunctionPath, Mutation, Query, QueryToken};
pub use preload_store::PreloadedQueries;
pub use preloaded::Preloaded;
