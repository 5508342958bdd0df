//! How ClerkJS is doing.

use serde::{Deserialize, Serialize};

/// The life of ClerkJS on this page.
///
/// The names are those of `Clerk.status`; [`Idle`](Self::Idle) is ours, because the script is not loaded before it is needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ClerkStatus {
    /// The script has not been asked for yet.
    #[default]
    Idle,
    /// The script is being loaded, or ClerkJS is starting.
    Loading,
    /// ClerkJS runs.
    Ready,
    /// ClerkJS runs without the Frontend API: what it knows comes from the cookie, and it keeps trying.
    Degraded,
    /// ClerkJS could not be started.
    Failed(ClerkFailure),
}

impl ClerkStatus {
    /// Whether ClerkJS can be asked for things (`Clerk.loaded`).
    #[must_use]
    pub fn is_operational(&self) -> bool {
        matches!(self, Self::Ready | Self::Degraded)
    }
}

/// Why ClerkJS could not be started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ClerkFailure {
    /// The script could not be fetched, after several tries.
    #[error("the sign-in service could not be reached")]
    FailedToLoadClerkJs,
    /// The script of the prebuilt components could not be fetched.
    #[error("the sign-in form could not be loaded")]
    FailedToLoadClerkUi,
    /// The page came without a configuration: there was no seed in the HTML and none was given to the provider.
    #[error("the sign-in service is not set up")]
    NotConfigured,
    /// The script ran and refused the publishable key.
    #[error("the sign-in service is not set up correctly")]
    PublishableKeyRefused,
    /// `Clerk.load()` was rejected.
    #[error("the sign-in service could not start")]
    LoadRejected {
        /// The code or message that ClerkJS gave.
        detail: String,
    },
}

impl ClerkFailure {
    /// A stable code for logs and tests.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::FailedToLoadClerkJs => "failed-to-load-clerk-js",
            Self::FailedToLoadClerkUi => "failed-to-load-clerk-ui",
            Self::NotConfigured => "not-configured",
            Self::PublishableKeyRefused => "publishable-key-refused",
            Self::LoadRejected { .. } => "load-rejected",
        }
    }

    /// What the operator can do about it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::FailedToLoadClerkJs | Self::FailedToLoadClerkUi => {
                "Check that the Frontend API host (or CLERK_PROXY_URL) is reachable from the browser and allowed by the Content-Security-Policy."
            }
            Self::NotConfigured => {
                "Put ClerkLayer on the axum router that serves this page, or give ClerkProvider a configuration."
            }
            Self::PublishableKeyRefused => {
                "Check CLERK_PUBLISHABLE_KEY: copy it again from the API keys page of the Clerk dashboard."
            }
            Self::LoadRejected { .. } => {
                "Check that CLERK_PUBLISHABLE_KEY belongs to this instance and that this origin is allowed in the Clerk dashboard."
            }
        }
    }
}
