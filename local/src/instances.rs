//! Starts what was asked for, says where it is, and runs until it is stopped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use local_clerk::LocalClerk;
use local_convex::LocalConvex;
use serde_json::json;
use tokio::net::TcpListener;

use crate::arguments::Arguments;
use crate::error::CommandError;
use crate::import::import;

pub(crate) async fn run(arguments: &Arguments) -> Result<(), CommandError> {
    if arguments.reset {
        reset(&arguments.data_dir)?;
    }
    let clerk = match arguments.with_clerk() {
        true => Some(open_clerk(arguments).await?),
        false => None,
    };
    let issuer = clerk.as_ref().map(|(clerk, _)| clerk.issuer());
    let convex = LocalConvex::start(convex_options(arguments, issuer)?).await?;
    announce(arguments, &convex, clerk.as_ref().map(|(clerk, _)| clerk));
    let serving = async {
        match clerk {
            Some((clerk, listener)) => {
                let router = axum::Router::new().nest("/__clerk", clerk.router());
                axum::serve(listener, router)
                    .await
                    .map_err(CommandError::Serve)
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = serving => ended,
        () = stopped() => {
            convex.stop().await;
            Ok(())
        }
    }
}

fn reset(directory: &Path) -> Result<(), CommandError> {
    // Only what the instances put there: the directory may be somebody's by mistake.
    let clerk =
        ["clerk.sqlite", "clerk.sqlite-wal", "clerk.sqlite-shm"].map(|file| directory.join(file));
    let removed = clerk.iter().map(std::fs::remove_file);
    let removed = removed.chain([std::fs::remove_dir_all(directory.join("convex"))]);
    for result in removed {
        match result {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(CommandError::Reset {
                    directory: directory.to_owned(),
                    source,
                });
            }
            _ => {}
        }
    }
    Ok(())
}

async fn open_clerk(arguments: &Arguments) -> Result<(LocalClerk, TcpListener), CommandError> {
    let address = SocketAddr::new(arguments.bind, arguments.clerk_port);
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| CommandError::Bind { address, source })?;
    let address = listener.local_addr().unwrap_or(address);
    let data = match arguments.ephemeral {
        true => local_clerk::Data::Memory,
        false => local_clerk::Data::Directory(arguments.data_dir.clone()),
    };
    let mut options = local_clerk::Options::new(data, format!("http://{address}"));
    options.bundles.clone_from(&arguments.clerk_bundles);
    options.follow_variables(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))?;
    let clerk = LocalClerk::open(options)?;
    if let Some(file) = &arguments.import {
        let created = import(&clerk, file).await?;
        tracing::info!("{created} users imported from {}", file.display());
    }
    Ok((clerk, listener))
}

fn convex_options(
    arguments: &Arguments,
    issuer: Option<String>,
) -> Result<local_convex::Options, CommandError> {
    let data = match arguments.ephemeral {
        true => local_convex::Data::Memory,
        false => local_convex::Data::Directory(arguments.data_dir.join("convex")),
    };
    let package = match &arguments.convex_package {
        Some(package) => package.clone(),
        None => find_package(&arguments.convex_dir)?,
    };
    let mut environment: BTreeMap<_, _> = arguments.environment.iter().cloned().collect();
    if let Some(issuer) = issuer {
        environment
            .entry("CLERK_JWT_ISSUER_DOMAIN".to_owned())
            .or_insert(issuer);
    }
    let mut options = local_convex::Options::new(data, &arguments.convex_dir, package);
    options.address = SocketAddr::new(arguments.bind, arguments.convex_port);
    options.site_address = SocketAddr::new(arguments.bind, arguments.site_port);
    options.environment = environment;
    options.environment_file.clone_from(&arguments.env_file);
    options.reload = !arguments.no_reload;
    Ok(options)
}

/// The package as the functions' own imports would find it.
fn find_package(functions: &Path) -> Result<PathBuf, CommandError> {
    let from = functions
        .canonicalize()
        .unwrap_or_else(|_| functions.to_owned());
    from.ancestors()
        .map(|directory| directory.join("node_modules/convex"))
        .find(|package| package.join("package.json").is_file())
        .ok_or(CommandError::NoConvexPackage { from })
}

fn announce(arguments: &Arguments, convex: &LocalConvex, clerk: Option<&LocalClerk>) {
    if arguments.json {
        let mut line = json!({
            "convexUrl": convex.url(),
            "siteUrl": convex.site_url(),
            "adminKey": convex.admin_key(),
        });
        if let Some(clerk) = clerk {
            line["clerkPublishableKey"] = json!(clerk.publishable_key());
            line["clerkSecretKey"] = json!(clerk.secret_key());
            line["clerkApiUrl"] = json!(clerk.api_url());
            line["clerkIssuer"] = json!(clerk.issuer());
        }
        println!("{line}");
        return;
    }
    println!(
        "CONVEX_URL={}\nCONVEX_SITE_URL={}",
        convex.url(),
        convex.site_url()
    );
    println!("CONVEX_SELF_HOSTED_ADMIN_KEY={}", convex.admin_key());
    if let Some(clerk) = clerk {
        println!(
            "CLERK_PUBLISHABLE_KEY={}\nCLERK_SECRET_KEY={}",
            clerk.publishable_key(),
            clerk.secret_key()
        );
        println!(
            "CLERK_API_URL={}\nCLERK_PROXY_URL={}",
            clerk.api_url(),
            clerk.issuer()
        );
        println!("CLERK_JWT_ISSUER_DOMAIN={}", clerk.issuer());
    }
}

async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
