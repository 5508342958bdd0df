//! `use_session`

use leptos::prelude::*;

use crate::clerk::{Session, use_clerk};

/// The active session as ClerkJS has it.
///
/// *On the server* and *while loading* it is `None`: what the server knows of the session is in
/// [`use_auth`](crate::clerk::use_auth). *When it fails* it stays `None`.
#[must_use]
pub fn use_session() -> ReadSignal<Option<Session>> {
    use_clerk().session()
}
