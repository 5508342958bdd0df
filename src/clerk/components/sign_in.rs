//! `SignIn`

use leptos::prelude::*;
use serde_json::{Map, Value};

use super::prebuilt::{ClerkComponent, Load, Prebuilt};

/// Clerk's sign-in form.
///
/// Without a `path`, its steps are in the address's hash, and any route can hold it. With one, its steps are below that path: make
/// the page a `<ParentRoute>` with the children `path!("")` and `path!("*rest")`, so that it stays in place from one to the next.
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again.
#[component]
pub fn SignIn(
    /// The path of the page that it is on; without it, the steps are in the address's hash.
    #[prop(optional, into)]
    path: Option<String>,
    /// Where to go afterwards when there is no `redirect_url`.
    #[prop(optional, into)]
    fallback_redirect_url: Option<String>,
    /// Where to go afterwards, whatever `redirect_url` says.
    #[prop(optional, into)]
    force_redirect_url: Option<String>,
    /// Where people without an account go.
    #[prop(optional, into)]
    sign_up_url: Option<String>,
    /// Clerk's `appearance` object, for this form alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Value>,
) -> impl IntoView {
    let fixed = form_props([
        ("path", path),
        ("fallbackRedirectUrl", fallback_redirect_url),
        ("forceRedirectUrl", force_redirect_url),
        ("signUpUrl", sign_up_url),
    ]);
    let props = Signal::derive(move || with_appearance(&fixed, appearance.get()));
    view! {
        <Prebuilt component=ClerkComponent::SignIn load=Load::Now props placeholder=form_placeholder class="clerk-form"/>
    }
}

/// The props of a form: those that are given, and path routing when there is a path.
pub(super) fn form_props<const N: usize>(texts: [(&str, Option<String>); N]) -> Map<String, Value> {
    let mut props: Map<String, Value> = texts
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))))
        .collect();
    if props.contains_key("path") {
        props.insert("routing".to_owned(), "path".into());
    }
    props
}

pub(super) fn with_appearance(fixed: &Map<String, Value>, appearance: Option<Value>) -> Value {
    let mut props = fixed.clone();
    if let Some(appearance) = appearance {
        props.insert("appearance".to_owned(), appearance);
    }
    Value::Object(props)
}

/// A card of the form's size.
pub(super) fn form_placeholder() -> impl IntoView {
    view! { <div class="clerk-placeholder clerk-placeholder-form" role="status">"Loading…"</div> }
}
