//! Why the server does not start.

use std::{io, net::SocketAddr};

use leptos_clerk_convex::{
    config::ConfigurationErrors,
    server::{backend::BackendError, csp::CspError},
};

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StartError {
    /// The first argument is no command.
    #[error("there is no command `{0}`")]
    UnknownCommand(String),
    /// The local instance was asked for where live keys are set.
    #[error("the local Clerk instance does not run beside live keys")]
    BesideLiveKeys,
    /// Leptos's own options are wrong.
    #[error("the site's options cannot be read: {0}")]
    Leptos(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Keys or addresses are missing or wrong.
    #[error("{0}")]
    Configuration(#[from] ConfigurationErrors),
    /// There is no TLS on this machine.
    #[error("{0}")]
    Backend(#[from] BackendError),
    /// A configured address has no place in the Content-Security-Policy.
    #[error("the Content-Security-Policy cannot be written: {0}")]
    Policy(#[from] CspError),
    /// The local Clerk instance cannot be opened.
    #[error("{0}")]
    LocalClerk(#[from] local_clerk::OpenError),
    /// A variable of the local Clerk instance cannot be followed.
    #[error("{0}")]
    LocalClerkVariable(#[from] local_clerk::VariableError),
    /// The local Convex deployment cannot start.
    #[error("{0}")]
    LocalConvex(#[from] local_convex::StartError),
    /// A variable that names a port does not.
    #[error("{name} is {text:?}, which is not a port")]
    NotAPort {
        /// The variable.
        name: &'static str,
        /// What it holds.
        text: String,
    },
    /// The doctor found something.
    #[error("{0} of the checks failed")]
    Doctor(usize),
    /// Serving stopped.
    #[error("the server stopped: {0}")]
    Serve(io::Error),
}

impl StartError {
    /// What the operator can do about it.
    pub(crate) fn action(&self) -> String {
        match self {
            Self::UnknownCommand(_) => "The commands are `serve`, which is the default, `keys` and `doctor`.".to_owned(),
            Self::BesideLiveKeys => "Unset the CLERK_ variables; the local instance is for development and tests.".to_owned(),
            Self::Leptos(_) => "Check [[workspace.metadata.leptos]] in Cargo.toml and the LEPTOS_ variables.".to_owned(),
            Self::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "Another program uses this port. Stop it, or set LEPTOS_SITE_ADDR=127.0.0.1:3002.".to_owned()
            }
            Self::Bind { .. } => "Check LEPTOS_SITE_ADDR.".to_owned(),
            Self::Configuration(_) => {
                "Correct the lines above in the environment or in .env. Without any Clerk key a local instance is started."
                    .to_owned()
            }
            Self::Backend(error) => error.action().to_owned(),
            Self::Policy(_) => "Correct CONVEX_URL, CLERK_PROXY_URL or the address of Clerk's scripts.".to_owned(),
            Self::LocalClerk(error) => error.action().to_owned(),
            Self::LocalClerkVariable(error) => error.action().to_owned(),
            Self::LocalConvex(error) => format!(
                "{} LOCAL_CONVEX_PORT and LOCAL_CONVEX_SITE_PORT choose the ports; with CONVEX_URL no local deployment is started.",
                error.action()
            ),
            Self::NotAPort { .. } => "Use a number from 0 to 65535; 0 is any free port.".to_owned(),
            Self::Doctor(_) => "Each failed line above ends with what to do.".to_owned(),
            Self::Serve(_) => "See the log above.".to_owned(),
        }
    }
}
