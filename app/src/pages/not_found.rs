//! The page for addresses that lead nowhere.

use leptos::prelude::*;
use leptos_clerk_convex::clerk::{SignedIn, SignedOut};
use leptos_meta::Title;
use leptos_router::components::A;

use crate::components::PageHeading;

/// Says that there is nothing here, and where to go instead.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! {
        <Title text="Not found"/>
        <section class="hero">
            <PageHeading>"There is nothing here."</PageHeading>
            <p class="lead">"The address may be mistyped, or the page may have moved."</p>
            <p class="actions">
                <SignedIn><A href="/dashboard" attr:class="button">"Go to your dashboard"</A></SignedIn>
                <SignedOut><A href="/" attr:class="button">"Go to the start"</A></SignedOut>
            </p>
        </section>
    }
}
