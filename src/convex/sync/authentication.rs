//! Who the deployment is told is there, and whether it has agreed.
//!
//! One owner of the token, of its timer and of every fetch, so that nothing signs a person in again after they have left.

use super::{Moment, Report, SyncClient, Timer, effect::Effect};
use crate::convex::{
    auth::{AuthStatus, AuthToken, Refusal, RefusalReason},
    error::RequestError,
    protocol::{ClientMessage, Credential, StateVersion},
};

/// How often a fresh token that was refused is replaced by another.
const MAXIMUM_ATTEMPTS: u32 = 2;
/// How often a token is asked for in vain, after the old one has expired, before that counts as a refusal.
const MAXIMUM_FAILURES: u32 = 3;
const TOKEN_FETCH_MS: u32 = 30_000;
const MAXIMUM_REFRESH_MS: i64 = 20 * 24 * 60 * 60 * 1000;
const MINIMUM_REFRESH_MS: i64 = 1_000;
/// A token that lives no longer than this cannot be refreshed in time.
const MINIMUM_LIFETIME_MS: i64 = 2_000;
const FAILED_REFRESH_MS: u32 = 1_000;
const REFUSAL_RETRY_MS: u32 = 30_000;
const MAXIMUM_REFUSAL_RETRY_MS: u32 = 600_000;
/// Coming back to the page tries again after a refusal, but not every time.
const RETRY_PAUSE_MS: i64 = 5_000;
/// A token this young is not replaced before it is used, whatever its expiry looks like by this device's clock.
const YOUNG_TOKEN_MS: i64 = 5_000;

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
pub(super) struct Authentication {
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
    pub(super) fn new(expected: bool) -> Self {
        Self {
            expected,
            ..Self::default()
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.expected || self.opening || self.phase == Phase::Initial
    }

    pub(super) fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    pub(super) fn has_caught_up(&self) -> bool {
        !self.outstanding
    }

    pub(super) fn status(&self) -> AuthStatus {
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
    pub(super) fn restart(&mut self) {
        self.told = None;
        self.version = 0;
        self.outstanding = false;
    }

    /// What the deployment has yet to be told.
    pub(super) fn change(&mut self) -> Option<ClientMessage> {
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
    pub(super) fn introduced(&mut self) {
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

    pub(super) fn publish_auth(&mut self) {
        let status = self.auth.status();
        if status != self.auth.published {
            self.auth.published = status.clone();
            self.effects.push(Effect::AuthChanged(status));
        }
    }

    fn server_now_ms(&self, moment: Moment) -> i64 {
        moment.now_ms.saturating_sub(self.clock_skew_ms)
    }

    // Fetching

    fn want_token(&mut self, purpose: Purpose) {
        self.auth.purpose = Some(purpose);
        match &mut self.auth.fetch {
            None => self.fetch_token(purpose),
            Some(fetch) => fetch.abandoned |= purpose.force() && !fetch.force,
        }
    }

    fn fetch_token(&mut self, purpose: Purpose) {
        self.auth.generation += 1;
        let (generation, force) = (self.auth.generation, purpose.force());
        self.auth.fetch = Some(Fetch {
            generation,
            force,
            abandoned: false,
        });
        self.effects.push(Effect::FetchToken { force, generation });
        self.effects.push(Effect::SetTimer {
            timer: Timer::TokenFetch,
            after_ms: TOKEN_FETCH_MS,
        });
    }

    pub(super) fn token_fetch_timer(&mut self, moment: Moment) {
        if let Some(Fetch { generation, .. }) = self.auth.fetch {
            self.token_fetched(generation, None, moment);
        }
    }

    pub(super) fn token_fetched(
        &mut self,
        generation: u64,
        token: Option<AuthToken>,
        moment: Moment,
    ) {
        let Some(fetch) = self
            .auth
            .fetch
            .take_if(|fetch| fetch.generation == generation)
        else {
            return;
        };
        self.effects.push(Effect::CancelTimer(Timer::TokenFetch));
        if fetch.abandoned {
            if let Some(purpose) = self.auth.purpose {
                self.fetch_token(purpose);
            }
            return;
        }
        match self.auth.purpose.take() {
            Some(Purpose::Initial { force }) => self.initial_token(force, token, moment),
            Some(Purpose::Refresh) => self.refreshed_token(token, moment),
            Some(Purpose::Reauthenticate) => self.replacement_token(token, moment),
            Some(Purpose::Opening) => self.opening_token(token, moment),
            Some(Purpose::RetryRefused) => self.retried_token(token, moment),
            None => {}
        }
        self.publish_auth();
        self.flush(moment);
    }

    fn use_token(&mut self, token: AuthToken, phase: Phase, moment: Moment) {
        self.auth.token = Some(token);
        self.auth.token_since_ms = moment.now_ms;
        self.auth.failures = 0;
        self.auth.refresh_at_ms = None;
        self.auth.phase = phase;
    }

    fn initial_token(&mut self, force: bool, token: Option<AuthToken>, moment: Moment) {
        match token {
            Some(token) if force => self.use_token(token, Phase::WaitFresh, moment),
            Some(token) => self.use_token(token, Phase::WaitCached, moment),
            None if force => self.refuse_for_want_of_a_token(moment),
            None => self.want_token(Purpose::Initial { force: true }),
        }
    }

    fn refreshed_token(&mut self, token: Option<AuthToken>, moment: Moment) {
        match token {
            Some(token) if Some(&token) == self.auth.token.as_ref() => {
                self.auth.phase = Phase::NotRefetching;
                self.auth.refresh_at_ms = None;
            }
            Some(token) => self.use_token(token, Phase::WaitFresh, moment),
            None => self.refresh_failed(moment),
        }
    }

    /// Without a new token the old one is used for as long as it is valid: being offline does not mean signed out.
    fn refresh_failed(&mut self, moment: Moment) {
        self.auth.failures += 1;
        let expires_in_ms = self
            .auth
            .expires_in_ms(self.server_now_ms(moment))
            .unwrap_or(0);
        let claims_known = self
            .auth
            .token
            .as_ref()
            .is_some_and(|token| token.claims().is_some());
        let give_up = expires_in_ms <= 0
            && (!claims_known
                || (self.connection.is_ready() && self.auth.failures >= MAXIMUM_FAILURES));
        if give_up {
            self.auth.opening = false;
            self.refuse_for_want_of_a_token(moment);
        } else {
            let after_ms = backoff(FAILED_REFRESH_MS, self.auth.failures, REFUSAL_RETRY_MS);
            self.refresh_after(i64::from(after_ms), moment);
        }
    }

    fn replacement_token(&mut self, token: Option<AuthToken>, moment: Moment) {
        match token {
            Some(token) if Some(&token) != self.auth.token.as_ref() => {
                self.use_token(token, Phase::WaitFresh, moment)
            }
            _ => self.refuse_for_error(moment),
        }
        self.restart_socket();
    }

    fn opening_token(&mut self, token: Option<AuthToken>, moment: Moment) {
        match token {
            Some(token) => {
                self.auth.opening = false;
                self.use_token(token, Phase::WaitFresh, moment);
            }
            None => {
                self.auth.opening = self
                    .auth
                    .expires_in_ms(self.server_now_ms(moment))
                    .is_some_and(|left| left <= 0);
                self.refresh_failed(moment);
            }
        }
    }

    fn retried_token(&mut self, token: Option<AuthToken>, moment: Moment) {
        match token {
            Some(token) if Some(&token) != self.auth.refused_token.as_ref() => {
                // One attempt is enough here: every one costs the connection.
                self.auth.attempts = MAXIMUM_ATTEMPTS;
                self.use_token(token, Phase::WaitFresh, moment);
            }
            _ => self.retry_refusal_later(moment),
        }
    }

    // Refreshing

    pub(super) fn token_refresh_timer(&mut self) {
        self.auth.refresh_at_ms = None;
        match self.auth.phase {
            Phase::WaitCached | Phase::WaitFresh | Phase::Scheduled | Phase::NotRefetching => {
                let purpose = if self.auth.opening {
                    Purpose::Opening
                } else {
                    Purpose::Refresh
                };
                self.want_token(purpose);
            }
            Phase::SignedOut | Phase::Initial | Phase::Reauthenticating | Phase::Refused => {}
        }
    }

    fn refresh_after(&mut self, after_ms: i64, moment: Moment) {
        let after_ms = after_ms.clamp(MINIMUM_REFRESH_MS, MAXIMUM_REFRESH_MS);
        self.auth.refresh_at_ms = Some(moment.now_ms + after_ms);
        let after_ms = u32::try_from(after_ms).unwrap_or(u32::MAX);
        self.effects.push(Effect::SetTimer {
            timer: Timer::TokenRefresh,
            after_ms,
        });
    }

    fn schedule_refresh(&mut self, cached: bool, moment: Moment) {
        let claims = self.auth.token.as_ref().and_then(AuthToken::claims);
        let times =
            claims.and_then(|claims| Some((claims.lifetime_ms()?, claims.expires_at_ms()?)));
        match times {
            Some((lifetime_ms, expires_at_ms)) if lifetime_ms > MINIMUM_LIFETIME_MS => {
                // This device's clock says little; a token that was just made has its whole life before it.
                let left_ms = if cached {
                    expires_at_ms.saturating_sub(self.server_now_ms(moment))
                } else {
                    lifetime_ms
                };
                self.auth.phase = Phase::Scheduled;
                let leeway_ms = i64::from(self.options.refresh_leeway_ms);
                self.refresh_after(left_ms.saturating_sub(leeway_ms), moment);
            }
            _ => {
                self.auth.phase = Phase::NotRefetching;
                self.report(Report::TokenWithoutSchedule);
            }
        }
    }

    /// A token that is about to expire would be refused, and with it everything that is sent after it: fetch another first.
    pub(super) fn replace_expiring_token(&mut self, moment: Moment) {
        let leeway_ms = i64::from(self.options.refresh_leeway_ms);
        let expiring = self
            .auth
            .expires_in_ms(self.server_now_ms(moment))
            .is_some_and(|left_ms| left_ms < leeway_ms);
        if expiring && moment.now_ms.saturating_sub(self.auth.token_since_ms) > YOUNG_TOKEN_MS {
            self.auth.opening = true;
            self.want_token(Purpose::Opening);
        }
    }

    /// The page or the network is back: what should have happened meanwhile happens now.
    pub(super) fn auth_returned(&mut self, moment: Moment) {
        let overdue = self
            .auth
            .refresh_at_ms
            .is_some_and(|at_ms| at_ms <= moment.now_ms || self.auth.failures > 0);
        if overdue {
            self.effects.push(Effect::CancelTimer(Timer::TokenRefresh));
            self.token_refresh_timer();
        }
        if moment.now_ms.saturating_sub(self.auth.retried_at_ms) >= RETRY_PAUSE_MS {
            self.refusal_retry_timer(moment);
        }
    }

    // Answers

    /// The deployment has taken over an identity.
    pub(super) fn identity_moved(
        &mut self,
        start: StateVersion,
        end: StateVersion,
        moment: Moment,
    ) {
        if end.identity <= start.identity || end.identity < self.auth.version {
            return;
        }
        self.auth.outstanding = false;
        match self.auth.phase {
            Phase::WaitCached => {
                self.confirm();
                if self.options.reuse_initial_token {
                    self.schedule_refresh(true, moment);
                } else {
                    self.want_token(Purpose::Refresh);
                }
            }
            Phase::WaitFresh => {
                self.confirm();
                self.schedule_refresh(false, moment);
            }
            Phase::SignedOut
            | Phase::Initial
            | Phase::Scheduled
            | Phase::NotRefetching
            | Phase::Reauthenticating
            | Phase::Refused => {}
        }
        self.publish_auth();
    }

    fn confirm(&mut self) {
        let auth = &mut self.auth;
        auth.confirmed = true;
        auth.refreshing = false;
        auth.attempts = 0;
        auth.refusals = 0;
        auth.refusal = None;
        auth.refused_token = None;
        auth.error = None;
        self.effects.push(Effect::CancelTimer(Timer::RefusalRetry));
    }

    pub(super) fn auth_error(
        &mut self,
        error: String,
        base_version: u32,
        attempted: Option<bool>,
        moment: Moment,
    ) {
        let waiting = matches!(self.auth.phase, Phase::WaitCached | Phase::WaitFresh);
        let newer_on_its_way = waiting && attempted == Some(false);
        let outdated = base_version.saturating_add(1) < self.auth.version;
        // Said of somebody who has left, or of nobody: the deployment will close the socket, and that is all.
        let of_another = self.auth.token.is_none() || self.auth.told != self.auth.token;
        if newer_on_its_way || outdated || of_another || self.auth.phase == Phase::Initial {
            return;
        }
        self.auth.error = Some(error);
        if self.auth.phase == Phase::WaitFresh {
            if self.auth.attempts >= MAXIMUM_ATTEMPTS {
                // The deployment closes this socket, so there is nobody to be told.
                self.auth.told = None;
                self.refuse_for_error(moment);
                self.publish_auth();
                self.flush(moment);
                return;
            }
            self.auth.attempts += 1;
        }
        self.auth.phase = Phase::Reauthenticating;
        self.auth.refreshing = true;
        self.auth.refresh_at_ms = None;
        self.effects.push(Effect::CancelTimer(Timer::TokenRefresh));
        self.publish_auth();
        self.stop_socket();
        self.want_token(Purpose::Reauthenticate);
    }

    // Refusals

    fn refuse_for_error(&mut self, moment: Moment) {
        let message = self.auth.error.take().unwrap_or_default();
        self.refuse(RefusalReason::from_text(&message), message, moment);
    }

    fn refuse_for_want_of_a_token(&mut self, moment: Moment) {
        let message = "the sign-in provider gave no token for Convex".to_owned();
        self.refuse(RefusalReason::NoToken, message, moment);
    }

    fn refuse(&mut self, reason: RefusalReason, message: String, moment: Moment) {
        let auth = &mut self.auth;
        let token = auth.token.take();
        let claims = token.as_ref().and_then(AuthToken::claims);
        let refusal = Refusal {
            reason,
            message,
            claims,
        };
        auth.refused_token = token;
        auth.phase = Phase::Refused;
        auth.confirmed = false;
        auth.refreshing = false;
        auth.refresh_at_ms = None;
        auth.refusal = Some(refusal.clone());
        self.effects.push(Effect::CancelTimer(Timer::TokenRefresh));
        self.publish_auth();
        self.report(Report::Refused(refusal.clone()));
        self.retry_refusal_later(moment);
        self.queries.withdraw_authenticated();
        let settled = self
            .requests
            .refuse_authenticated(&RequestError::Refused(refusal));
        self.finish(settled);
    }

    fn retry_refusal_later(&mut self, moment: Moment) {
        self.auth.retried_at_ms = moment.now_ms;
        self.auth.refusals += 1;
        let after_ms = backoff(
            REFUSAL_RETRY_MS,
            self.auth.refusals,
            MAXIMUM_REFUSAL_RETRY_MS,
        );
        self.effects.push(Effect::SetTimer {
            timer: Timer::RefusalRetry,
            after_ms,
        });
    }

    pub(super) fn refusal_retry_timer(&mut self, moment: Moment) {
        if self.auth.phase == Phase::Refused {
            self.auth.retried_at_ms = moment.now_ms;
            self.want_token(Purpose::RetryRefused);
        }
    }
}

/// Doubles with every failure after the first.
fn backoff(base_ms: u32, failures: u32, maximum_ms: u32) -> u32 {
    base_ms
        .saturating_mul(1 << failures.saturating_sub(1).min(16))
        .min(maximum_ms)
}
