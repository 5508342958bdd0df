//! Where a deployment is.

use std::fmt;

/// The version of the official client whose protocol this one speaks. Deployments read it from the path.
const PROTOCOL_VERSION: &str = "1.48.0";

/// Why an address is not one of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It does not begin with `http://` or `https://`.
    #[error("the address of the Convex deployment does not begin with http:// or https://")]
    NotHttp,
    /// It has no host, or one with characters that no host has, or a port that is not a number.
    #[error("the address of the Convex deployment has no valid host and port")]
    Host,
    /// It has a user, a query or a fragment.
    #[error("the address of the Convex deployment has more than a host and a path")]
    NotPlain,
    /// It ends in `.convex.site`, which serves HTTP actions and no sync protocol.
    #[error("the address of the Convex deployment is the one for HTTP actions (.convex.site)")]
    Site,
}

impl AddressError {
    /// A stable code for logs and tests.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotHttp => "address-not-http",
            Self::Host => "address-host",
            Self::NotPlain => "address-not-plain",
            Self::Site => "address-of-site",
        }
    }

    /// What can be done about it.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Site => {
                "Use the deployment's address that ends in .convex.cloud, from the Convex dashboard."
            }
            Self::NotHttp | Self::Host | Self::NotPlain => {
                "Set CONVEX_URL to an address such as https://happy-animal-123.convex.cloud."
            }
        }
    }
}

/// The address of a deployment.
///
/// ```
/// use leptos_clerk_convex::convex::{AddressError, DeploymentAddress};
///
/// let address: DeploymentAddress = "https://happy-animal-123.convex.cloud".parse()?;
/// assert_eq!(address.sync_url(), "wss://happy-animal-123.convex.cloud/api/1.48.0/sync");
/// assert_eq!("happy-animal-123".parse::<DeploymentAddress>(), Err(AddressError::NotHttp));
/// # Ok::<(), AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentAddress {
    secure: bool,
    /// Host, port and path, without a slash at the end.
    rest: String,
}

impl DeploymentAddress {
    /// Where the socket is opened.
    #[must_use]
    pub fn sync_url(&self) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}/api/{PROTOCOL_VERSION}/sync", self.rest)
    }
}

impl std::str::FromStr for DeploymentAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or(AddressError::NotHttp)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(AddressError::NotHttp),
        };
        if rest.contains(['?', '#', '@', '\\']) || rest.contains(char::is_whitespace) {
            return Err(AddressError::NotPlain);
        }
        let rest = rest.trim_end_matches('/');
        let authority = rest.split('/').next().unwrap_or_default();
        let host = host(authority).ok_or(AddressError::Host)?;
        if host.to_ascii_lowercase().ends_with(".convex.site") {
            return Err(AddressError::Site);
        }
        Ok(Self {
            secure,
            rest: rest.to_owned(),
        })
    }
}

impl fmt::Display for DeploymentAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(formatter, "{scheme}://{}", self.rest)
    }
}

/// The host of a valid authority.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = if let Some(inside) = authority.strip_prefix('[') {
        let (host, after) = inside.split_once(']')?;
        let valid = host
            .chars()
            .all(|character| character.is_ascii_hexdigit() || matches!(character, ':' | '.'));
        let port = match after {
            "" => None,
            after => Some(after.strip_prefix(':')?),
        };
        (valid.then_some(host)?, port)
    } else {
        let (host, port) = authority
            .split_once(':')
            .map_or((authority, None), |(host, port)| (host, Some(port)));
        let valid = host.chars().all(|character| {
            character.is_ascii_alphanumeric() || matches!(character, '-' | '.' | '_')
        });
        (valid.then_some(host)?, port)
    };
    let port_is_valid = port.is_none_or(|port| port.parse::<u16>().is_ok());
    (!host.is_empty() && port_is_valid).then_some(host)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn sync_url(text: &str) -> Result<String, AddressError> {
        text.parse::<DeploymentAddress>()
            .map(|address| address.sync_url())
    }

    #[test]
    fn the_socket_is_below_the_address() {
        let cases = [
            ("http://127.0.0.1:3210", "ws://127.0.0.1:3210"),
            ("http://127.0.0.1:3210/", "ws://127.0.0.1:3210"),
            ("https://a-b-1.convex.cloud", "wss://a-b-1.convex.cloud"),
            ("HTTPS://Example.com/convex/", "wss://Example.com/convex"),
            ("http://[::1]:3210", "ws://[::1]:3210"),
            (" https://my_host ", "wss://my_host"),
        ];
        for (address, socket) in cases {
            assert_eq!(
                sync_url(address),
                Ok(format!("{socket}/api/1.48.0/sync")),
                "{address}"
            );
        }
    }

    #[test]
    fn an_error_says_what_is_wrong() {
        let cases = [
            ("", AddressError::NotHttp),
            ("happy-animal-123", AddressError::NotHttp),
            ("wss://happy-animal-123.convex.cloud", AddressError::NotHttp),
            ("http://", AddressError::Host),
            ("http://:3210", AddressError::Host),
            ("http://host:port", AddressError::Host),
            ("http://host:99999", AddressError::Host),
            ("http://ho%st", AddressError::Host),
            ("http://[::1", AddressError::Host),
            ("https://user@host", AddressError::NotPlain),
            ("https://host?key=1", AddressError::NotPlain),
            ("https://a b", AddressError::NotPlain),
            ("https://happy-animal-123.convex.site", AddressError::Site),
            ("https://happy-animal-123.CONVEX.SITE/", AddressError::Site),
        ];
        for (address, error) in cases {
            assert_eq!(sync_url(address), Err(error), "{address}");
        }
    }

    #[test]
    fn it_prints_as_it_was_written() {
        let address: DeploymentAddress = "https://host.example/".parse().unwrap();
        assert_eq!(address.to_string(), "https://host.example");
    }
}
