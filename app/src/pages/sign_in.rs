//! The sign-in page.

use leptos::prelude::*;
use leptos_clerk_convex::clerk::SignIn;
use leptos_meta::Title;

use crate::components::{LocalInstanceHint, PageHeading};

/// Clerk's sign-in form.
#[component]
pub fn SignInPage() -> impl IntoView {
    view! {
        <Title text="Sign in"/>
        <section class="form-page">
            <PageHeading class="visually-hidden">"Sign in"</PageHeading>
            <SignIn path="/sign-in" sign_up_url="/sign-up" fallback_redirect_url="/dashboard"/>
            <LocalInstanceHint/>
        </section>
    }
}
