//! The sign-up page.

use leptos::prelude::*;
use leptos_clerk_convex::clerk::SignUp;
use leptos_meta::Title;

use crate::components::{LocalInstanceHint, PageHeading};

/// Clerk's sign-up form.
#[component]
pub fn SignUpPage() -> impl IntoView {
    view! {
        <Title text="Sign up"/>
        <section class="form-page">
            <PageHeading class="visually-hidden">"Sign up"</PageHeading>
            <SignUp path="/sign-up" sign_in_url="/sign-in" fallback_redirect_url="/dashboard"/>
            <LocalInstanceHint/>
        </section>
    }
}
