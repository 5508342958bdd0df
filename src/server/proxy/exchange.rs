//! What goes to Clerk, and what comes back: the part without I/O.

use http::Method;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::{FrontendApiProxy, ProxyError};

/// They are about one connection, not about the message.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

const CLERK_PROXY_URL: HeaderName = HeaderName::from_static("clerk-proxy-url");
const CLERK_SECRET_KEY: HeaderName = HeaderName::from_static("clerk-secret-key");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A request as it goes to the Frontend API. Its body is the one that came.
#[derive(Clone)]
pub struct UpstreamRequest {
    /// The method that came.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// All headers, with the instance's secret key among them.
    pub headers: HeaderMap,
    /// The proxy's public address, which is also what redirects within the Frontend API become.
    pub proxy_url: String,
}

impl std::fmt::Debug for UpstreamRequest {
    /// Without what is secret: the query and the headers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpstreamRequest")
            .field("method", &self.method)
            .field("path", &self.url.path())
            .finish_non_exhaustive()
    }
}

impl FrontendApiProxy {
    /// Turns a request into the one that goes to Clerk. `url` is the request's address as this server sees it.
    ///
    /// # Errors
    /// When the request is not below the proxy's path, or would go to another host than Clerk's.
    pub fn plan(
        &self,
        method: Method,
        url: &Url,
        headers: &HeaderMap,
    ) -> Result<UpstreamRequest, ProxyError> {
        let rest = url
            .path()
            .strip_prefix(&self.path)
            .filter(|_| self.matches(url.path()))
            .ok_or(ProxyError::PathMismatch)?;
        let target = self.target(if rest.is_empty() { "/" } else { rest }, url.query())?;
        let public_origin = self.public_origin(url, headers);
        let proxy_url = format!("{public_origin}{}", self.path);

        let mut upstream = without_hop_by_hop(headers);
        if !self.trust_forwarded_headers {
            upstream.remove(FORWARDED_HOST);
            upstream.remove(FORWARDED_PROTO);
        }
        let client = client_address(headers);
        set(
            &mut upstream,
            FORWARDED_FOR,
            client.as_deref().unwrap_or_default(),
        );
        for (name, value) in [
            (FORWARDED_HOST, public_origin.authority()),
            (FORWARDED_PROTO, public_origin.scheme()),
        ] {
            if !upstream.contains_key(&name) {
                set(&mut upstream, name, value);
            }
        }
        set(&mut upstream, CLERK_PROXY_URL, &proxy_url);
        set(
            &mut upstream,
            CLERK_SECRET_KEY,
            self.secret_key.as_secret_str(),
        );
        if let Some(key) = upstream.get_mut(CLERK_SECRET_KEY) {
            key.set_sensitive(true);
        }
        set(&mut upstream, header::HOST, &authority(&target));
        set(&mut upstream, header::ACCEPT_ENCODING, "identity");
        Ok(UpstreamRequest {
            method,
            url: target,
            headers: upstream,
            proxy_url,
        })
    }

    /// The headers of Clerk's answer as they go to the browser. A redirect within the Frontend API becomes one within the
    /// proxy.
    #[must_use]
    pub fn relay(&self, answer: &HeaderMap, request: &UpstreamRequest) -> HeaderMap {
        let mut headers = without_hop_by_hop(answer);
        // The body goes out as it is read: its length and its encoding are this server's to state.
        headers.remove(header::CONTENT_ENCODING);
        headers.remove(header::CONTENT_LENGTH);
        let location = headers
            .get(header::LOCATION)
            .and_then(|location| location.to_str().ok());
        if let Some(location) = location.and_then(|location| request.url.join(location).ok()) {
            let is_upstream = location.host() == self.upstream.host()
                && location.port_or_known_default() == self.upstream.port_or_known_default();
            if is_upstream {
                let rest = &location[url::Position::BeforePath..];
                let rest = rest
                    .strip_prefix(self.upstream.path().trim_end_matches('/'))
                    .unwrap_or(rest);
                set(
                    &mut headers,
                    header::LOCATION,
                    &format!("{}{rest}", request.proxy_url),
                );
            }
        }
        headers
    }

    /// Joins texts instead of resolving a reference: `//evil.example` must stay a path. What came of it is checked again.
    fn target(&self, rest: &str, query: Option<&str>) -> Result<Url, ProxyError> {
        let mut address = format!("{}{rest}", self.upstream.as_str().trim_end_matches('/'));
        if let Some(query) = query {
            address.push('?');
            address.push_str(query);
        }
        let target = Url::parse(&address).map_err(|_| ProxyError::HostMismatch)?;
        if target.origin() != self.upstream.origin()
            || !target.username().is_empty()
            || target.password().is_some()
        {
            return Err(ProxyError::HostMismatch);
        }
        if !target
            .path()
            .starts_with(self.upstream.path().trim_end_matches('/'))
        {
            return Err(ProxyError::PathMismatch);
        }
        Ok(target)
    }

    /// The application's origin as browsers see it.
    fn public_origin(&self, url: &Url, headers: &HeaderMap) -> PublicOrigin {
        let first = |name: &HeaderName| {
            let text = headers.get(name)?.to_str().ok()?.split(',').next()?.trim();
            (self.trust_forwarded_headers && !text.is_empty()).then(|| text.to_owned())
        };
        let forwarded = first(&FORWARDED_PROTO)
            .zip(first(&FORWARDED_HOST))
            .map(|(scheme, host)| PublicOrigin { scheme, host });
        let own = || PublicOrigin {
            scheme: url.scheme().to_owned(),
            host: authority(url),
        };
        // What is no origin would turn the header into something else.
        forwarded.filter(PublicOrigin::is_valid).unwrap_or_else(own)
    }
}

struct PublicOrigin {
    scheme: String,
    host: String,
}

impl PublicOrigin {
    fn authority(&self) -> &str {
        &self.host
    }

    fn scheme(&self) -> &str {
        &self.scheme
    }

    fn is_valid(&self) -> bool {
        matches!(self.scheme.as_str(), "http" | "https")
            && !self.host.contains(['/', '\\', '?', '#', '@'])
            && Url::parse(&self.to_string()).is_ok()
    }
}

impl std::fmt::Display for PublicOrigin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)
    }
}

fn without_hop_by_hop(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| {
            value
                .split(',')
                .map(|name| name.trim().to_ascii_lowercase())
        })
        .collect();
    let mut kept = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        if !HOP_BY_HOP.contains(&name.as_str())
            && !named.iter().any(|dropped| dropped == name.as_str())
        {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

/// Whose request this is: Clerk limits rates and recognises devices by it.
fn client_address(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| {
        headers
            .get(name)?
            .to_str()
            .ok()
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let first = || text("x-forwarded-for")?.split(',').next().map(str::trim);
    text("cf-connecting-ip")
        .or_else(|| text("x-real-ip"))
        .or_else(first)
        .map(str::to_owned)
}

/// Sets a header; without a value that a header can carry, removes it.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    match HeaderValue::from_str(value) {
        Ok(value) if !value.is_empty() => headers.insert(name, value),
        _ => headers.remove(name),
    };
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
