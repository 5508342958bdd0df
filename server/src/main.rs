//! The server's entry: reads the configuration, starts what it needs, and serves.

mod api;
mod error;
mod instance;
mod router;
mod static_files;

use std::process::ExitCode;

use leptos::config::get_configuration;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use error::StartError;
use instance::Instance;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .init();
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}\n  {}", error.action());
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), StartError> {
    load_environment_files();
    let options = get_configuration(None)
        .map_err(|source| StartError::Leptos(source.to_string()))?
        .leptos_options;
    // The address comes first: a second server must not open the first one's database.
    let listener = TcpListener::bind(options.site_addr)
        .await
        .map_err(|source| StartError::Bind {
            address: options.site_addr,
            source,
        })?;
    let address = listener.local_addr().unwrap_or(options.site_addr);
    let instance = Instance::from_environment(address)?;
    let router = router::router(options, &instance)?;
    tracing::info!("{}", instance.announcement());
    tracing::info!("listening on http://{address}");
    axum::serve(listener, router)
        .with_graceful_shutdown(async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
        .await
        .map_err(StartError::Serve)
}

/// `.env.local`, then `.env`, as the tools of the JavaScript world read them. What is already set stays.
fn load_environment_files() {
    for file in [".env.local", ".env"] {
        match dotenvy::from_filename(file) {
            Ok(_) => {}
            Err(error) if error.not_found() => {}
            Err(error) => tracing::warn!("{file} was not read completely: {error}"),
        }
    }
}
