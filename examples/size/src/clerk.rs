//! Clerk around the page, and Convex where it is measured.

use leptos::prelude::*;
use leptos_clerk_convex::clerk::{
    ClerkProvider, SignInButton, SignOutButton, SignedIn, SignedOut, UserButton, use_auth, use_user,
};
#[cfg(feature = "convex")]
use leptos_clerk_convex::convex::ConvexProviderWithClerk;

#[cfg(not(feature = "convex"))]
#[component]
pub(crate) fn Providers(children: Children) -> impl IntoView {
    view! { <ClerkProvider>{children()}</ClerkProvider> }
}

#[cfg(feature = "convex")]
#[component]
pub(crate) fn Providers(children: Children) -> impl IntoView {
    view! {
        <ClerkProvider>
            <ConvexProviderWithClerk>{children()}</ConvexProviderWithClerk>
        </ClerkProvider>
    }
}

#[component]
pub(crate) fn Account() -> impl IntoView {
    let auth = use_auth();
    let user = use_user();
    let name = move || user.with(|user| user.user().and_then(|user| user.full_name()));
    view! {
        <SignedOut><SignInButton redirect_url="/list"/></SignedOut>
        <SignedIn>
            <p>{name} " " {move || auth.user_id()}</p>
            <UserButton/>
            <SignOutButton/>
        </SignedIn>
    }
}
