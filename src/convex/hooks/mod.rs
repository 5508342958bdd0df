//! Hooks: one file each.

mod call;
mod use_action;
mod use_convex;
mod use_convex_auth;
mod use_convex_connection_state;
mod use_mutation;
mod use_paginated_query;
mod use_preloaded_query;
mod use_queries;
mod use_query;

pub use call::PendingCall;
pub use use_action::{UseAction, use_action};
pub use use_convex::use_convex;
pub use use_convex_auth::{ConvexAuth, use_convex_auth};
pub use use_convex_connection_state::use_convex_connection_state;
pub use use_mutation::{UseMutation, use_mutation};
pub use use_paginated_query::{PageOf, UsePaginatedQuery, use_paginated_query};
pub use use_preloaded_query::use_preloaded_query;
pub use use_queries::{QueryRequest, use_queries};
pub use use_query::{QueryOptions, QueryState, UseQuery, use_query, use_query_with};
