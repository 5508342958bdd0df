//! The application's routes: where people sign in, and whether what is protected is.

use app::App;
use axum::{Router, body::Body};
use http::{Request, StatusCode};
use leptos::config::LeptosOptions;
use leptos_clerk_convex::server::{ClerkLayer, RouteLists, route_lists};
use tower::ServiceExt as _;

use super::{local, report::Report};
use crate::{error::StartError, instance::Instance, router};

pub(super) async fn check(report: &mut Report, options: &LeptosOptions, instance: &Instance) {
    let lists = route_lists(App);
    let sign_in = instance.configuration.public.sign_in_url.as_deref();
    sign_in_page(report, &lists, sign_in).await;
    let router = ClerkLayer::new(instance.configuration.clone())
        .map_err(StartError::from)
        .and_then(|clerk| router::router(options.clone(), instance, clerk));
    match router {
        Ok(router) => protection(report, &lists, &router).await,
        Err(error) => report.failed("protection", "router", &error, &error.action()),
    }
}

/// The page has to be there, and open to those who are not signed in yet.
async fn sign_in_page(report: &mut Report, lists: &RouteLists, url: Option<&str>) {
    const NAME: &str = "sign-in page";
    let Some(url) = url else {
        report.ok(NAME, "the one that Clerk hosts");
        return;
    };
    if !url.starts_with('/') {
        match reachable(url).await {
            Ok(()) => report.ok(NAME, url),
            Err(error) => report.failed(
                NAME,
                "sign-in-page-unreachable",
                format_args!("{url}: {error}"),
                "Check CLERK_SIGN_IN_URL.",
            ),
        }
        return;
    }
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let is_protected = lists
        .protected
        .iter()
        .flat_map(|group| &group.routes)
        .any(|route| !route.path().starts_with("/api/") && covers(route.path(), path));
    if is_protected {
        report.failed(
            NAME,
            "sign-in-page-protected",
            format_args!("{url} is itself protected, so that nobody could get in"),
            "Move it out of the protected routes.",
        );
    } else if lists.open.iter().any(|route| covers(route.path(), path)) {
        report.ok(NAME, url);
    } else {
        report.failed(
            NAME,
            "sign-in-page-missing",
            format_args!("the application has no route {url}"),
            "Correct CLERK_SIGN_IN_URL, or add the route.",
        );
    }
}

async fn reachable(url: &str) -> Result<(), String> {
    let response = local::client(url, std::time::Duration::from_secs(5))?
        .get(url)
        .send()
        .await
        .map_err(|error| local::cause(&error))?;
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        return Err(format!("status {status}"));
    }
    Ok(())
}

/// Asks the whole application for each protected route, as nobody.
async fn protection(report: &mut Report, lists: &RouteLists, router: &Router) {
    const NAME: &str = "protection";
    let mut paths: Vec<&str> = lists
        .protected
        .iter()
        .flat_map(|group| &group.routes)
        .map(|route| route.path())
        .filter(|path| !path.starts_with("/api/"))
        .collect();
    paths.sort_unstable();
    paths.dedup();
    if paths.is_empty() {
        report.skipped(NAME, "no route is protected");
        return;
    }
    for path in &paths {
        let status = ask_as_nobody(router, &concrete(path)).await;
        if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            report.failed(
                NAME,
                "route-open",
                format_args!("{path} answers somebody who is not signed in with status {status}"),
                "Put the router's routes inside the ClerkLayer, and hand them over with route_lists.",
            );
            return;
        }
    }
    report.ok(NAME, format_args!("nobody gets into {}", paths.join(", ")));
}

async fn ask_as_nobody(router: &Router, path: &str) -> StatusCode {
    let request = Request::get(path)
        .header("host", "localhost")
        .header("accept", "application/json")
        .header("sec-fetch-dest", "empty")
        .body(Body::empty());
    match request {
        Ok(request) => match router.clone().oneshot(request).await {
            Ok(response) => response.status(),
            Err(never) => match never {},
        },
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

/// A path that a pattern of axum matches.
fn concrete(pattern: &str) -> String {
    let segments = pattern.split('/').map(|segment| {
        if segment.starts_with('{') {
            "doctor"
        } else {
            segment
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Whether a pattern of axum matches a path.
pub(super) fn covers(pattern: &str, path: &str) -> bool {
    let mut segments = path.trim_end_matches('/').split('/');
    for part in pattern.trim_end_matches('/').split('/') {
        if part.starts_with("{*") {
            return segments.next().is_some();
        }
        match segments.next() {
            Some(segment) if part.starts_with('{') && !segment.is_empty() => {}
            Some(segment) if part == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}
