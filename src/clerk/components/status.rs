//! Components that follow the status of ClerkJS itself, not who is signed in.
//!
//! Whoever uses one says that ClerkJS matters on this page, so each of them has it loaded once the page is idle.

use leptos::prelude::*;

use crate::clerk::{ClerkStatus, bridge, use_clerk};

fn show_while(when: fn(&ClerkStatus) -> bool, children: ChildrenFn) -> impl IntoView {
    let clerk = use_clerk();
    let status = clerk.status();
    Effect::new(move |_| {
        if status.with_untracked(|status| *status == ClerkStatus::Idle) {
            bridge::hydrated_idle(move || clerk.load());
        }
    });
    view! { <Show when=move || status.with(when)>{children()}</Show> }
}

/// Shows its children until ClerkJS runs or has failed.
///
/// *On the server* and *while loading* it shows its children. *When it fails* it shows nothing:
/// [`ClerkFailed`] takes over.
#[component]
pub fn ClerkLoading(
    /// What to show meanwhile.
    children: ChildrenFn,
) -> impl IntoView {
    show_while(
        |status| matches!(status, ClerkStatus::Idle | ClerkStatus::Loading),
        children,
    )
}

/// Shows its children while ClerkJS runs, degraded or not.
///
/// *On the server* and *while loading* it shows nothing, so don't put content into it that the identity alone can decide: use
/// [`SignedIn`](crate::clerk::SignedIn). *When it fails* it shows nothing.
#[component]
pub fn ClerkLoaded(
    /// What needs ClerkJS.
    children: ChildrenFn,
) -> impl IntoView {
    show_while(ClerkStatus::is_operational, children)
}

/// Shows its children while ClerkJS runs without being able to reach Clerk.
///
/// *On the server* and *while loading* it shows nothing. It adds to the page and hides none of it.
#[component]
pub fn ClerkDegraded(
    /// What to say about it.
    children: ChildrenFn,
) -> impl IntoView {
    show_while(|status| matches!(status, ClerkStatus::Degraded), children)
}

/// Shows its children when ClerkJS could not be started. `use_clerk().load()` tries again.
///
/// *On the server* and *while loading* it shows nothing. It adds to the page and hides none of it.
#[component]
pub fn ClerkFailed(
    /// What to say about it.
    children: ChildrenFn,
) -> impl IntoView {
    show_while(|status| matches!(status, ClerkStatus::Failed(_)), children)
}
