//! The application that server and browser share: shell, routes and pages.

// The type of a view holds the types of everything in it.
#![recursion_limit = "256"]

mod browser;
mod chat;
mod components;
mod pages;
pub mod providers;
mod shell;

pub use components::{LocalInstance, SeededPerson, Theme};
pub use shell::shell;

use leptos::prelude::*;
use leptos_clerk_convex::clerk::{ProtectedParentRoute, ProtectedRoute};
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    Lazy, SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use components::{SiteHeader, focus_page, mark_hydrated};
use pages::{
    AdminRefused, AdminRoute, ComponentsRoute, DashboardRoute, LandingPage, NotFoundPage,
    OrganizationRoute, ProfilePage, SignInPage, SignUpPage, admin_requirement,
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
                <SkipLink/>
                <SiteHeader/>
                <main id="content" tabindex="-1">
                    <Routes fallback=|| view! { <NotFoundPage/> }>
                        <Route path=path!("/") view=LandingPage/>
                        <Route path=path!("/components") view={Lazy::<ComponentsRoute>::new()}/>
                        // Clerk's forms have steps below their paths. They are routes of one page, which stays in place.
                        <ParentRoute path=path!("/sign-in") view=SignInPage>
                            <Route path=path!("") view=|| ()/>
                            <Route path=path!("*step") view=|| ()/>
                        </ParentRoute>
                        <ParentRoute path=path!("/sign-up") view=SignUpPage>
                            <Route path=path!("") view=|| ()/>
                            <Route path=path!("*step") view=|| ()/>
                        </ParentRoute>
                        // As a whole: the messages are asked for when the channels are known, and belong into the first bytes too.
                        <ProtectedRoute path=path!("/dashboard") view={Lazy::<DashboardRoute>::new()} ssr=SsrMode::Async/>
                        <ProtectedRoute path=path!("/organization") view={Lazy::<OrganizationRoute>::new()}/>
                        <ProtectedRoute
                            path=path!("/admin")
                            view={Lazy::<AdminRoute>::new()}
                            requirement=admin_requirement()
                            refused=AdminRefused
                        />
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

/// Leads past the header. The router takes the click for itself, so the focus is moved here.
#[component]
fn SkipLink() -> impl IntoView {
    view! {
        <a class="skip-link" href="#content" on:click=|_| focus_page()>
            "Skip to content"
        </a>
    }
}
