//! The server of the README's quick start.

#[cfg(feature = "ssr")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use leptos_clerk_convex::{
        config::Configuration,
        server::{ClerkLayer, route_lists},
    };
    use minimal::{App, shell};

    let options = leptos::config::get_configuration(None)?.leptos_options;
    let clerk = ClerkLayer::new(Configuration::from_environment()?)?;
    let document = options.clone();
    let router = route_lists(App)
        .into_router(&options, || (), move || shell(document.clone()))
        .fallback(leptos_axum::file_and_error_handler(shell))
        .with_state(options.clone())
        .layer(clerk);
    let listener = tokio::net::TcpListener::bind(options.site_addr).await?;
    axum::serve(listener, router).await?;
    Ok(())
}

#[cfg(not(feature = "ssr"))]
fn main() {}
