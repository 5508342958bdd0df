//! Tokens: fetched one at a time, used, refreshed.

use super::{Fetch, MAXIMUM_ATTEMPTS, Phase, Purpose, REFUSAL_RETRY_MS, backoff};
use crate::convex::{
    auth::AuthToken,
    sync::{Moment, Report, SyncClient, Timer, effect::Effect},
};

const TOKEN_FETCH_MS: u32 = 30_000;
const MAXIMUM_REFRESH_MS: i64 = 20 * 24 * 60 * 60 * 1000;
const MINIMUM_REFRESH_MS: i64 = 1_000;
/// A token that lives no longer than this cannot be refreshed in time.
const MINIMUM_LIFETIME_MS: i64 = 2_000;
const FAILED_REFRESH_MS: u32 = 1_000;
/// How often a token is asked for in vain, after the old one has expired, before that counts as a refusal.
const MAXIMUM_FAILURES: u32 = 3;
/// Coming back to the page tries again after a refusal, but not every time.
const RETRY_PAUSE_MS: i64 = 5_000;
/// A token this young is not replaced before it is used, whatever its expiry looks like by this device's clock.
const YOUNG_TOKEN_MS: i64 = 5_000;

impl SyncClient {
    pub(super) fn want_token(&mut self, purpose: Purpose) {
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

    pub(in crate::convex::sync) fn token_fetch_timer(&mut self, moment: Moment) {
        if let Some(Fetch { generation, .. }) = self.auth.fetch {
            self.token_fetched(generation, None, moment);
        }
    }

    pub(in crate::convex::sync) fn token_fetched(
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

    pub(in crate::convex::sync) fn token_refresh_timer(&mut self) {
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

    pub(super) fn schedule_refresh(&mut self, cached: bool, moment: Moment) {
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
    pub(in crate::convex::sync) fn replace_expiring_token(&mut self, moment: Moment) {
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
    pub(in crate::convex::sync) fn auth_returned(&mut self, moment: Moment) {
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
}
