//! Convex: live data in views, and below it the values, the sync protocol, and a client without I/O.
//!
//! | to | use |
//! | --- | --- |
//! | have Convex in an application | [`ConvexProviderWithClerk`], [`ConvexProvider`], [`ConvexProviderWithAuth`] |
//! | read live data in a view | [`use_query`], [`use_paginated_query`], [`use_queries`], [`use_preloaded_query`] |
//! | change data from a view | [`use_mutation`], [`use_action`] |
//! | know whether Convex agrees who is there | [`use_convex_auth`], [`Authenticated`], [`AuthFailed`] |
//! | name a function | [`Query`], [`Mutation`], [`Action`] |
//! | write and read values that JSON lacks | [`values::Int64`], [`values::Bytes`], [`values::Float`] |
//! | drive a connection yourself | [`sync::SyncClient`] |
//! | page through a long list | [`pagination::Pagination`] |
//! | have a page's queries in its first HTML | [`preload::Preload`] |
//! | call functions on the server | `server::fetch_query`, `server::fetch_mutation`, `server::fetch_action` |

mod address;
pub mod auth;
mod auth_state;
mod clerk_source;
mod components;
mod driver;
pub mod error;
mod fields;
pub mod function;
mod hooks;
mod json;
mod live;
pub mod pagination;
pub mod preload;
mod preload_store;
pub mod preloaded;
pub mod protocol;
mod provider;
#[cfg(feature = "ssr")]
pub mod server;
pub mod sync;
mod token_source;
pub mod values;

#[cfg(test)]
mod json_tests;
#[cfg(test)]
mod tests;

pub use address::{AddressError, DeploymentAddress};
pub use auth::{AuthStatus, AuthToken, Refusal, RefusalReason, TokenClaims};
pub use auth_state::ConvexAuthState;
pub use components::*;
pub use driver::{ConvexClient, ConvexOptions};
pub use error::{FunctionError, ProtocolError, RequestError, Unavailable};
pub use function::{Action, FunctionKind, FunctionPath, Mutation, Query, QueryToken};
pub use hooks::*;
pub use preload_store::PreloadedQueries;
pub use preloaded::Preloaded;
pub use provider::{ConvexProvider, ConvexProviderWithAuth, ConvexProviderWithClerk};
pub use token_source::{SignIn, TokenAnswer, TokenSource};
