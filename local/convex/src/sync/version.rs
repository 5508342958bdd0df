//! Which client connects: its kind and version decide what it may be sent.

use http::HeaderMap;
use semver::Version;

/// The header that clients outside browsers name themselves in.
const CLIENT_HEADER: &str = "convex-client";

/// The newest version of each kind of client that is too old, as hosted deployments have it.
const UNSUPPORTED: [(&str, Version); 3] = [
    ("npm", Version::new(0, 19, 1)),
    ("rust", Version::new(0, 0, 1)),
    ("python", Version::new(0, 0, 2)),
];

/// A client's kind and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    kind: String,
    version: Version,
}

/// Why a client is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum VersionError {
    #[error("`{0}` is not the version of a client, which has the form 1.2.3")]
    Malformed(String),
    #[error("the {kind} client {version} is too old, use a newer one")]
    TooOld { kind: String, version: Version },
}

impl Client {
    /// The client whose version is in the path: npm's, because browsers can set no header on the upgrade.
    pub(crate) fn npm(version: &str) -> Result<Self, VersionError> {
        Self::supported("npm", version)
    }

    /// The client that the header names, for example `rust-0.10.4`.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Result<Option<Self>, VersionError> {
        let Some(header) = headers.get(CLIENT_HEADER) else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(header.as_bytes());
        let Some((kind, version)) = text.split_once('-') else {
            return Err(VersionError::Malformed(text.into_owned()));
        };
        Self::supported(kind, version).map(Some)
    }

    fn supported(kind: &str, text: &str) -> Result<Self, VersionError> {
        let version = Version::parse(text).map_err(|_| VersionError::Malformed(text.to_owned()))?;
        let kind = kind.to_owned();
        let old = |(name, last): &(&str, Version)| *name == kind && version <= *last;
        if UNSUPPORTED.iter().any(old) {
            return Err(VersionError::TooOld { kind, version });
        }
        Ok(Self { kind, version })
    }

    /// Whether the client can put a transition together that comes in chunks.
    pub(crate) fn assembles_chunks(&self) -> bool {
        self.kind == "npm" && self.version >= Version::new(1, 28, 0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use http::HeaderValue;

    use super::*;

    #[test]
    fn versions_decide_about_support_and_chunks() {
        assert!(Client::npm("1.48.0").unwrap().assembles_chunks());
        assert!(Client::npm("1.28.0").unwrap().assembles_chunks());
        assert!(!Client::npm("1.27.5").unwrap().assembles_chunks());
        assert!(Client::npm("1.49.0-alpha.2").is_ok());
        assert!(matches!(
            Client::npm("0.19.1"),
            Err(VersionError::TooOld { .. })
        ));
        assert!(matches!(
            Client::npm("latest"),
            Err(VersionError::Malformed(_))
        ));
    }

    #[test]
    fn the_header_names_kind_and_version() {
        let named = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CLIENT_HEADER, HeaderValue::from_static(value));
            Client::from_headers(&headers)
        };
        assert!(!named("rust-0.10.4").unwrap().unwrap().assembles_chunks());
        assert!(named("npm-1.48.0").unwrap().unwrap().assembles_chunks());
        assert!(matches!(
            named("rust-0.0.1"),
            Err(VersionError::TooOld { .. })
        ));
        assert!(matches!(named("curl"), Err(VersionError::Malformed(_))));
        assert_eq!(Client::from_headers(&HeaderMap::new()), Ok(None));
    }
}
