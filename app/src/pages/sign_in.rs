//! The sign-in page.

use leptos::prelude::*;
use leptos_clerk_convex::clerk::SignIn;
use leptos_meta::Title;

use crate::components::LocalInstanceHint;

/// Clerk's sign-in form.
#[component]
pub fn SignInPage() -> impl IntoView {
    view! {
        <Title text="Sign in"/>
        <section class="form-page">
            <h1 class="visually-hidden">"Sign in"</h1>
            <SignIn path="/sign-in" sign_up_url="/sign-up" fallback_redirect_url="/dashboard"/>
            <LocalInstanceHint/>
        </section>
    }
}
