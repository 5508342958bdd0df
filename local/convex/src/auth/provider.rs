//! Providers, and which of them a token belongs to.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use jsonwebtoken::Algorithm;
use serde_json::{Map, Value as Json};
use url::{Host, Url};

use super::key_set::KeySet;
use super::{AuthConfig, AuthenticationError};

/// Who issues tokens, and how they are verified.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Provider {
    /// With scheme, without trailing slash.
    pub(crate) issuer: String,
    pub(crate) application_id: Option<String>,
    pub(crate) kind: Kind,
}

/// The two forms of provider; the second with its keys elsewhere or in the configuration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Keys are found through the issuer's discovery document.
    OpenIdConnect,
    CustomJwt {
        algorithm: Algorithm,
        jwks: Url,
    },
    InlineKeys {
        algorithm: Algorithm,
        keys: Arc<KeySet>,
    },
}

impl Provider {
    pub(crate) fn is_open_id_connect(&self) -> bool {
        self.kind == Kind::OpenIdConnect
    }

    /// The algorithms that its tokens may be signed with.
    pub(crate) fn algorithms(&self) -> &[Algorithm] {
        match &self.kind {
            Kind::OpenIdConnect => &[Algorithm::RS256, Algorithm::EdDSA],
            Kind::CustomJwt { algorithm, .. } | Kind::InlineKeys { algorithm, .. } => {
                std::slice::from_ref(algorithm)
            }
        }
    }

    /// Whether it would accept exactly the tokens that `other` does.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.issuer == other.issuer && self.application_id == other.application_id
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.application_id {
            Some(id) => write!(formatter, "{} (applicationID {id:?})", self.issuer),
            None => formatter.write_str(&self.issuer),
        }
    }
}

/// The first provider, in the order of the file, whose issuer and audience these unverified claims name.
pub(crate) fn choose(
    config: &AuthConfig,
    claims: &Map<String, Json>,
) -> Result<usize, AuthenticationError> {
    let issuer = claims
        .get("iss")
        .and_then(Json::as_str)
        .ok_or(AuthenticationError::NoIssuer)?;
    if config.providers.is_empty() {
        return Err(AuthenticationError::NoProviders {
            issuer: issuer.to_owned(),
        });
    }
    let audiences = audiences(claims);
    let wanted = normalized(issuer);
    let has_issuer = |provider: &&Provider| provider.issuer == wanted;
    let accepts = |provider: &Provider| match &provider.application_id {
        Some(id) => audiences.contains(&id.as_str()),
        None => true,
    };
    let found = config
        .providers
        .iter()
        .position(|provider| has_issuer(&provider) && accepts(provider));
    found.ok_or_else(|| {
        let expected: Vec<_> = config
            .providers
            .iter()
            .filter(has_issuer)
            .filter_map(|provider| provider.application_id.clone())
            .collect();
        if expected.is_empty() {
            AuthenticationError::UnknownIssuer {
                issuer: issuer.to_owned(),
                configured: config.to_string(),
            }
        } else {
            AuthenticationError::OtherAudience {
                issuer: issuer.to_owned(),
                found: list(&audiences),
                expected: list(&expected),
            }
        }
    })
}

/// The audiences that a token names, as one text or a list.
pub(crate) fn audiences(claims: &Map<String, Json>) -> Vec<&str> {
    match claims.get("aud") {
        Some(Json::String(audience)) => vec![audience],
        Some(Json::Array(audiences)) => audiences.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Names in quotation marks, as a message lists them.
pub(crate) fn list(names: &[impl AsRef<str>]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let quoted: Vec<_> = names
        .iter()
        .map(|name| format!("{:?}", name.as_ref()))
        .collect();
    quoted.join(", ")
}

/// An issuer in the form in which issuers are compared: with a scheme, without a trailing slash.
pub(crate) fn normalized(issuer: &str) -> Cow<'_, str> {
    let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
    if issuer.contains("://") {
        Cow::Borrowed(issuer)
    } else {
        Cow::Owned(format!("https://{issuer}"))
    }
}

/// Whether nobody between here and there can change what comes back: https, or http that does not leave this machine.
pub(crate) fn is_private_enough(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        _ => false,
    }
}
