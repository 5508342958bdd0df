//! `SignedIn` and `SignedOut`

use leptos::prelude::*;

use crate::{auth::AuthState, clerk::use_clerk};

/// Shows its children while somebody is signed in.
///
/// *On the server* it follows the verified request. *While loading* it shows nothing. *When it fails* it stays at what the
/// server said: content does not vanish because a script is missing.
#[component]
pub fn SignedIn(
    /// What a signed-in person sees.
    children: ChildrenFn,
) -> impl IntoView {
    let state = use_clerk().state();
    view! { <Show when=move || state.with(AuthState::is_authenticated)>{children()}</Show> }
}

/// Shows its children while nobody is signed in.
///
/// *On the server* it follows the verified request. *While loading* it shows nothing. *When it fails* and nothing is known, it
/// shows its children: the public view is the safe one.
#[component]
pub fn SignedOut(
    /// What a visitor sees.
    children: ChildrenFn,
) -> impl IntoView {
    let state = use_clerk().state();
    view! {
        <Show when=move || state.with(|state| matches!(state, AuthState::Unauthenticated))>{children()}</Show>
    }
}
