//! `use_convex_connection_state`

use leptos::prelude::*;

use super::use_convex;
use crate::convex::sync::ConnectionState;

/// How the connection is doing.
///
/// *On the server* and *while loading* it is not connected, and never was. *When it fails* `connection_retries` counts, and
/// `has_inflight_requests` says whether something is waiting to be sent.
#[must_use]
pub fn use_convex_connection_state() -> ReadSignal<ConnectionState> {
    RwSignal::from(use_convex().connection()).read_only()
}
