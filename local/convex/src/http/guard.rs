//! Who may talk to the deployment at all.
//!
//! A server on loopback is still within reach of every web page the developer opens: through DNS names that point at
//! 127.0.0.1 (hence the check of the host), and through cross-site requests and sockets (hence that of the origin).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use url::{Host, Url};

use super::answer::ApiError;

/// Refuses requests to another host than loopback.
pub(super) async fn host(request: Request, next: Next) -> Response {
    if host_is_loopback(&request) {
        return next.run(request).await;
    }
    let message = "the local deployment answers requests to a loopback address only, and the Host header names another";
    ApiError::new(StatusCode::FORBIDDEN, "HostNotLoopback", message).into_response()
}

/// Refuses requests of pages from another origin than loopback.
pub(super) async fn origin(request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN);
    if origin.is_none_or(origin_is_loopback) {
        return next.run(request).await;
    }
    let message = "the local deployment answers pages from a loopback address only, and this one is from another";
    ApiError::new(StatusCode::FORBIDDEN, "OriginNotLoopback", message).into_response()
}

fn host_is_loopback(request: &Request) -> bool {
    let host = match request.headers().get(header::HOST) {
        Some(host) => host.to_str().ok(),
        // HTTP/1.0 and in-process calls name no host; browsers always do.
        None => match request.uri().authority() {
            Some(authority) => Some(authority.as_str()),
            None => return true,
        },
    };
    host.and_then(|host| Url::parse(&format!("http://{host}/")).ok())
        .is_some_and(|url| is_loopback(url.host()))
}

fn origin_is_loopback(origin: &HeaderValue) -> bool {
    let url = origin.to_str().ok().and_then(|text| Url::parse(text).ok());
    url.is_some_and(|url| is_loopback(url.host()))
}

fn is_loopback(host: Option<Host<&str>>) -> bool {
    match host {
        // Browsers resolve `localhost` and names below it to loopback, whatever DNS says.
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
