//! What the policy says.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use url::Url;

use crate::config::PublicConfiguration;

use super::{ContentSecurityPolicyLayer, CspNonce};

/// What stands for the nonce until there is one. No source can contain it: the builder refuses its characters.
const NONCE: &str = "'nonce-{nonce}'";

/// Quoted in the header, so accepted without quotes.
const KEYWORDS: [&str; 7] = [
    "none",
    "self",
    "strict-dynamic",
    "unsafe-eval",
    "unsafe-hashes",
    "unsafe-inline",
    "wasm-unsafe-eval",
];

/// What Clerk's components need; `self` is in every one of them.
const DEFAULTS: [(&str, &[&str]); 8] = [
    (
        "connect-src",
        &[
            "self",
            "https://clerk-telemetry.com",
            "https://*.clerk-telemetry.com",
            "https://api.stripe.com",
            "https://maps.googleapis.com",
            "https://img.clerk.com",
            "https://images.clerkstage.dev",
            "https://*.protect.clerk.com:*",
        ],
    ),
    ("default-src", &["self"]),
    ("form-action", &["self"]),
    (
        "frame-src",
        &[
            "self",
            "https://challenges.cloudflare.com",
            "https://*.js.stripe.com",
            "https://js.stripe.com",
            "https://hooks.stripe.com",
            "https://*.protect.clerk.com",
        ],
    ),
    ("img-src", &["self", "https://img.clerk.com"]),
    (
        "script-src",
        &[
            "self",
            "unsafe-inline",
            "https:",
            "http:",
            "https://*.js.stripe.com",
            "https://js.stripe.com",
            "https://maps.googleapis.com",
            "https://*.protect.clerk.com",
        ],
    ),
    ("style-src", &["self", "unsafe-inline"]),
    ("worker-src", &["self", "blob:"]),
];

/// A finished policy. Make one with [`for_leptos`](Self::for_leptos) or [`for_clerk`](Self::for_clerk).
#[derive(Clone, Debug)]
pub struct ContentSecurityPolicy(Arc<Policy>);

#[derive(Debug)]
struct Policy {
    /// With [`NONCE`] in it where the policy has one.
    text: String,
    report_only: bool,
    /// The value of `reporting-endpoints`.
    reporting: Option<HeaderValue>,
}

/// A policy in the making.
#[derive(Clone, Debug)]
pub struct ContentSecurityPolicyBuilder {
    directives: BTreeMap<String, Vec<String>>,
    added: Vec<(String, Vec<String>)>,
    strict: bool,
    nonce: bool,
    report_only: bool,
    report_to: Option<String>,
}

/// Why a policy cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CspError {
    /// A directive's name holds something other than letters and hyphens.
    #[error("`{0}` is not the name of a directive")]
    InvalidDirective(String),
    /// A source holds what would end it: white space, `;`, `,`, or characters that no header carries.
    #[error("`{0}` is not a source")]
    InvalidSource(String),
    /// The reporting address is not an absolute https or http URL.
    #[error("`{0}` is not an address that reports can be sent to")]
    InvalidReportAddress(String),
}

impl CspError {
    /// A stable code for logs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidDirective(_) => "csp-invalid-directive",
            Self::InvalidSource(_) => "csp-invalid-source",
            Self::InvalidReportAddress(_) => "csp-invalid-report-address",
        }
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::InvalidDirective(_) => "Write one directive name, such as `img-src`.",
            Self::InvalidSource(_) => {
                "Write one source for each entry, such as `https://cdn.example.com` or `self`."
            }
            Self::InvalidReportAddress(_) => {
                "Write an absolute URL, such as `https://example.com/reports`."
            }
        }
    }
}

impl ContentSecurityPolicy {
    /// Clerk's own policy for an instance whose Frontend API is at this host, as `clerkMiddleware` writes it.
    #[must_use]
    pub fn for_clerk(frontend_api: &str) -> ContentSecurityPolicyBuilder {
        let mut directives: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, sources) in DEFAULTS {
            directives.insert(
                name.to_owned(),
                sources.iter().map(|source| quoted(source)).collect(),
            );
        }
        if !frontend_api.is_empty() {
            directives
                .entry("connect-src".to_owned())
                .or_default()
                .push(frontend_api.to_owned());
        }
        ContentSecurityPolicyBuilder {
            directives,
            added: Vec::new(),
            strict: false,
            nonce: false,
            report_only: false,
            report_to: None,
        }
    }

    /// The policy of a Leptos application: Clerk's, and WebAssembly, a nonce for the hydration scripts, and the Convex
    /// deployment over https and wss.
    ///
    /// A Frontend API that is reached below the application's own origin, as the embedded local instance is, is covered by
    /// `self`.
    #[must_use]
    pub fn for_leptos(public: &PublicConfiguration) -> ContentSecurityPolicyBuilder {
        let frontend_api = public.frontend_api();
        let source = if frontend_api.starts_with('/') {
            String::new()
        } else {
            // A proxy's path is no part of a source.
            Url::parse(&frontend_api).map_or(frontend_api, |url| url.origin().ascii_serialization())
        };
        let mut builder = Self::for_clerk(&source).allow("script-src", ["wasm-unsafe-eval"]);
        builder.nonce = true;
        for address in [&public.clerk_js_url, &public.clerk_ui_url]
            .into_iter()
            .flatten()
        {
            if let Ok(url) = Url::parse(address) {
                builder = builder.allow("script-src", [url.origin().ascii_serialization()]);
            }
        }
        match &public.convex_url {
            Some(convex_url) => builder.convex(convex_url),
            None => builder,
        }
    }

    /// The headers of a response, in the order in which Clerk writes them. Of the same request, the same nonce.
    #[must_use]
    pub fn headers(&self, nonce: &CspNonce) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = Vec::with_capacity(3);
        if let Some(reporting) = &self.0.reporting {
            headers.push((
                HeaderName::from_static("reporting-endpoints"),
                reporting.clone(),
            ));
        }
        let name = if self.0.report_only {
            "content-security-policy-report-only"
        } else {
            "content-security-policy"
        };
        let text = self
            .0
            .text
            .replace(NONCE, &format!("'nonce-{}'", nonce.as_str()));
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.push((HeaderName::from_static(name), value));
        }
        if self.has_nonce()
            && let Ok(value) = HeaderValue::from_str(nonce.as_str())
        {
            headers.push((HeaderName::from_static("x-nonce"), value));
        }
        headers
    }

    /// Whether the policy asks scripts for a nonce.
    #[must_use]
    pub fn has_nonce(&self) -> bool {
        self.0.text.contains(NONCE)
    }

    /// The policy as a layer of a router.
    #[must_use]
    pub fn layer(&self) -> ContentSecurityPolicyLayer {
        ContentSecurityPolicyLayer::new(self.clone())
    }
}

impl ContentSecurityPolicyBuilder {
    /// Lets scripts run only if they carry the nonce or were loaded by one that does.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Reports violations and blocks nothing.
    #[must_use]
    pub fn report_only(mut self) -> Self {
        self.report_only = true;
        self
    }

    /// Sends reports to this address.
    #[must_use]
    pub fn report_to(mut self, url: impl Into<String>) -> Self {
        self.report_to = Some(url.into());
        self
    }

    /// Adds sources to a directive, which is created if it is not there. Keywords (`self`, `unsafe-eval`, …) need no quotes.
    /// `none` replaces whatever the directive said. An empty list is for directives without sources.
    #[must_use]
    pub fn allow<I>(mut self, directive: impl Into<String>, sources: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.added.push((
            directive.into(),
            sources.into_iter().map(Into::into).collect(),
        ));
        self
    }

    /// Lets the browser reach a Convex deployment, over its HTTP address and the websocket beside it.
    #[must_use]
    pub fn convex(self, url: &str) -> Self {
        let Ok(url) = Url::parse(url) else {
            return self.allow("connect-src", [url]);
        };
        let origin = url.origin().ascii_serialization();
        let socket = origin.replacen("http", "ws", 1);
        self.allow("connect-src", [origin, socket])
    }

    /// What a development build needs besides: `unsafe-eval`, for tools in the browser, and the websocket of `cargo leptos
    /// watch`, on any port of this machine.
    #[must_use]
    pub fn development(mut self) -> Self {
        if let Some(sources) = self.directives.get_mut("script-src") {
            sources.insert(1.min(sources.len()), quoted("unsafe-eval"));
        }
        if self.nonce {
            return self.allow("connect-src", ["ws://127.0.0.1:*", "ws://localhost:*"]);
        }
        self
    }

    /// Finishes the policy.
    ///
    /// # Errors
    /// When a name, a source or the reporting address would break out of its place in the header.
    pub fn build(mut self) -> Result<ContentSecurityPolicy, CspError> {
        self.settle_scripts();
        for (directive, sources) in std::mem::take(&mut self.added) {
            if directive.is_empty()
                || !directive
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            {
                return Err(CspError::InvalidDirective(directive));
            }
            if let Some(source) = sources.iter().find(|source| !is_source(source)) {
                return Err(CspError::InvalidSource(source.clone()));
            }
            self.merge(directive, &sources);
        }
        let mut text = self
            .directives
            .iter()
            .map(|(name, sources)| format!("{name} {}", sources.join(" ")))
            .collect::<Vec<_>>()
            .join("; ");
        let reporting = self
            .report_to
            .as_deref()
            .map(reporting_endpoint)
            .transpose()?;
        if reporting.is_some() {
            text.push_str("; report-to csp-endpoint");
        }
        Ok(ContentSecurityPolicy(Arc::new(Policy {
            text,
            report_only: self.report_only,
            reporting,
        })))
    }

    fn settle_scripts(&mut self) {
        let Some(sources) = self.directives.get_mut("script-src") else {
            return;
        };
        if self.strict {
            sources.retain(|source| source != "https:" && source != "http:");
            sources.extend([quoted("strict-dynamic"), NONCE.to_owned()]);
        } else if self.nonce {
            // Beside a nonce a browser ignores `unsafe-inline`, which is the point: Leptos' scripts carry the nonce.
            sources.push(NONCE.to_owned());
        }
    }

    fn merge(&mut self, directive: String, sources: &[String]) {
        let merged = self.directives.entry(directive).or_default();
        if sources.iter().any(|source| quoted(source) == "'none'") {
            *merged = vec![quoted("none")];
            return;
        }
        for source in sources.iter().map(|source| quoted(source)) {
            if !merged.contains(&source) {
                merged.push(source);
            }
        }
    }
}

/// A keyword in the quotes it needs; anything else as it is.
fn quoted(source: &str) -> String {
    let bare = source.strip_prefix('\'').unwrap_or(source);
    let bare = bare.strip_suffix('\'').unwrap_or(bare);
    if KEYWORDS.contains(&bare) {
        format!("'{bare}'")
    } else {
        source.to_owned()
    }
}

fn is_source(source: &str) -> bool {
    !source.is_empty()
        && source
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b";,{}".contains(&byte))
}

fn reporting_endpoint(address: &str) -> Result<HeaderValue, CspError> {
    let invalid = || CspError::InvalidReportAddress(address.to_owned());
    let url = Url::parse(address).map_err(|_| invalid())?;
    if !matches!(url.scheme(), "http" | "https") || address.contains('"') {
        return Err(invalid());
    }
    HeaderValue::from_str(&format!("csp-endpoint=\"{address}\"")).map_err(|_| invalid())
}
