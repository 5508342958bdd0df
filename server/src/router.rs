//! Which request goes where.

#[cfg(test)]
mod tests;

use app::{App, Theme, shell};
use axum::{Router, routing::get};
use http::{header::COOKIE, request::Parts};
use leptos::{
    config::LeptosOptions,
    prelude::{provide_context, use_context},
};
use leptos_axum::ErrorHandler;
use leptos_clerk_convex::server::{
    ClerkLayer, backend::BackendClient, csp::provide_csp_nonce, route_lists,
};
use tower_http::compression::CompressionLayer;

use crate::{
    api,
    error::StartError,
    instance::{Instance, LOCAL_CLERK_PATH},
    refused, security, static_files,
};

/// The whole application as one axum router.
pub(crate) fn router(
    options: LeptosOptions,
    instance: &Instance,
    clerk: ClerkLayer,
) -> Result<Router, StartError> {
    let configuration = &instance.configuration;
    let local_instance = instance.local_instance();
    let backend = BackendClient::new(configuration)?;
    let context = move || {
        provide_csp_nonce();
        provide_context(theme());
        provide_context(backend.clone());
        if let Some(instance) = local_instance.clone() {
            provide_context(instance);
        }
    };
    let render = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let pages = route_lists(App).into_router(&options, context.clone(), render);
    let error_page = ErrorHandler::new_with_context(context, shell, options.clone());
    let application = Router::new()
        .route("/api/example", get(api::example))
        .merge(pages)
        .fallback_service(static_files::public(&options, error_page.clone()))
        .with_state(options.clone());
    let issuer = instance.issuer();
    let local_clerk = instance
        .local
        .as_ref()
        .and_then(|_| issuer.strip_suffix(LOCAL_CLERK_PATH));
    let application = refused::rendered(application, error_page)
        .layer(clerk)
        .layer(security::policy(&configuration.public, local_clerk)?.layer());
    let mut router = application.merge(static_files::package(&options));
    if let Some(clerk) = &instance.local {
        // Its few pages have policies of their own.
        router = router.nest(LOCAL_CLERK_PATH, clerk.router());
    }
    let router = security::protect(router, configuration.trust_forwarded_headers);
    Ok(router.layer(CompressionLayer::new()))
}

/// The theme that the person has chosen, in the request that is being answered.
fn theme() -> Theme {
    let parts = use_context::<Parts>();
    let cookies = parts.iter().flat_map(|parts| parts.headers.get_all(COOKIE));
    cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .map(Theme::from_cookies)
        .find(|theme| *theme != Theme::System)
        .unwrap_or_default()
}
