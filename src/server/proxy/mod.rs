//! The Frontend API below the application's own domain.
//!
//! Browsers that block third parties, and networks that block Clerk's hosts, still reach an application's own origin. The proxy
//! takes what arrives below a path (`/__clerk`) to Clerk and brings the answer back, both as streams.
//!
//! ```no_run
//! use axum::Router;
//! use leptos_clerk_convex::config::Configuration;
//! use leptos_clerk_convex::server::proxy::FrontendApiProxy;
//!
//! let configuration = Configuration::from_environment()?;
//! let proxy = FrontendApiProxy::new(&configuration)?;
//! // Around the layer that authenticates: these requests are Clerk's own.
//! let app: Router = Router::new().layer(proxy.layer());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod exchange;
mod layer;
#[cfg(test)]
mod tests;

pub use error::ProxyError;
pub use exchange::UpstreamRequest;
pub use layer::{FrontendApiProxyLayer, FrontendApiProxyService};

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use url::Url;

use crate::config::{Configuration, SecretKey, hosts};

/// Where the proxy is unless set otherwise.
pub const DEFAULT_PROXY_PATH: &str = "/__clerk";

/// Clerk answers in well below a second; a connection that does not come up is better given up soon.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two pieces of an answer, not for the whole: long answers are streamed.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// A proxy for one instance's Frontend API.
#[derive(Clone, Debug)]
pub struct FrontendApiProxy {
    path: String,
    upstream: Url,
    secret_key: SecretKey,
    trust_forwarded_headers: bool,
    client: reqwest::Client,
}

impl FrontendApiProxy {
    /// A proxy at [`DEFAULT_PROXY_PATH`], to the Frontend API of the instance that the publishable key names.
    ///
    /// # Errors
    /// When there is no TLS on this machine.
    pub fn new(configuration: &Configuration) -> Result<Self, ProxyError> {
        let upstream =
            hosts::frontend_api_upstream(configuration.public.publishable_key.frontend_api());
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .build();
        Ok(Self {
            path: DEFAULT_PROXY_PATH.to_owned(),
            upstream: parse_upstream(upstream)?,
            secret_key: configuration.secret_key.clone(),
            trust_forwarded_headers: configuration.trust_forwarded_headers,
            client: client.map_err(|_| ProxyError::NoTls)?,
        })
    }

    /// The same below another path. Slashes at its end do not count.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.path = format!("/{}", path.trim_matches('/'));
        self
    }

    /// The same to another Frontend API (`CLERK_FAPI_URL`): an http or https address without name, password, query and
    /// fragment.
    ///
    /// # Errors
    /// When the address is another.
    pub fn to_upstream(mut self, address: &str) -> Result<Self, ProxyError> {
        self.upstream = parse_upstream(address)?;
        Ok(self)
    }

    /// The path that the proxy is below.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether a request for `path` is the proxy's.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        path.strip_prefix(&self.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The proxy as a layer of a router: it answers what is below its path, and lets everything else through.
    #[must_use]
    pub fn layer(&self) -> FrontendApiProxyLayer {
        FrontendApiProxyLayer::new(self.clone())
    }

    /// Takes a request to Clerk and brings the answer back.
    pub async fn forward(&self, request: Request) -> Response {
        match self.exchange(request).await {
            Ok(response) => response,
            Err(error) => {
                tracing::warn!(
                    reason = error.reason(),
                    action = error.action(),
                    "the Frontend API proxy: {error}"
                );
                error.into_response()
            }
        }
    }

    async fn exchange(&self, request: Request) -> Result<Response, ProxyError> {
        let (parts, body) = request.into_parts();
        let url = url_of(&parts).ok_or(ProxyError::PathMismatch)?;
        let planned = self.plan(parts.method, &url, &parts.headers)?;
        let mut upstream = self
            .client
            .request(planned.method.clone(), planned.url.as_str())
            .headers(planned.headers.clone());
        // A body that is known to be empty must not become a chunked one: some servers refuse that on a GET.
        if body.size_hint().exact() != Some(0) {
            upstream = upstream.body(reqwest::Body::wrap_stream(body.into_data_stream()));
        }
        let answer = upstream
            .send()
            .await
            .map_err(|error| ProxyError::unreachable(&error))?;
        if answer
            .headers()
            .get("content-encoding")
            .is_some_and(|encoding| encoding != "identity")
        {
            // The header goes, so the bytes would be unreadable.
            return Err(ProxyError::Compressed);
        }
        let status = answer.status();
        let headers = self.relay(answer.headers(), &planned);
        let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// The request's URL as this server sees it.
fn url_of(parts: &http::request::Parts) -> Option<Url> {
    let host = parts
        .headers
        .get("host")
        .and_then(|host| host.to_str().ok());
    let authority = parts
        .uri
        .authority()
        .map(http::uri::Authority::as_str)
        .or(host)
        .unwrap_or("localhost");
    let mut url = Url::parse(&format!("http://{authority}")).ok()?;
    url.set_path(parts.uri.path());
    url.set_query(parts.uri.query());
    Some(url)
}

fn parse_upstream(address: &str) -> Result<Url, ProxyError> {
    let url = Url::parse(address).map_err(|_| ProxyError::InvalidUpstream)?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if is_plain {
        Ok(url)
    } else {
        Err(ProxyError::InvalidUpstream)
    }
}
