//! `RedirectToSignIn`, `RedirectToSignUp`, `RedirectToTasks` and `AuthenticateWithRedirectCallback`

use leptos::{prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use serde_json::Value;

use crate::clerk::{bridge, here, url, use_clerk};

/// Sends the visitor to the sign-in page, and back here afterwards.
///
/// *On the server* it renders a link: redirects of the first request are the middleware's, which decides before anything is
/// rendered. *While loading* it is not the one to show. *When it fails* the link remains.
#[component]
pub fn RedirectToSignIn() -> impl IntoView {
    redirect(use_clerk().sign_in_url(), "Sign in to continue")
}

/// Sends the visitor to the sign-up page, and back here afterwards. See [`RedirectToSignIn`].
///
/// *On the server* it renders a link. *While loading* it is not the one to show. *When it fails* the link remains.
#[component]
pub fn RedirectToSignUp() -> impl IntoView {
    redirect(use_clerk().sign_up_url(), "Sign up to continue")
}

/// Sends somebody whose session has a task left to the sign-in page, which shows it, and back here afterwards.
///
/// *On the server* it renders a link. *While loading* it is not the one to show. *When it fails* the link remains.
#[component]
pub fn RedirectToTasks() -> impl IntoView {
    let page = format!("{}/tasks", use_clerk().sign_in_url());
    redirect(page, "Finish signing in")
}

fn redirect(page: String, label: &'static str) -> AnyView {
    let target = match here::path_and_query() {
        Some(here) => url::with_redirect(&page, &here),
        None => page,
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
    view! { <p class="clerk-redirect"><a href=target>{label}</a></p> }.into_any()
}

/// Finishes a sign-in or sign-up at another provider, on the page that the provider sends people back to (`redirectCallbackUrl`).
/// Clerk's own forms need none.
///
/// *On the server* and *while loading* it says so. *When it fails* it says why, with a link to the sign-in page.
#[component]
pub fn AuthenticateWithRedirectCallback(
    /// Parameters of Clerk's `handleRedirectCallback()`, such as `signInFallbackRedirectUrl`.
    #[prop(optional, into)]
    parameters: Value,
) -> impl IntoView {
    let clerk = use_clerk();
    let failed = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        let parameters = if parameters.is_object() {
            parameters.clone()
        } else {
            Value::Object(serde_json::Map::new())
        };
        spawn_local(async move {
            let done = match clerk.operational().await {
                Ok(()) => bridge::call("handleRedirectCallback", &[parameters]).await,
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                _ = failed.try_set(Some(error.to_string()));
            }
        });
    });
    let sign_in = clerk.sign_in_url();
    (move || match failed.get() {
        None => view! { <p role="status">"Signing in…"</p> }.into_any(),
        Some(reason) => view! {
            <div class="clerk-failure" role="alert">
                <p>{reason}</p>
                <a href=sign_in.clone()>"Back to signing in"</a>
            </div>
        }
        .into_any(),
    })
    .into_any()
}
