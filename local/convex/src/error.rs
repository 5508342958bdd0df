//! Why a deployment does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::database::OpenError;
use crate::functions::CodeError;
use crate::runtime::LoadError;

/// Why a deployment does not start. Nothing on disk is deleted or overwritten when it does not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is not one that only this machine can reach.
    #[error(
        "the local Convex deployment serves loopback only, and {address} is not a loopback address"
    )]
    NotLoopback {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("the local Convex deployment cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The data cannot be opened.
    #[error("{0}")]
    Data(String),
    /// The functions cannot be loaded.
    #[error("{0}")]
    Functions(String),
    /// The file with the functions' variables cannot be read.
    #[error("{} cannot be read: {problem}", .file.display())]
    Environment {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The documents do not fit the schema.
    #[error("the documents do not fit `schema.ts`: {0}")]
    Schema(String),
}

impl StartError {
    /// A stable name for the kind of error.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotLoopback { .. } => "address-not-loopback",
            Self::Bind { .. } => "address-unavailable",
            Self::Data(_) => "data-unavailable",
            Self::Functions(_) => "functions-invalid",
            Self::Environment { .. } => "environment-unreadable",
            Self::Schema(_) => "schema-mismatch",
        }
    }

    /// What the operator can do about it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::NotLoopback { .. } => "Use an address such as 127.0.0.1:3210.",
            Self::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "Another program uses this port. Stop it, or choose another port."
            }
            Self::Bind { .. } => "Choose another address.",
            Self::Data(_) => "Check the data directory, or use another one.",
            Self::Functions(_) => "Correct the file and start again.",
            Self::Environment { .. } => "Correct the file: each line is NAME=VALUE.",
            Self::Schema(_) => "Correct the schema or the documents, or start with `--reset`.",
        }
    }
}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        Self::Data(error.to_string())
    }
}

impl From<LoadError> for StartError {
    fn from(error: LoadError) -> Self {
        Self::Functions(error.to_string())
    }
}

impl From<CodeError> for StartError {
    fn from(error: CodeError) -> Self {
        Self::Functions(error.to_string())
    }
}
