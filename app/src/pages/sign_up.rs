//! The sign-up page.

use leptos::prelude::*;
use leptos_clerk_convex::clerk::SignUp;
use leptos_meta::Title;

use crate::components::LocalInstanceHint;

/// Clerk's sign-up form.
#[component]
pub fn SignUpPage() -> impl IntoView {
    view! {
        <Title text="Sign up"/>
        <section class="form-page">
            <h1 class="visually-hidden">"Sign up"</h1>
            <SignUp path="/sign-up" sign_in_url="/sign-in" fallback_redirect_url="/dashboard"/>
            <LocalInstanceHint/>
        </section>
    }
}
