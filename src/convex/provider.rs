//! The providers.

use leptos::prelude::*;

use super::{
    clerk_source::clerk_source,
    driver::{ConvexClient, ConvexOptions},
    error::Unavailable,
    token_source::TokenSource,
};
use crate::clerk::{Clerk, use_clerk};

/// Provides Convex to everything below it, for everybody alike.
///
/// It renders nothing of its own.
///
/// *On the server* nothing is opened. *While loading* its children are shown; the socket is opened when something below it needs
/// one. *When it fails* (there is no address, or a wrong one) its children are shown, and hooks answer why.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::convex::ConvexProvider;
///
/// #[component]
/// fn App() -> impl IntoView {
///     view! { <ConvexProvider url="https://happy-animal-123.convex.cloud">"Live data"</ConvexProvider> }
/// }
/// ```
#[component]
pub fn ConvexProvider(
    /// The deployment's address. Without it, that of the public configuration, if there is a `ClerkProvider` around this.
    #[prop(optional, into)]
    url: Option<String>,
    /// How the client behaves.
    #[prop(optional)]
    options: ConvexOptions,
    /// The application.
    children: Children,
) -> impl IntoView {
    provide_client(url, None, options);
    children()
}

/// Provides Convex to everything below it, with the tokens of any sign-in provider.
///
/// It renders nothing of its own.
///
/// *On the server* nothing is opened. *While loading* its children are shown; queries and calls for a person wait until the
/// deployment has confirmed them. *When it fails* its children are shown, [`use_convex_auth`](super::use_convex_auth) says why
/// somebody is refused, and hooks why they have no value.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::convex::{AuthToken, ConvexProviderWithAuth, SignIn, TokenSource};
///
/// # async fn ask_my_provider(_force: bool) -> Option<AuthToken> { None }
/// #[component]
/// fn App(sign_in: Signal<SignIn>) -> impl IntoView {
///     let source = TokenSource::new(sign_in, |force| ask_my_provider(force));
///     view! {
///         <ConvexProviderWithAuth source url="https://happy-animal-123.convex.cloud">"Live data"</ConvexProviderWithAuth>
///     }
/// }
/// ```
#[component]
pub fn ConvexProviderWithAuth(
    /// Who is there, and their tokens.
    source: TokenSource,
    /// The deployment's address. Without it, that of the public configuration, if there is a `ClerkProvider` around this.
    #[prop(optional, into)]
    url: Option<String>,
    /// How the client behaves.
    #[prop(optional)]
    options: ConvexOptions,
    /// The application.
    children: Children,
) -> impl IntoView {
    provide_client(url, Some(source), options);
    children()
}

/// Provides Convex to everything below it, with the tokens of Clerk. Put it inside a
/// [`ClerkProvider`](crate::clerk::ClerkProvider).
///
/// The token is the session token, which Clerk's Convex integration makes one for Convex (`aud: "convex"`). Without that
/// integration name a JWT template: it is used where the session token is none for Convex. Signing in, signing out and switching the organization take effect on the connection at once.
///
/// It renders nothing of its own.
///
/// *On the server* nothing is opened; [`Authenticated`](super::Authenticated) follows the verified request.
/// *While loading* its children are shown. The first token is the one in the page's cookie when it is still good, so live data
/// does not wait for ClerkJS.
/// *When it fails* its children are shown, [`use_convex_auth`](super::use_convex_auth) says why Convex refuses somebody who is
/// signed in to Clerk, and hooks why they have no value.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::{clerk::ClerkProvider, convex::ConvexProviderWithClerk};
///
/// #[component]
/// fn App() -> impl IntoView {
///     view! {
///         <ClerkProvider>
///             <ConvexProviderWithClerk>"Live data"</ConvexProviderWithClerk>
///         </ClerkProvider>
///     }
/// }
/// ```
#[component]
pub fn ConvexProviderWithClerk(
    /// The deployment's address. Without it, that of the public configuration.
    #[prop(optional, into)]
    url: Option<String>,
    /// The name of the JWT template to use where the session token is none for Convex.
    #[prop(optional, into)]
    convex_template: Option<String>,
    /// How the client behaves.
    #[prop(optional)]
    options: ConvexOptions,
    /// The application.
    children: Children,
) -> impl IntoView {
    let source = clerk_source(use_clerk(), convex_template);
    provide_client(url, Some(source), options);
    children()
}

fn provide_client(url: Option<String>, source: Option<TokenSource>, options: ConvexOptions) {
    let url = url.or_else(|| use_context::<Clerk>()?.configuration()?.convex_url);
    let address = url
        .ok_or(Unavailable::NotConfigured)
        .and_then(|url| url.parse().map_err(Unavailable::from));
    if let Err(unavailable) = &address {
        say(*unavailable);
    }
    let client = ConvexClient::new(address, source, options);
    provide_context(client.clone());
    let told = client.clone();
    // Made before those of the children, so the client knows who is there when they subscribe.
    Effect::new(move |_| {
        if told.is_hydrated() {
            told.apply_auth();
        }
    });
    on_cleanup(move || client.close());
}

#[cfg(feature = "ssr")]
fn say(unavailable: Unavailable) {
    // The route tree may only be looked at: there is no request then, and no configuration.
    if !leptos_router::RouteList::is_generating() {
        tracing::warn!(
            reason = unavailable.reason(),
            action = unavailable.action(),
            "{unavailable}"
        );
    }
}

#[cfg(not(feature = "ssr"))]
fn say(unavailable: Unavailable) {
    leptos::logging::error!("{unavailable}. {}", unavailable.action());
}
