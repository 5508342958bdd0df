//! `SignUp`

use leptos::prelude::*;
use serde_json::Value;

use super::{
    prebuilt::{ClerkComponent, Load, Prebuilt},
    sign_in::{form_placeholder, form_props, with_appearance},
};

/// Clerk's sign-up form.
///
/// Without a `path`, its steps are in the address's hash, and any route can hold it. With one, its steps are below that path: make
/// the page a `<ParentRoute>` with the children `path!("")` and `path!("*rest")`, so that it stays in place from one to the next.
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again.
#[component]
pub fn SignUp(
    /// The path of the page that it is on; without it, the steps are in the address's hash.
    #[prop(optional, into)]
    path: Option<String>,
    /// Where to go afterwards when there is no `redirect_url`.
    #[prop(optional, into)]
    fallback_redirect_url: Option<String>,
    /// Where to go afterwards, whatever `redirect_url` says.
    #[prop(optional, into)]
    force_redirect_url: Option<String>,
    /// Where people with an account go.
    #[prop(optional, into)]
    sign_in_url: Option<String>,
    /// Clerk's `appearance` object, for this form alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Value>,
) -> impl IntoView {
    let fixed = form_props([
        ("path", path),
        ("fallbackRedirectUrl", fallback_redirect_url),
        ("forceRedirectUrl", force_redirect_url),
        ("signInUrl", sign_in_url),
    ]);
    let props = Signal::derive(move || with_appearance(&fixed, appearance.get()));
    view! {
        <Prebuilt component=ClerkComponent::SignUp load=Load::Now props placeholder=form_placeholder class="clerk-form"/>
    }
}
