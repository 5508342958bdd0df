//! What can go wrong when ClerkJS is asked for something.

use super::ClerkFailure;

/// Why a call to ClerkJS did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClerkError {
    /// The call was made where there is no browser.
    #[error("this can only be done in a browser")]
    NotInBrowser,
    /// ClerkJS is not running and could not be started.
    #[error(transparent)]
    Unavailable(#[from] ClerkFailure),
    /// The device is offline.
    #[error("the device is offline")]
    Offline,
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignedOut,
    /// Clerk refused the request.
    #[error("{message}")]
    Api {
        /// Clerk's error code, such as `resource_not_found`.
        code: String,
        /// Clerk's text for people.
        message: String,
        /// The HTTP status.
        status: u16,
    },
    /// ClerkJS refused the call itself.
    #[error("{message}")]
    Runtime {
        /// ClerkJS's error code, or empty.
        code: String,
        /// ClerkJS's text.
        message: String,
    },
}

impl ClerkError {
    /// A stable code for logs and tests.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::NotInBrowser => "not-in-browser",
            Self::Unavailable(failure) => failure.reason(),
            Self::Offline => "offline",
            Self::SignedOut => "signed-out",
            Self::Api { code, .. } => code,
            Self::Runtime { .. } => "clerk-runtime-error",
        }
    }

    /// What can be done about it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::NotInBrowser => {
                "Call it from an event handler or an Effect; both run in the browser only."
            }
            Self::Unavailable(failure) => failure.action(),
            Self::Offline => "Try again when the device is online.",
            Self::SignedOut => "Send the person to the sign-in page.",
            Self::Api { .. } => "Look the code up in Clerk's list of error codes.",
            Self::Runtime { .. } => {
                "Look the message up in Clerk's documentation of the component or method."
            }
        }
    }
}
