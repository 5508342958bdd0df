//! How a deployment is started.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::clock::Clock;

/// Where a deployment keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Data {
    /// In files in this directory, which is made when it does not exist.
    Directory(PathBuf),
    /// In memory: gone when the deployment stops.
    Memory,
}

/// How to start a [`LocalConvex`](crate::LocalConvex).
///
/// ```
/// use local_convex::{Data, Options};
///
/// let options = Options::new(Data::Memory, "convex", "node_modules/convex");
/// assert_eq!(options.address.port(), 3210);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Where documents and files are kept.
    pub data: Data,
    /// The directory of the functions: `schema.ts`, `auth.config.ts` and the rest.
    pub functions: PathBuf,
    /// The npm package `convex`, which the functions import `convex/server` and `convex/values` from.
    pub npm_package: PathBuf,
    /// Where clients connect. Loopback only. Port 0 is any free one.
    pub address: SocketAddr,
    /// Where HTTP actions are served. Loopback only. Port 0 is any free one.
    pub site_address: SocketAddr,
    /// What functions see as `process.env`, next to `CONVEX_CLOUD_URL` and `CONVEX_SITE_URL`. Nothing else of the
    /// process's environment reaches them.
    pub environment: BTreeMap<String, String>,
    /// A `.env` file with more of these variables, which win. It need not exist.
    pub environment_file: Option<PathBuf>,
    /// Whether changes in `functions` and in `environment_file` are put in force while the deployment runs.
    pub reload: bool,
    /// Where the time comes from.
    pub clock: Clock,
}

impl Options {
    /// Options with everything else at its default: the ports of a self-hosted deployment, 3210 and 3211.
    pub fn new(data: Data, functions: impl Into<PathBuf>, npm_package: impl Into<PathBuf>) -> Self {
        Self {
            data,
            functions: functions.into(),
            npm_package: npm_package.into(),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 3210)),
            site_address: SocketAddr::from((Ipv4Addr::LOCALHOST, 3211)),
            environment: BTreeMap::new(),
            environment_file: None,
            reload: true,
            clock: Clock::system(),
        }
    }
}
