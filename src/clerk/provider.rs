//! The provider.

use leptos::prelude::*;

use super::{Appearance, Clerk, ClerkOptions, Localization, bridge, look::Look};
use crate::{
    auth::{AuthSeed, SeedState},
    config::PublicConfiguration,
    hydration::use_hydrated,
};

/// Provides [`Clerk`] to everything below it: put it around the whole application, inside `<Router>` so that ClerkJS
/// navigates without leaving the page.
///
/// It renders nothing of its own.
///
/// *On the server* it reads the verdict of [`ClerkLayer`](crate::server::ClerkLayer) and puts the seed into the HTML.
/// *While loading* its children are shown; nothing waits for ClerkJS.
/// *When it fails* (the layer is missing, or ClerkJS cannot be loaded) its children are shown as for somebody who is not
/// signed in, and [`use_clerk`](super::use_clerk) says why.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::clerk::{ClerkProvider, SignInButton, SignedIn, SignedOut, UserButton};
///
/// #[component]
/// fn App() -> impl IntoView {
///     view! {
///         <ClerkProvider>
///             <SignedIn><UserButton/></SignedIn>
///             <SignedOut><SignInButton/></SignedOut>
///         </ClerkProvider>
///     }
/// }
/// ```
#[component]
pub fn ClerkProvider(
    /// The public configuration, for applications without a server. With server rendering it comes in the HTML.
    #[prop(optional, into)]
    configuration: Option<PublicConfiguration>,
    /// Addresses, redirect rules, look and texts.
    #[prop(optional)]
    options: ClerkOptions,
    /// The look of all prebuilt components: a value, or a signal that they follow live. It wins over the one in `options`.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
    /// The texts of all prebuilt components: a value, or a signal that they follow live. It wins over the one in `options`.
    #[prop(optional, into)]
    localization: MaybeProp<Localization>,
    /// The application.
    children: Children,
) -> impl IntoView {
    let seed = SharedValue::new(move || seed(configuration)).into_inner();
    let fixed = (options.appearance.clone(), options.localization.clone());
    let clerk = Clerk::new(seed, options, Look::new(appearance, localization, fixed));
    provide_context(clerk);
    bridge::use_navigation();
    clerk.follow_look();
    let hydrated = use_hydrated();
    Effect::new(move |_| {
        if hydrated.get() {
            clerk.hydrated();
        }
    });
    children()
}

#[cfg(feature = "ssr")]
fn seed(configuration: Option<PublicConfiguration>) -> Option<AuthSeed> {
    use leptos_router::RouteList;

    match crate::server::auth() {
        Ok(auth) => Some(auth.seed()),
        // The route tree is only being looked at: there is no request.
        Err(_) if RouteList::is_generating() => None,
        Err(error) => {
            tracing::error!(reason = error.reason(), action = error.action(), "{error}");
            configuration.map(nothing_known)
        }
    }
}

#[cfg(not(feature = "ssr"))]
fn seed(configuration: Option<PublicConfiguration>) -> Option<AuthSeed> {
    configuration.map(nothing_known)
}

/// The seed of a page that nobody has said anything about.
fn nothing_known(configuration: PublicConfiguration) -> AuthSeed {
    AuthSeed {
        state: SeedState::Unknown,
        configuration,
        rendered_at_ms: bridge::now(),
    }
}
