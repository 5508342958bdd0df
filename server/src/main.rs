//! The server's entry: reads the configuration, starts what it needs, and serves.
//!
//! `server` serves. `server keys` prints the local instance's keys as variables, for other applications and official SDKs.
//! `server doctor` checks the configuration and says what to correct.

mod api;
mod convex;
mod doctor;
mod error;
mod instance;
mod refused;
mod router;
mod security;
mod static_files;

use std::process::ExitCode;

use leptos::config::{LeptosOptions, get_configuration};
use leptos_clerk_convex::server::ClerkLayer;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use error::StartError;
use instance::Instance;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}\n  {}", error.action());
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), StartError> {
    load_environment_files();
    let options = get_configuration(None)
        .map_err(|source| StartError::Leptos(source.to_string()))?
        .leptos_options;
    match std::env::args().nth(1).as_deref() {
        None | Some("serve") => serve(options).await,
        Some("keys") => {
            print!("{}", instance::local_keys(options.site_addr)?);
            Ok(())
        }
        Some("doctor") => doctor::run(options).await,
        Some(other) => Err(StartError::UnknownCommand(other.to_owned())),
    }
}

async fn serve(options: LeptosOptions) -> Result<(), StartError> {
    // The address comes first: a second server must not open the first one's database.
    let listener = TcpListener::bind(options.site_addr)
        .await
        .map_err(|source| StartError::Bind {
            address: options.site_addr,
            source,
        })?;
    let address = listener.local_addr().unwrap_or(options.site_addr);
    let mut instance = Instance::from_environment(address)?;
    let issuer = instance.issuer();
    let convex = convex::start(&mut instance.configuration, issuer).await?;
    let clerk = ClerkLayer::new(instance.configuration.clone())?;
    let router = router::router(options, &instance, clerk.clone())?;
    tracing::info!("{}", instance.announcement());
    if let Some(convex) = &convex {
        tracing::info!(
            "no CONVEX_URL is set: a local Convex deployment runs at {} (HTTP actions: {}; admin key: {})",
            convex.url(),
            convex.site_url(),
            convex.admin_key()
        );
    }
    tracing::info!("listening on http://{address}");
    tokio::spawn(check(clerk));
    axum::serve(listener, router)
        .with_graceful_shutdown(async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
        .await
        .map_err(StartError::Serve)
}

/// Finds out whether Clerk accepts the keys, beside the first requests: a Clerk that is away for a moment keeps no server from
/// starting.
async fn check(clerk: ClerkLayer) {
    if let Err(error) = clerk.check().await {
        tracing::error!(
            reason = error.reason(),
            "Clerk was asked whether it accepts the keys: {error}. {}",
            error.action().unwrap_or_default()
        );
    }
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
