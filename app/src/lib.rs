//! The application that server and browser share: shell, routes and pages.

mod components;
mod pages;
pub mod providers;
mod shell;

pub use components::{LocalInstance, SeededPerson};
pub use shell::shell;

use leptos::prelude::*;
use leptos_clerk_convex::clerk::ProtectedRoute;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

use components::SiteHeader;
use pages::{DashboardPage, LandingPage, NotFoundPage, ProfilePage, SignInPage, SignUpPage};
use providers::ConvexClientProvider;

/// The application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title text="leptos-clerk-convex" formatter=|title: String| title/>
        <Router>
            <ConvexClientProvider>
                <a class="skip-link" href="#content">"Skip to content"</a>
                <SiteHeader/>
                <main id="content" tabindex="-1">
                    <Routes fallback=|| view! { <NotFoundPage/> }>
                        <Route path=path!("/") view=LandingPage/>
                        <Route path=path!("/sign-in/*step") view=SignInPage/>
                        <Route path=path!("/sign-up/*step") view=SignUpPage/>
                        <ProtectedRoute path=path!("/dashboard") view=DashboardPage/>
                        <ProtectedRoute path=path!("/profile/*tab") view=ProfilePage/>
                    </Routes>
                </main>
            </ConvexClientProvider>
        </Router>
    }
}
