//! What the local instances need on this machine.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use local_convex::{Data, LocalConvex, Options};
use serde_json::Value;

use super::{convex, report::Report};
use crate::instance::variable;

/// The scripts that browsers get from the local Clerk instance.
pub(super) fn bundles(report: &mut Report) {
    let directory = variable("LOCAL_CLERK_BUNDLES").unwrap_or_else(|| "local/clerk/vendor".into());
    let directory = PathBuf::from(directory);
    for (name, package, file) in [
        ("clerk-js", "@clerk/clerk-js", "clerk.browser.js"),
        ("clerk ui", "@clerk/ui", "ui.browser.js"),
    ] {
        let place = directory.join(package);
        let script = place.join("dist").join(file);
        match package_version(&place) {
            Some(version) if script.is_file() => {
                report.ok(name, format_args!("{package} {version}"))
            }
            Some(_) => report.failed(
                name,
                "bundle-missing",
                format_args!("{} is not there", script.display()),
                "Run `make setup`.",
            ),
            None => report.failed(
                name,
                "bundle-missing",
                format_args!("{} is not there", place.display()),
                "Run `make setup`, or set LOCAL_CLERK_BUNDLES.",
            ),
        }
    }
}

/// Whom the local Clerk instance makes session tokens for: its claims are its default ones.
pub(super) fn session_token(report: &mut Report) {
    let options = local_clerk::Options::new(local_clerk::Data::Memory, "http://127.0.0.1:3000");
    match options.session_claims.get("aud").and_then(Value::as_str) {
        Some("convex") => report.ok(
            "session token",
            "the local instance issues them for `convex`",
        ),
        _ => report.failed(
            "session token",
            "audience-missing",
            "the local instance issues them without the audience `convex`",
            "Give local_clerk::Options the session claim `aud`.",
        ),
    }
}

/// The npm package that the functions import; whether it is there.
pub(super) fn package(report: &mut Report, place: &Path) -> bool {
    let version = package_version(place);
    match &version {
        Some(version) => report.ok("npm package", format_args!("convex {version}")),
        None => report.failed(
            "npm package",
            "package-missing",
            format_args!("{} is not there", place.display()),
            "Run `make setup`, or set LOCAL_CONVEX_PACKAGE to a node_modules/convex.",
        ),
    }
    version.is_some()
}

fn package_version(place: &Path) -> Option<String> {
    let manifest = std::fs::read(place.join("package.json")).ok()?;
    let manifest: Value = serde_json::from_slice(&manifest).ok()?;
    manifest.get("version")?.as_str().map(str::to_owned)
}

/// Whether an address can be listened on. It is given back at once.
pub(super) fn port(
    report: &mut Report,
    name: &'static str,
    address: SocketAddr,
    variable: &'static str,
) {
    match TcpListener::bind(address) {
        Ok(_) if address.port() == 0 => report.ok(name, "any free port"),
        Ok(_) => report.ok(name, format_args!("{address} is free")),
        Err(error) => report.failed(
            name,
            "port-in-use",
            format_args!("{address}: {error}"),
            &format!("Stop what uses it (this server, if it runs already), or set {variable}."),
        ),
    }
}

/// Whether a local deployment runs the project's functions: in memory, on ports that are free, gone again afterwards.
pub(super) async fn functions(
    report: &mut Report,
    mut options: Options,
    issuer: &str,
    has_issuer: bool,
) {
    let directory = options.functions.display().to_string();
    options.data = Data::Memory;
    options.reload = false;
    options.address.set_port(0);
    options.site_address.set_port(0);
    match LocalConvex::start(options).await {
        Ok(deployment) => {
            report.ok("functions", format_args!("{directory} loads"));
            if convex::is_alive(report, deployment.url()).await {
                convex::provider(report, deployment.url(), issuer, has_issuer).await;
            }
            deployment.stop().await;
        }
        Err(error) => report.failed("functions", error.reason(), &error, error.action()),
    }
}

/// A client for one address; none on this machine is behind a proxy.
pub(super) fn client(url: &str, timeout: Duration) -> Result<reqwest::Client, String> {
    let builder = reqwest::Client::builder().timeout(timeout);
    let address = reqwest::Url::parse(url).map_err(|error| error.to_string())?;
    let is_here = matches!(
        address.host_str(),
        Some("localhost" | "127.0.0.1" | "[::1]")
    );
    let builder = if is_here { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| cause(&error))
}

/// What happened, without the layers above it that say that something did.
pub(super) fn cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
