//! Who may talk to the instance at all.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use url::Url;

use crate::error::{ApiError, Code};
use crate::instance::is_loopback;

/// Refuses other hosts and origins than loopback, and answers CORS for loopback origins.
///
/// A server on loopback is still within reach of every web page the developer opens: through DNS names that point at
/// 127.0.0.1 (hence the check of the host), and through cross-site requests (hence the check of the origin).
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    if !host_is_loopback(&request) {
        return ApiError::new(Code::HostInvalid).into_response();
    }
    let origin = request.headers().get(header::ORIGIN).cloned();
    if origin
        .as_ref()
        .is_some_and(|origin| !origin_is_loopback(origin))
    {
        return ApiError::new(Code::OriginInvalid).into_response();
    }
    let mut response = if request.method() == Method::OPTIONS && origin.is_some() {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"),
        );
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type"),
        );
        response
    } else {
        next.run(request).await
    };
    if let Some(origin) = origin {
        allow(response.headers_mut(), origin);
    }
    response
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("Clerk-Db-Jwt, X-Country, Retry-After"),
    );
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
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
    let host = |text: &str| Url::parse(text).ok().map(|url| is_loopback(url.host()));
    origin.to_str().ok().and_then(host).unwrap_or(false)
}

/// Whether a redirect may go to `url`: tokens and dev browsers travel in it, so loopback only.
pub(crate) fn redirect_allowed(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && is_loopback(url.host())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn look_alike_redirect_targets_are_refused() {
        for url in [
            "https://evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://localhost@evil.example/",
            "javascript:alert(1)",
            "ftp://127.0.0.1/",
        ] {
            assert!(!redirect_allowed(&Url::parse(url).unwrap()), "{url}");
        }
        assert!(redirect_allowed(
            &Url::parse("http://localhost:3000/dashboard?x=1").unwrap()
        ));
    }

    #[test]
    fn hosts_are_what_they_say() {
        let with_host = |host: &str| {
            Request::builder()
                .header(header::HOST, host)
                .body(axum::body::Body::empty())
                .unwrap()
        };
        assert!(host_is_loopback(&with_host("127.0.0.1:3000")));
        assert!(host_is_loopback(&with_host("[::1]:3000")));
        assert!(!host_is_loopback(&with_host("rebound.example:3000")));
        assert!(!host_is_loopback(&with_host("")));
    }
}
