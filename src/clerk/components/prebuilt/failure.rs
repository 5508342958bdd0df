//! What stands where a component cannot be shown.

use leptos::prelude::*;

use crate::clerk::use_clerk;

/// Says that it could not be loaded, and offers to try again.
pub(super) fn unreachable() -> AnyView {
    let clerk = use_clerk();
    view! {
        <div class="clerk-failure" role="alert">
            <p>"The sign-in service could not be reached. Check your connection, or whether something blocks it."</p>
            <button type="button" on:click=move |_| clerk.load_ui()>"Try again"</button>
        </div>
    }
    .into_any()
}

/// Says why ClerkJS does not show it.
pub(super) fn refused(reason: String) -> AnyView {
    view! { <div class="clerk-failure" role="alert"><p>{reason}</p></div> }.into_any()
}
