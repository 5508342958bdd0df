//! What cannot be decided.

use http::StatusCode;

use crate::config::PublishableKeyError;

/// Why a request, or a configuration, leads to no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticateError {
    /// The publishable key cannot be read.
    #[error(transparent)]
    PublishableKey(PublishableKeyError),
    /// There is no secret key.
    #[error("the secret key is missing")]
    MissingSecretKey,
    /// There is neither a machine's key nor a secret key.
    #[error("machine-to-machine tokens need the machine's key or the instance's secret key")]
    MissingMachineKey,
    /// The proxy's address is none.
    #[error("the proxy's address is neither an absolute URL nor a path")]
    ProxyUrl,
    /// A development satellite has no sign-in page of its primary.
    #[error("a satellite of a development instance needs the primary application's sign-in page")]
    SatelliteWithoutSignInUrl,
    /// A satellite has no address of its own.
    #[error("a satellite needs its domain or a proxy")]
    SatelliteWithoutDomain,
    /// An organization pattern cannot be read.
    #[error("the organization pattern `{pattern}` cannot be read")]
    OrganizationPattern {
        /// The pattern.
        pattern: String,
    },
    /// The sign-in page of a satellite is relative, or of the origin that sent the request.
    #[error("the satellite's sign-in page has to be an absolute URL on another origin")]
    SatelliteSignInUrl,
    /// The URL to send a satellite's visitor back to is none.
    #[error("the address to return to is not a web address")]
    ReturnUrl,
    /// The URL to send a satellite's visitor back to is not one of the allowed satellites.
    #[error("the address to return to is not one of the allowed satellites")]
    SatelliteNotAllowed,
    /// The handshake that a development instance sent does not verify.
    #[error("the handshake could not be verified ({0})")]
    Handshake(crate::server::verify::VerificationError),
    /// The request's URL cannot be understood.
    #[error("the address of the request cannot be understood")]
    RequestUrl,
}

impl AuthenticateError {
    /// A stable name.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::PublishableKey(error) => error.reason(),
            Self::MissingSecretKey => "missing-secret-key",
            Self::MissingMachineKey => "missing-machine-or-secret-key",
            Self::ProxyUrl => "proxy-url-invalid",
            Self::SatelliteWithoutSignInUrl => "satellite-missing-sign-in-url",
            Self::SatelliteWithoutDomain => "satellite-missing-domain-and-proxy",
            Self::OrganizationPattern { .. } => "invalid-organization-pattern",
            Self::SatelliteSignInUrl => "satellite-sign-in-url-same-origin",
            Self::ReturnUrl => "invalid-url",
            Self::SatelliteNotAllowed => "satellite-not-allowed",
            Self::Handshake(_) => "dev-handshake-token-invalid",
            Self::RequestUrl => "request-url-invalid",
        }
    }

    /// The status of the response. What comes from the request is the client's fault, never a 500.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SatelliteSignInUrl
            | Self::ReturnUrl
            | Self::SatelliteNotAllowed
            | Self::RequestUrl => StatusCode::BAD_REQUEST,
            Self::Handshake(error) if error.is_operational() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Handshake(_) => StatusCode::BAD_REQUEST,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::PublishableKey(_) => "Set CLERK_PUBLISHABLE_KEY.",
            Self::MissingSecretKey => "Set CLERK_SECRET_KEY.",
            Self::MissingMachineKey => "Set CLERK_MACHINE_SECRET_KEY or CLERK_SECRET_KEY.",
            Self::ProxyUrl => {
                "Set CLERK_PROXY_URL to an absolute URL or to a path such as /__clerk."
            }
            Self::SatelliteWithoutSignInUrl | Self::SatelliteSignInUrl => {
                "Set CLERK_SIGN_IN_URL to the primary application's sign-in page."
            }
            Self::SatelliteWithoutDomain => "Set CLERK_DOMAIN or CLERK_PROXY_URL.",
            Self::OrganizationPattern { .. } => "Write the pattern as in /orgs/:slug/(.*).",
            Self::ReturnUrl | Self::RequestUrl => "Open the page by its own address.",
            Self::SatelliteNotAllowed => "Add the satellite's origin to the allowed satellites.",
            Self::Handshake(_) => "Open the page without the __clerk_handshake parameter.",
        }
    }
}
