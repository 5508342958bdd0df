//! The main heading of a page.

use leptos::{html::H1, prelude::*, wasm_bindgen::JsCast as _, web_sys::HtmlElement};
use leptos_clerk_convex::hydration::use_hydrated;

use crate::browser::focus;

/// Marks the document once its controls answer.
pub fn mark_hydrated() {
    let hydrated = use_hydrated();
    Effect::new(move |_| {
        if hydrated.get()
            && let Some(body) = document().body()
        {
            // Without the mark nothing is lost but the tests' patience.
            _ = body.set_attribute("data-hydrated", "");
        }
    });
}

/// A page's main heading. When the page is entered from another one, it takes the focus, so that keyboards and screen readers
/// go on from there; a document that is loaded leaves the focus to the browser.
#[component]
pub fn PageHeading(
    #[prop(optional, into)] class: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let heading = NodeRef::<H1>::new();
    // What is rendered after hydration was entered from another page.
    let was_entered = use_hydrated().get_untracked();
    Effect::new(move |_| {
        if was_entered && let Some(heading) = heading.get() {
            focus(&heading);
        }
    });
    view! {
        <h1 node_ref=heading class=class tabindex="-1">
            {children()}
        </h1>
    }
    .into_any()
}

/// Moves the focus to the main heading of the page that is shown.
pub fn focus_page() {
    let heading = document().query_selector("main h1").ok().flatten();
    if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<HtmlElement>().ok()) {
        focus(&heading);
        heading.scroll_into_view();
    }
}
