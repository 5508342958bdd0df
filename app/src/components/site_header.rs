//! The header of every page.

use leptos::prelude::*;
use leptos_clerk_convex::{
    auth::Freshness,
    clerk::{ClerkDegraded, SignInButton, SignUpButton, SignedIn, SignedOut, UserButton, use_auth},
};
use leptos_router::components::A;

use super::ThemeSwitch;

/// Name, navigation, and who is there.
#[component]
pub fn SiteHeader() -> impl IntoView {
    view! {
        <header class="site-header">
            <A href="/" attr:class="brand">"leptos-clerk-convex"</A>
            <nav aria-label="Main">
                <SignedIn>
                    <A href="/dashboard">"Dashboard"</A>
                    <A href="/organization">"Organization"</A>
                    <A href="/profile">"Profile"</A>
                    <UserButton/>
                </SignedIn>
                <SignedOut>
                    <SignInButton redirect_url="/dashboard" class="button quiet"/>
                    <SignUpButton redirect_url="/dashboard" class="button"/>
                </SignedOut>
            </nav>
            <ThemeSwitch/>
        </header>
        <SessionNotice/>
    }
}

/// Says when what is on the page cannot be renewed at the moment.
#[component]
fn SessionNotice() -> impl IntoView {
    let freshness = use_auth().freshness();
    view! {
        <Show when=move || freshness.get() == Freshness::Stale>
            <p class="notice" role="status">
                "Clerk cannot be reached, so your session could not be renewed. What you see may be out of date; you are not signed out."
            </p>
        </Show>
        <ClerkDegradedNotice/>
    }
}

#[component]
fn ClerkDegradedNotice() -> impl IntoView {
    view! {
        <SignedIn>
            <ClerkDegraded>
                <p class="notice" role="status">"Clerk answers slowly or not at all. You can go on reading."</p>
            </ClerkDegraded>
        </SignedIn>
    }
}
