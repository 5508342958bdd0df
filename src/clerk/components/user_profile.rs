//! `UserProfile`

use leptos::prelude::*;
use serde_json::Value;

use super::{
    prebuilt::{ClerkComponent, Load, Prebuilt},
    sign_in::{form_props, with_appearance},
};

/// Clerk's account page: profile, security, sessions.
///
/// Without a `path`, its tabs are in the address's hash, and any route can hold it. With one, its tabs are below that path: make
/// the page a `<ParentRoute>` with the children `path!("")` and `path!("*rest")`, so that it stays in place from one to the next.
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again.
#[component]
pub fn UserProfile(
    /// The path of the page that it is on; without it, the tabs are in the address's hash.
    #[prop(optional, into)]
    path: Option<String>,
    /// Clerk's `appearance` object, for this page alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Value>,
) -> impl IntoView {
    let fixed = form_props([("path", path)]);
    let props = Signal::derive(move || with_appearance(&fixed, appearance.get()));
    view! {
        <Prebuilt
            component=ClerkComponent::UserProfile
            load=Load::Now
            props
            placeholder=|| view! { <div class="clerk-placeholder clerk-placeholder-page" role="status">"Loading…"</div> }
            class="clerk-page"
        />
    }
}
