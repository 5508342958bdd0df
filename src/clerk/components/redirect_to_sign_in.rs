//! `RedirectToSignIn`

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::clerk::{bridge, here, url, use_clerk};

/// Sends the visitor to the sign-in page, and back here afterwards.
///
/// *On the server* it renders a link: redirects of the first request are the middleware's, which decides before anything is
/// rendered. *While loading* it is not the one to show. *When it fails* the link remains.
#[component]
pub fn RedirectToSignIn() -> impl IntoView {
    let clerk = use_clerk();
    let target = match here::path_and_query() {
        Some(here) => url::with_redirect(&clerk.sign_in_url(), &here),
        None => clerk.sign_in_url(),
    };
    let navigate = here::has_browser_router().then(use_navigate);
    let destination = target.clone();
    Effect::new(move |_| match &navigate {
        Some(navigate) if destination.starts_with('/') => {
            let options = NavigateOptions {
                replace: true,
                ..NavigateOptions::default()
            };
            navigate(&destination, options);
        }
        _ => bridge::assign(&destination),
    });
    view! { <p class="clerk-redirect"><a href=target>"Sign in to continue"</a></p> }
}
