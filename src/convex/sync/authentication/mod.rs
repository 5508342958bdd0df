//! Who the deployment is told is there, and whether it has agreed.
//!
//! One owner of the token, of its timer and of every fetch, so that nothing signs a person in again after they have left.

mod answers;
mod tokens;

use super::{Moment, SyncClient, Timer, effect::Effect};
use crate::convex::{
    auth::{AuthStatus, AuthToken, Refusal},
    error::RequestError,
    protocol::{ClientMessage, Credential},
};

/// How often a fresh token that was refused is replaced by another.
const MAXIMUM_ATTEMPTS: u32 = 2;
/// The first pause after a refusal, and the longest one between failed refreshes.
const REFUSAL_RETRY_MS: u32 = 30_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    SignedOut,
    /// The first token is being fetched, and nothing is sent meanwhile.
    Initial,
    /// A token that may come from a cache waits for confirmation.
    WaitCached,
    /// A token that was fetched for this purpose waits for confirmation.
    WaitFresh,
    /// Confirmed, and to be refreshed.
    Scheduled,
    /// Confirmed, and not to be refreshed: the provider gives no newer one.
    NotRefetching,
    /// Refused: the socket is closed until there is another token.
    Reauthenticating,
    /// Refused, and given up for now.
    Refused,
}

/// What a token is fetched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Initial {
        force: bool,
    },
    Refresh,
    Reauthenticate,
    /// The socket is open, but the token would expire on it at once.
    Opening,
    RetryRefused,
}

impl Purpose {
    fn force(self) -> bool {
        self != Self::Initial { force: false }
    }
}

#[derive(Debug)]
struct Fetch {
    generation: u64,
    force: bool,
    /// Whether the result is for somebody who has left, or not good enough for what is wanted now.
    abandoned: bool,
}

/// What is known about who is there.
#[derive(Debug, Default)]
pub(in crate::convex::sync) struct Authentication {
    identity: Option<String>,
    /// Nothing is sent until it is known whether somebody is signed in.
    expected: bool,
    phase: Phase,
    token: Option<AuthToken>,
    token_since_ms: i64,
    /// What this connection's deployment was told.
    told: Option<AuthToken>,
    /// The identity's version on this connection.
    version: u32,
    /// Whether a new connection's identity is not confirmed yet.
    outstanding: bool,
    confirmed: bool,
    refreshing: bool,
    opening: bool,
    attempts: u32,
    failures: u32,
    refresh_at_ms: Option<i64>,
    refusal: Option<Refusal>,
    refused_token: Option<AuthToken>,
    refusals: u32,
    retried_at_ms: i64,
    error: Option<String>,
    fetch: Option<Fetch>,
    /// What the running fetch is for, or the next one.
    purpose: Option<Purpose>,
    generation: u64,
    published: AuthStatus,
}

impl Authentication {
    pub(in crate::convex::sync) fn new(expected: bool) -> Self {
        Self {
            expected,
            ..Self::default()
        }
    }

    pub(in crate::convex::sync) fn is_paused(&self) -> bool {
        self.expected || self.opening || self.phase == Phase::Initial
    }

    pub(in crate::convex::sync) fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// Whether the deployment has been given a token and has not answered it yet.
    pub(in crate::convex::sync) fn awaits_confirmation(&self) -> bool {
        self.told.is_some() && self.status() == AuthStatus::Loading
    }

    pub(in crate::convex::sync) fn has_caught_up(&self) -> bool {
        !self.outstanding
    }

    pub(in crate::convex::sync) fn status(&self) -> AuthStatus {
        match (&self.identity, &self.refusal) {
            (None, _) if self.expected => AuthStatus::Loading,
            (None, _) => AuthStatus::SignedOut,
            (Some(_), Some(refusal)) => AuthStatus::Refused(refusal.clone()),
            (Some(_), None) if self.confirmed => AuthStatus::Authenticated {
                refreshing: self.refreshing,
            },
            (Some(_), None) => AuthStatus::Loading,
        }
    }

    /// A new connection has been told nothing.
    pub(in crate::convex::sync) fn restart(&mut self) {
        self.told = None;
        self.version = 0;
        self.outstanding = false;
    }

    /// What the deployment has yet to be told.
    pub(in crate::convex::sync) fn change(&mut self) -> Option<ClientMessage> {
        if self.told == self.token {
            return None;
        }
        self.told.clone_from(&self.token);
        self.version += 1;
        Some(ClientMessage::Authenticate {
            base_version: self.version - 1,
            credential: Credential::from(self.token.as_ref()),
        })
    }

    /// The first messages of a connection have been sent.
    pub(in crate::convex::sync) fn introduced(&mut self) {
        self.outstanding = self.told.is_some();
    }

    fn expires_in_ms(&self, server_now_ms: i64) -> Option<i64> {
        let expires_at_ms = self.token.as_ref()?.claims()?.expires_at_ms()?;
        Some(expires_at_ms.saturating_sub(server_now_ms))
    }
}

impl SyncClient {
    /// What Convex knows about who is there.
    #[must_use]
    pub fn auth_status(&self) -> AuthStatus {
        self.auth.status()
    }

    /// Somebody is signed in. `identity` stands for everything that makes them who they are, such as session, person,
    /// organization and role: with the same text nothing happens (except that a refused sign-in is tried again), with another
    /// one nothing of the former person is kept.
    ///
    /// The token itself is asked for with [`Effect::FetchToken`]; until it is there, nothing is sent.
    pub fn set_auth(&mut self, identity: &str, moment: Moment) {
        let same = self.auth.identity.as_deref() == Some(identity);
        if self.connection.is_terminated() || (same && self.auth.refusal.is_none()) {
            return;
        }
        self.forget_auth(same);
        self.auth.identity = Some(identity.to_owned());
        self.auth.phase = Phase::Initial;
        self.want_token(Purpose::Initial { force: false });
        self.publish_auth();
        self.restart_socket();
        self.flush(moment);
    }

    /// Nobody is signed in. No token is fetched any more, and none that was asked for before is used.
    pub fn clear_auth(&mut self, moment: Moment) {
        if self.connection.is_terminated() {
            return;
        }
        self.forget_auth(false);
        self.publish_auth();
        let settled = self.requests.refuse_authenticated(&RequestError::SignedOut);
        self.finish(settled);
        self.restart_socket();
        self.flush(moment);
    }

    fn forget_auth(&mut self, same: bool) {
        for timer in [Timer::TokenRefresh, Timer::RefusalRetry] {
            self.effects.push(Effect::CancelTimer(timer));
        }
        let auth = &mut self.auth;
        let before = auth.identity.take();
        if let Some(fetch) = &mut auth.fetch {
            fetch.abandoned = true;
        }
        // What this connection was told, and the fetch that cannot be called back, are facts; all else starts anew.
        *auth = Authentication {
            told: auth.told.take(),
            version: auth.version,
            outstanding: auth.outstanding,
            fetch: auth.fetch.take(),
            generation: auth.generation,
            published: std::mem::take(&mut auth.published),
            ..Authentication::default()
        };
        if before.is_some() && !same {
            self.queries.withdraw_authenticated();
            self.optimistic.drop_all_layers();
            let settled = self.requests.identity_changed();
            self.finish(settled);
        }
    }

    pub(in crate::convex::sync) fn publish_auth(&mut self) {
        let status = self.auth.status();
        if status != self.auth.published {
            self.auth.published = status.clone();
            self.effects.push(Effect::AuthChanged(status));
        }
    }

    fn server_now_ms(&self, moment: Moment) -> i64 {
        moment.now_ms.saturating_sub(self.clock_skew_ms)
    }
}

/// Doubles with every failure after the first.
fn backoff(base_ms: u32, failures: u32, maximum_ms: u32) -> u32 {
    base_ms
        .saturating_mul(1 << failures.saturating_sub(1).min(16))
        .min(maximum_ms)
}
