//! What the deployment makes of a token: it agrees, or it refuses.

use super::{MAXIMUM_ATTEMPTS, Phase, Purpose, REFUSAL_RETRY_MS, backoff};
use crate::convex::{
    auth::{AuthToken, Refusal, RefusalReason},
    error::RequestError,
    protocol::StateVersion,
    sync::{Moment, Report, SyncClient, Timer, effect::Effect},
};

const MAXIMUM_REFUSAL_RETRY_MS: u32 = 600_000;

impl SyncClient {
    /// The deployment has taken over an identity.
    pub(in crate::convex::sync) fn identity_moved(
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

    pub(in crate::convex::sync) fn auth_error(
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

    pub(super) fn refuse_for_error(&mut self, moment: Moment) {
        let message = self.auth.error.take().unwrap_or_default();
        self.refuse(RefusalReason::from_text(&message), message, moment);
    }

    pub(super) fn refuse_for_want_of_a_token(&mut self, moment: Moment) {
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

    pub(super) fn retry_refusal_later(&mut self, moment: Moment) {
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

    pub(in crate::convex::sync) fn refusal_retry_timer(&mut self, moment: Moment) {
        if self.auth.phase == Phase::Refused {
            self.auth.retried_at_ms = moment.now_ms;
            self.want_token(Purpose::RetryRefused);
        }
    }
}
