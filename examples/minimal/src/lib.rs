//! The README's quick start as an application.

use leptos::{config::LeptosOptions, hydration::HydrationScripts, prelude::*};
use leptos_clerk_convex::clerk::{
    ClerkProvider, ProtectedRoute, SignIn, SignInButton, SignedIn, SignedOut, UserButton, use_user,
};
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    components::{A, Route, Router, Routes},
    path,
};

/// The HTML document.
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <title>"minimal"</title>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body><App/></body>
        </html>
    }
}

/// The application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <ClerkProvider>
                <SignedOut><SignInButton redirect_url="/dashboard"/></SignedOut>
                <SignedIn><A href="/dashboard">"Dashboard"</A><UserButton/></SignedIn>
                <Routes fallback=|| "Not found">
                    <Route path=path!("/") view=|| "Welcome"/>
                    <Route path=path!("/sign-in") view=|| view! { <SignIn/> }/>
                    <ProtectedRoute path=path!("/dashboard") view=Dashboard/>
                </Routes>
            </ClerkProvider>
        </Router>
    }
}

#[component]
fn Dashboard() -> impl IntoView {
    let user = use_user();
    move || {
        user.with(|user| {
            user.user()
                .map(|user| format!("Hello, {}", user.full_name().unwrap_or_default()))
        })
    }
}

/// Takes over the HTML in the browser.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(App);
}
