//! The layer that authenticates every request before anything is rendered.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, LOCATION, SET_COOKIE, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tower::{Layer, Service};
use url::Url;

use crate::config::{Configuration, ConfigurationErrors, PublicConfiguration};

use super::auth::Auth;
use super::authenticate::{
    AuthenticateError, Cookies, RequestView, Verdict, clerk_url, set_parameter,
};
use super::authenticator::Authenticator;
use super::protect::RequestKind;
use super::transport::BoxFuture;
use super::verify::VerificationError;

/// Authenticates every request of a router.
///
/// Put it around all routes, pages and data alike:
///
/// ```
/// use axum::{Router, routing::get};
/// use leptos_clerk_convex::config::{Configuration, ConfigurationErrors};
/// use leptos_clerk_convex::server::{Auth, ClerkLayer};
///
/// fn router(configuration: Configuration) -> Result<Router, ConfigurationErrors> {
///     Ok(Router::new()
///         .route("/api/example", get(|auth: Auth| async move { auth.user_id().unwrap_or("nobody").to_owned() }))
///         .layer(ClerkLayer::new(configuration)?))
/// }
/// ```
///
/// The layer refuses nobody: it finds out who a request is from and leaves that in the request's extensions, as an [`Auth`].
/// The one thing it answers itself is a handshake, with a redirect, before anything is rendered. What it passes on is marked
/// `no-store` when it depends on who it is for: when a handler asked, when it is HTML, when it carries cookies.
///
/// Cloning is cheap, and clones share keys and caches: use clones for several routers of one server.
#[derive(Clone, Debug)]
pub struct ClerkLayer {
    authenticator: Arc<Authenticator>,
}

impl ClerkLayer {
    /// Prepares the layer.
    ///
    /// # Errors
    /// When the configuration cannot work, for instance a satellite without a domain.
    pub fn new(configuration: Configuration) -> Result<Self, ConfigurationErrors> {
        Authenticator::new(configuration).map(|authenticator| Self {
            authenticator: Arc::new(authenticator),
        })
    }

    /// The configuration that may reach the browser.
    #[must_use]
    pub fn public_configuration(&self) -> &PublicConfiguration {
        &self.authenticator.configuration.public
    }

    /// Asks Clerk for the instance's keys once, so that a wrong secret key is found at start and the first request does not
    /// wait. With a configured public key there is nothing to ask.
    ///
    /// # Errors
    /// When Clerk does not accept the secret key or cannot be reached. A server may start all the same: it tries again with
    /// the first request.
    pub async fn check(&self) -> Result<(), VerificationError> {
        self.authenticator.check().await
    }

    /// Whether the publishable and the secret key belong to one instance: whether the keys that Clerk shows to the one are those
    /// that it publishes for the other. Keys of two instances sign people in and then know nobody.
    ///
    /// `None` when it cannot be told: Clerk does not answer, or the Frontend API is reached through this very server.
    pub async fn keys_belong_together(&self) -> Option<bool> {
        self.authenticator.is_one_instance().await
    }
}

impl<S> Layer<S> for ClerkLayer {
    type Service = ClerkService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClerkService {
            authenticator: Arc::clone(&self.authenticator),
            inner,
        }
    }
}

/// The service that [`ClerkLayer`] makes.
#[derive(Clone, Debug)]
pub struct ClerkService<S> {
    authenticator: Arc<Authenticator>,
    inner: S,
}

impl<S> Service<Request> for ClerkService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The service that was polled ready is the one to call; its clone is for the next request.
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        let authenticator = Arc::clone(&self.authenticator);
        Box::pin(handle(authenticator, inner, request))
    }
}

async fn handle<S>(
    authenticator: Arc<Authenticator>,
    mut inner: S,
    request: Request,
) -> Result<Response, Infallible>
where
    S: Service<Request, Response = Response, Error = Infallible> + Send,
    S::Future: Send,
{
    if request.extensions().get::<Auth>().is_some() {
        // An outer layer has done it.
        return inner.call(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Some(url) = request_url(&parts) else {
        return Ok(error_response(&AuthenticateError::RequestUrl));
    };
    let view = RequestView {
        method: &parts.method,
        url: &url,
        headers: &parts.headers,
    };
    let verdict = match authenticator.authenticate(view).await {
        Ok(verdict) => verdict,
        Err(error) => return Ok(error_response(&error)),
    };
    if let Some(location) = &verdict.location {
        return Ok(redirect(&verdict, location));
    }
    let trusts = authenticator.configuration.trust_forwarded_headers;
    let clerk_url = clerk_url(&url, &parts.headers, trusts);
    let kind = RequestKind::of(&parts.method, &parts.headers);
    let dev_browser = dev_browser_cookie(&authenticator, &parts.headers);
    let auth = Auth::new(verdict.outcome.clone(), authenticator, clerk_url, kind);
    parts.extensions.insert(auth.clone());
    let mut response = inner.call(Request::from_parts(parts, body)).await?;
    hand_over_dev_browser(&mut response, &auth, dev_browser);
    add_state_headers(response.headers_mut(), &verdict);
    forbid_storing(&mut response, &auth, &verdict);
    Ok(response)
}

/// The URL as this server sees it. The scheme is that of the connection, which a proxy may correct.
fn request_url(parts: &Parts) -> Option<Url> {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let path = if path.starts_with('/') { path } else { "/" };
    let host = parts
        .headers
        .get(HOST)
        .map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
    let host = host
        .or_else(|| parts.uri.authority().map(ToString::to_string))
        .unwrap_or_else(|| "localhost".to_owned());
    if host.contains(['/', '\\', '?', '#', '@']) {
        return None;
    }
    let url = Url::parse(&format!("http://{host}{path}")).ok()?;
    url.has_host().then_some(url)
}

fn redirect(verdict: &Verdict, location: &str) -> Response {
    let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(location) {
        headers.insert(LOCATION, location);
    }
    add_state_headers(headers, verdict);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Cookies and the reason why nobody is signed in. A value that no header can hold is left out.
fn add_state_headers(headers: &mut HeaderMap, verdict: &Verdict) {
    for cookie in &verdict.set_cookies {
        if let Ok(cookie) = HeaderValue::from_str(cookie) {
            headers.append(SET_COOKIE, cookie);
        }
    }
    for (name, value) in verdict.debug_headers() {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// A response that depends on who it is for is nobody else's.
fn forbid_storing(response: &mut Response, auth: &Auth, verdict: &Verdict) {
    let is_html = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|content_type| content_type.as_bytes().starts_with(b"text/html"));
    if !verdict.no_store && !is_html && !auth.was_read() {
        return;
    }
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Cookie, Authorization"));
    let is_private = headers
        .get(CACHE_CONTROL)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value.contains("no-store") || (value.contains("private") && !verdict.no_store)
        });
    if !is_private {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The development browser's token, which pages on other origins need.
fn dev_browser_cookie(authenticator: &Authenticator, headers: &HeaderMap) -> Option<String> {
    if !authenticator.configuration.secret_key.is_development() {
        return None;
    }
    let cookies = headers.get_all(http::header::COOKIE).iter();
    let texts: Vec<_> = cookies
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    Cookies::parse(&texts.join("; "))
        .get("__clerk_db_jwt")
        .map(std::borrow::Cow::into_owned)
}

/// A redirect of ours to another origin takes the development browser's token along.
fn hand_over_dev_browser(response: &mut Response<Body>, auth: &Auth, token: Option<String>) {
    let is_ours = response
        .headers()
        .get("x-clerk-redirect-to")
        .is_some_and(|value| value == "true");
    let Some(token) = token.filter(|_| is_ours) else {
        return;
    };
    let location = response
        .headers()
        .get(LOCATION)
        .and_then(|location| location.to_str().ok());
    let Some(mut target) = location.and_then(|location| auth.request_url().join(location).ok())
    else {
        return;
    };
    let has_token = target
        .query_pairs()
        .any(|(name, _)| name == "__clerk_db_jwt");
    if target.origin() == auth.request_url().origin() || has_token {
        return;
    }
    set_parameter(&mut target, "__clerk_db_jwt", &token);
    if let Ok(location) = HeaderValue::from_str(target.as_str()) {
        response.headers_mut().insert(LOCATION, location);
    }
}

/// What could not be decided, for whoever sent it.
fn error_response(error: &AuthenticateError) -> Response {
    let status = error.status();
    if status.is_server_error() {
        tracing::error!(reason = error.reason(), action = error.action(), "{error}");
    } else {
        tracing::debug!(reason = error.reason(), "{error}");
    }
    let mut response = (status, format!("{error}\n{}\n", error.action())).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        "x-clerk-auth-reason",
        HeaderValue::from_static(error.reason()),
    );
    response
}
