//! Why the command ends.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the command ends.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CommandError {
    #[error("the npm package `convex` was not found from {} upwards", .from.display())]
    NoConvexPackage { from: PathBuf },
    #[error("{0}")]
    Convex(#[from] local_convex::StartError),
    #[error("{0}")]
    Clerk(#[from] local_clerk::OpenError),
    #[error("{0}")]
    ClerkVariable(#[from] local_clerk::VariableError),
    #[error("local Clerk cannot listen on {address}: {source}")]
    Bind {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("{} cannot be deleted: {source}", .directory.display())]
    Reset {
        directory: PathBuf,
        source: io::Error,
    },
    #[error("{} cannot be imported: {problem}", .file.display())]
    Import { file: PathBuf, problem: String },
    #[error("the server stopped: {0}")]
    Serve(io::Error),
}

impl CommandError {
    /// What the operator can do about it.
    pub(crate) fn action(&self) -> String {
        match self {
            Self::NoConvexPackage { .. } => {
                "Run `npm install convex`, or name its directory with --convex-package.".to_owned()
            }
            Self::Convex(error) => error.action().to_owned(),
            Self::Clerk(error) => error.action().to_owned(),
            Self::ClerkVariable(error) => error.action().to_owned(),
            Self::Bind { .. } => "Choose another port with --clerk-port.".to_owned(),
            Self::Reset { .. } => {
                "Stop whatever uses the directory, and check its permissions.".to_owned()
            }
            Self::Import { .. } => {
                "Expected a list of objects with `email_address` and `password`.".to_owned()
            }
            Self::Serve(_) => "See the log above.".to_owned(),
        }
    }
}
