//! The application that server and browser share: shell, routes and pages.

// The type of a view holds the types of everything in it.
#![recursion_limit = "256"]

mod chat;
mod components;
mod pages;
pub mod providers;
mod shell;

pub use components::{LocalInstance, SeededPerson};
pub use shell::shell;

use leptos::prelude::*;
use leptos_clerk_convex::clerk::{ProtectedParentRoute, ProtectedRoute};
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use components::SiteHeader;
use pages::{
    ComponentsPage, DashboardPage, LandingPage, NotFoundPage, ProfilePage, SignInPage, SignUpPage,
};
use providers::ConvexClientProvider;

/// The application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    mark_hydrated();
    view! {
        <Title text="leptos-clerk-convex" formatter=|title: String| title/>
        <Router>
            <ConvexClientProvider>
                <a class="skip-link" href="#content">"Skip to content"</a>
                <SiteHeader/>
                <main id="content" tabindex="-1">
                    <Routes fallback=|| view! { <NotFoundPage/> }>
                        <Route path=path!("/") view=LandingPage/>
                        <Route path=path!("/components") view=ComponentsPage/>
                        // Clerk's forms have steps below their paths. They are routes of one page, which stays in place.
                        <ParentRoute path=path!("/sign-in") view=SignInPage>
                            <Route path=path!("") view=|| ()/>
                            <Route path=path!("*step") view=|| ()/>
                        </ParentRoute>
                        <ParentRoute path=path!("/sign-up") view=SignUpPage>
                            <Route path=path!("") view=|| ()/>
                            <Route path=path!("*step") view=|| ()/>
                        </ParentRoute>
                        <ProtectedRoute path=path!("/dashboard") view=DashboardPage/>
                        <ProtectedParentRoute path=path!("/profile") view=ProfilePage>
                            <Route path=path!("") view=|| ()/>
                            <Route path=path!("*tab") view=|| ()/>
                        </ProtectedParentRoute>
                    </Routes>
                </main>
            </ConvexClientProvider>
        </Router>
    }
}

/// Marks the document once its controls answer. Effects run in the browser only, after hydration.
fn mark_hydrated() {
    Effect::new(|_| {
        if let Some(body) = document().body() {
            // Without the mark nothing is lost but the tests' patience.
            _ = body.set_attribute("data-hydrated", "");
        }
    });
}
