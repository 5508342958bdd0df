//! What browsers are told not to do with this server's answers.

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS},
};
use leptos_clerk_convex::{
    config::PublicConfiguration,
    server::csp::{ContentSecurityPolicy, CspError},
};

/// Set by `cargo leptos watch`, for the script that reloads the page.
const WATCHING: &str = "LEPTOS_WATCH";

/// The Content-Security-Policy of pages: a script runs only if it carries the nonce of this very answer, or was loaded by one
/// that does.
///
/// A local Clerk instance names its pictures by its own origin, which is another one for a browser that has come by `localhost`.
pub(crate) fn policy(
    public: &PublicConfiguration,
    local_clerk: Option<&str>,
) -> Result<ContentSecurityPolicy, CspError> {
    let mut policy = ContentSecurityPolicy::for_leptos(public)
        .strict()
        // The preview of a picture that is about to be uploaded to the account.
        .allow("img-src", ["data:"].into_iter().chain(local_clerk))
        .allow("base-uri", ["self"])
        .allow("object-src", ["none"])
        .allow("frame-ancestors", ["none"]);
    if std::env::var_os(WATCHING).is_some() {
        policy = policy.development();
    }
    policy.build()
}

/// Adds the headers that concern every answer, unless a route has already said something else.
///
/// There is no Cross-Origin-Opener-Policy: a window that comes back from an OAuth provider to a page of ours would lose the
/// window that opened it, and with it the way to report that the person has signed in.
pub(crate) fn protect(router: Router, trust_forwarded_headers: bool) -> Router {
    router.layer(from_fn_with_state(trust_forwarded_headers, add_headers))
}

async fn add_headers(
    State(trust_forwarded_headers): State<bool>,
    request: Request,
    next: Next,
) -> Response {
    let is_https = trust_forwarded_headers && was_https(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut add = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    add(X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(REFERRER_POLICY, "strict-origin-when-cross-origin");
    // This server speaks http; a proxy before it knows whether the browser spoke https.
    if is_https {
        add(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

/// Whether the browser's connection was encrypted, as the nearest proxy to the browser says.
fn was_https(headers: &HeaderMap) -> bool {
    headers
        .get("x-forwarded-proto")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(',').next())
        .is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"))
}
