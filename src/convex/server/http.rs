//! The way to a deployment.

use std::{net::IpAddr, sync::OnceLock, time::Duration};

use ::http::{
    HeaderValue,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::Value;
use url::{Host, Url};

use super::{error::FetchError, options::Credential};
use crate::convex::{Refusal, RefusalReason, protocol::CLIENT_VERSION};

/// A page must not hang on an address that swallows connections.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A function's value has 16 MiB at most; its encoding is larger, and log lines come on top.
const LARGEST_ANSWER: usize = 64 << 20;

/// Where a deployment is.
pub(super) struct Deployment {
    base: Url,
}

/// What a deployment answered.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// Who answered, for error texts.
    pub(super) address: String,
}

impl Deployment {
    pub(super) fn parse(address: &str) -> Result<Self, FetchError> {
        let invalid = |_| FetchError::Address(address.to_owned());
        let base = Url::parse(address.trim()).map_err(invalid)?;
        let is_web = matches!(base.scheme(), "http" | "https");
        let is_site = base
            .host_str()
            .is_some_and(|host| host.ends_with(".convex.site"));
        if is_web && base.has_host() && !is_site && base.username().is_empty() {
            Ok(Self { base })
        } else {
            Err(FetchError::Address(base.origin().ascii_serialization()))
        }
    }

    fn address(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// Posts a body, none for `null`.
    pub(super) async fn post(
        &self,
        route: &str,
        credential: &Credential,
        body: &Value,
        timeout: Duration,
    ) -> Result<Reply, FetchError> {
        let url = format!("{}{route}", self.base.as_str().trim_end_matches('/'));
        let mut request = self
            .client()?
            .post(url)
            .timeout(timeout)
            .header(CONTENT_TYPE, "application/json")
            .header("convex-client", format!("npm-{CLIENT_VERSION}"));
        if let Some(header) = credential.header() {
            request = request.header(AUTHORIZATION, authorization(&header)?);
        }
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let response = request.send().await.map_err(|error| self.failed(error))?;
        self.read(response).await
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Reply, FetchError> {
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST_ANSWER {
                return Err(self.bad_answer("it is larger than any value"));
            }
        }
        Ok(Reply {
            status,
            body,
            address: self.address(),
        })
    }

    fn bad_answer(&self, detail: &str) -> FetchError {
        FetchError::BadAnswer {
            address: self.address(),
            detail: detail.to_owned(),
        }
    }

    fn failed(&self, error: reqwest::Error) -> FetchError {
        let address = self.address();
        let never_sent = error.is_connect() || error.is_builder();
        let detail = innermost(&error.without_url());
        if never_sent {
            FetchError::Unreachable { address, detail }
        } else {
            FetchError::NoAnswer { address, detail }
        }
    }

    /// One client for all deployments, and one without a proxy for those on this machine, which a proxy does not reach.
    fn client(&self) -> Result<&'static reqwest::Client, FetchError> {
        static FAR: OnceLock<Result<reqwest::Client, String>> = OnceLock::new();
        static HERE: OnceLock<Result<reqwest::Client, String>> = OnceLock::new();
        let client = if self.is_loopback() {
            HERE.get_or_init(|| build(reqwest::Client::builder().no_proxy()))
        } else {
            FAR.get_or_init(|| build(reqwest::Client::builder()))
        };
        client.as_ref().map_err(|detail| FetchError::Unreachable {
            address: self.address(),
            detail: detail.clone(),
        })
    }

    fn is_loopback(&self) -> bool {
        match self.base.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
            None => false,
        }
    }
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, String> {
    builder
        .connect_timeout(CONNECT_TIMEOUT)
        // A deployment does not redirect; whatever does is not to get the token.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| error.to_string())
}

/// A header that does not show up in logs.
fn authorization(text: &str) -> Result<HeaderValue, FetchError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        FetchError::Unauthenticated(Refusal {
            reason: RefusalReason::Rejected,
            message: "the token has characters that no header can have".to_owned(),
            claims: None,
        })
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The cause at the bottom, which says what happened; what is above says that something did.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
