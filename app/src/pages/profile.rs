//! The account page.

use leptos::prelude::*;
use leptos_clerk_convex::clerk::{SignOutButton, UserProfile};
use leptos_meta::Title;

/// Clerk's account page.
#[component]
pub fn ProfilePage() -> impl IntoView {
    view! {
        <Title text="Profile"/>
        <section class="profile-page">
            <div class="page-heading">
                <h1>"Your account"</h1>
                <SignOutButton class="button quiet"/>
            </div>
            <UserProfile path="/profile"/>
        </section>
    }
}
