//! The account page.

use leptos::prelude::*;
use leptos_clerk_convex::clerk::{SignOutButton, UserProfile};
use leptos_meta::Title;

use crate::components::PageHeading;

/// Clerk's account page.
#[component]
pub fn ProfilePage() -> impl IntoView {
    view! {
        <Title text="Profile"/>
        <section class="profile-page">
            <div class="page-heading">
                <PageHeading>"Your account"</PageHeading>
                <SignOutButton class="button quiet"/>
            </div>
            <UserProfile path="/profile"/>
        </section>
    }
}
