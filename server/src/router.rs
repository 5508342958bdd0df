//! Which request goes where.

use app::{App, shell};
use axum::{Router, routing::get};
use leptos::{config::LeptosOptions, prelude::provide_context};
use leptos_axum::file_and_error_handler_with_context;
use leptos_clerk_convex::server::{ClerkLayer, route_lists};
use tower_http::compression::CompressionLayer;

use crate::{
    api,
    error::StartError,
    instance::{Instance, LOCAL_CLERK_PATH},
    static_files,
};

/// The whole application as one axum router.
pub(crate) fn router(options: LeptosOptions, instance: &Instance) -> Result<Router, StartError> {
    let local_instance = instance.local_instance();
    let context = move || {
        if let Some(instance) = local_instance.clone() {
            provide_context(instance);
        }
    };
    let render = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let pages = route_lists(App).into_router(&options, context.clone(), render);
    let application = Router::new()
        .route("/api/example", get(api::example))
        .merge(pages)
        .fallback(file_and_error_handler_with_context::<LeptosOptions, _>(
            context, shell,
        ))
        .with_state(options.clone())
        .layer(ClerkLayer::new(instance.configuration.clone())?);
    let mut router = application.merge(static_files::package(&options));
    if let Some(clerk) = &instance.local {
        router = router.nest(LOCAL_CLERK_PATH, clerk.router());
    }
    Ok(router.layer(CompressionLayer::new()))
}
