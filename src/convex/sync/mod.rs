//! The Convex client without its socket: a pure state machine.
//!
//! [`SyncClient`] takes calls and [`Event`]s, and answers with [`Effect`]s. Whoever drives it brings the socket, the clock,
//! the timers, randomness and the tokens.
//!
//! What it adds to the official client's behaviour:
//! - a query or a call in [`Scope::Authenticated`] never leaves before the deployment has confirmed who is there, and nothing of
//!   one person is kept or sent when another takes over;
//! - a token that would expire on a new connection is replaced before it is sent;
//! - a failed refresh keeps the token for as long as it is valid; a refusal has a reason, and is tried again;
//! - `Connect` is always the first message of a connection;
//! - after a message that cannot be taken, the connection is opened anew.

mod authentication;
mod chunks;
mod client;
mod connection;
mod effect;
mod optimistic;
mod query_set;
mod requests;
mod transition;

#[cfg(test)]
mod tests;

pub use client::SyncClient;
pub use connection::ConnectionState;
pub use effect::{Effect, Event, Moment, Timer};
pub use optimistic::{LocalStore, OptimisticUpdate};

use std::sync::Arc;

use super::{
    auth::Refusal,
    error::{FunctionError, ProtocolError},
    function::{FunctionKind, FunctionPath},
    values::{EncodedValue, ValueError},
};

/// How a [`SyncClient`] behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncOptions {
    /// Send nothing until it is known whether somebody is signed in: until the first
    /// [`set_auth`](SyncClient::set_auth) or [`clear_auth`](SyncClient::clear_auth).
    pub expect_auth: bool,
    /// Keep the first token when it is confirmed, instead of fetching a fresh one at once.
    pub reuse_initial_token: bool,
    /// How long before its expiry a token is replaced, in milliseconds.
    pub refresh_leeway_ms: u32,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            expect_auth: false,
            reuse_initial_token: true,
            refresh_leeway_ms: 10_000,
        }
    }
}

impl SyncOptions {
    /// Says whether nothing is sent until it is known whether somebody is signed in.
    #[must_use]
    pub fn with_expect_auth(mut self, expect_auth: bool) -> Self {
        self.expect_auth = expect_auth;
        self
    }

    /// Says whether the first token is kept when it is confirmed.
    #[must_use]
    pub fn with_reuse_initial_token(mut self, reuse_initial_token: bool) -> Self {
        self.reuse_initial_token = reuse_initial_token;
        self
    }

    /// Says how long before its expiry a token is replaced.
    #[must_use]
    pub fn with_refresh_leeway_ms(mut self, refresh_leeway_ms: u32) -> Self {
        self.refresh_leeway_ms = refresh_leeway_ms;
        self
    }
}

/// For whom a query or a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// For everybody: it is sent whether or not somebody is signed in.
    Public,
    /// For a person: it is sent only when the deployment has confirmed who is there.
    Authenticated,
}

/// A socket. Numbers are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u32);

/// One subscriber of a query. Numbers are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subscription(u64);

/// A mutation or an action that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u32);

/// The result of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryResult {
    /// Its encoded value, or why there is none.
    pub outcome: Result<EncodedValue, FunctionError>,
    /// What the function logged.
    pub log_lines: Vec<String>,
}

impl QueryResult {
    /// A value that no function has logged anything about: a guess, or what the server has read.
    pub(in crate::convex) fn of(value: EncodedValue) -> Arc<Self> {
        Arc::new(Self {
            outcome: Ok(value),
            log_lines: Vec::new(),
        })
    }
}

/// Something for a developer's eyes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Report {
    /// The deployment closed the socket, and not in the usual way.
    Disconnected {
        /// The code of the close frame.
        code: u16,
        /// Its reason.
        reason: String,
    },
    /// A message could not be taken.
    Protocol(ProtocolError),
    /// The deployment refuses the person who is signed in.
    Refused(Refusal),
    /// The token does not say when it expires, or lives too short to be refreshed.
    TokenWithoutSchedule,
    /// An optimistic update failed; the mutation itself is not touched by that.
    OptimisticUpdate(ValueError),
    /// A function logged something.
    Logs {
        /// Which kind of function.
        kind: FunctionKind,
        /// Which function.
        path: FunctionPath,
        /// Each begins with its level in brackets.
        lines: Vec<String>,
    },
}
