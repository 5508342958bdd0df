//! The command line.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::Parser;

/// Runs the local Clerk instance and the local Convex deployment beside any application, on loopback.
///
/// For development and tests. They keep their data in a directory and need no account and no network.
#[derive(Parser, Debug)]
#[command(name = "local", version)]
pub(crate) struct Arguments {
    /// The directory of the Convex functions.
    #[arg(long, default_value = "convex", value_name = "DIR")]
    pub(crate) convex_dir: PathBuf,
    /// The npm package `convex` that the functions import. Default: the nearest node_modules/convex.
    #[arg(long, value_name = "DIR")]
    pub(crate) convex_package: Option<PathBuf>,
    /// Where Convex clients connect; 0 is any free port.
    #[arg(long, default_value_t = 3210, value_name = "PORT")]
    pub(crate) convex_port: u16,
    /// Where HTTP actions are served; 0 is any free port.
    #[arg(long, default_value_t = 3211, value_name = "PORT")]
    pub(crate) site_port: u16,
    /// Where the Clerk instance is served; 0 is any free port.
    #[arg(long, default_value_t = 3212, value_name = "PORT")]
    pub(crate) clerk_port: u16,
    /// The address to listen on, which must be a loopback one.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "ADDRESS")]
    pub(crate) bind: IpAddr,
    /// Where the data is kept.
    #[arg(
        long,
        default_value = ".local",
        value_name = "DIR",
        conflicts_with = "ephemeral"
    )]
    pub(crate) data_dir: PathBuf,
    /// Keep everything in memory.
    #[arg(long)]
    pub(crate) ephemeral: bool,
    /// Delete the data first.
    #[arg(long, conflicts_with = "ephemeral")]
    pub(crate) reset: bool,
    /// Run the Clerk instance too (the default).
    #[arg(long, overrides_with = "no_clerk")]
    pub(crate) clerk: bool,
    /// Run without the Clerk instance.
    #[arg(long, overrides_with = "clerk")]
    pub(crate) no_clerk: bool,
    /// A JSON file of Clerk users to create: a list of `{"email_address": …, "password": …, "first_name"?, "last_name"?}`.
    #[arg(long, value_name = "FILE", conflicts_with = "no_clerk")]
    pub(crate) import: Option<PathBuf>,
    /// The official Clerk bundles, as set-up unpacks them.
    #[arg(long, default_value = "local/clerk/vendor", value_name = "DIR")]
    pub(crate) clerk_bundles: PathBuf,
    /// A variable that the functions see in `process.env`. Can be repeated.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) environment: Vec<(String, String)>,
    /// A file with more of these variables, NAME=VALUE on each line, which is read again when it changes.
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// Do not watch the functions and their variables for changes.
    #[arg(long)]
    pub(crate) no_reload: bool,
    /// Print the addresses and keys as one line of JSON when everything runs.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Arguments {
    pub(crate) fn with_clerk(&self) -> bool {
        !self.no_clerk
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn variables_are_name_and_value() {
        assert_eq!(variable("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert!(variable("A").is_err());
        assert!(variable("=b").is_err());
    }

    #[test]
    fn clerk_runs_unless_it_is_not_wanted() {
        let parse = |arguments: &[&str]| {
            Arguments::try_parse_from([&["local"], arguments].concat())
                .unwrap()
                .with_clerk()
        };
        assert!(parse(&[]));
        assert!(!parse(&["--no-clerk"]));
        assert!(parse(&["--no-clerk", "--clerk"]));
    }
}
