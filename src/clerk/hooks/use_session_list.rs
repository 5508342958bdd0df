//! `use_session_list`

use leptos::prelude::*;

use crate::clerk::{Session, use_clerk};

/// The sessions of this browser, where an instance allows several: who is signed in here, for a switcher of one's own.
///
/// [`Clerk::set_active`](crate::clerk::Clerk::set_active) changes to one of them,
/// [`Clerk::sign_out`](crate::clerk::Clerk::sign_out) ends one.
///
/// *On the server* and *while loading* it is empty. *When it fails* it stays empty.
#[must_use]
pub fn use_session_list() -> ReadSignal<Vec<Session>> {
    use_clerk().sessions()
}
