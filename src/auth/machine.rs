//! The transition function of the authentication state.

use std::sync::Arc;

use super::{AuthState, AuthView, Freshness, SeedState};
use crate::{clerk::ClerkStatus, identity::Identity};

/// What ClerkJS says about the current session, reduced to what the state depends on.
///
/// Clerk's own convention: a resource that is `undefined` is in transition, `null` means that there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Emission {
    /// A sign-in, sign-out or switch is under way (`session` is `undefined`).
    Transition,
    /// There is no session (`session` is `null`), or it is pending, which counts as signed out.
    SignedOut,
    /// There is a session.
    SignedIn {
        /// The identity in the session's newest token.
        identity: Box<Identity>,
        /// When that token expires, in milliseconds since the Unix epoch; `None` when there is no token at hand.
        expires_at_ms: Option<i64>,
    },
}

/// Something that happened outside the machine.
#[derive(Clone, Debug, PartialEq)]
pub enum AuthEvent {
    /// ClerkJS changed its status.
    ClerkStatus(ClerkStatus),
    /// ClerkJS announced its resources.
    Emitted(Emission),
    /// The person asked to sign out on this page.
    SignOutRequested,
    /// Time has passed: the moment that [`AuthEffect::WakeAt`] asked for has come.
    Woken,
}

/// What the adapter has to do after a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthEffect {
    /// Send [`AuthEvent::Woken`] at this time (milliseconds since the Unix epoch), replacing any earlier wish.
    WakeAt(i64),
}

/// The machine. Start it with [`AuthMachine::new`], feed it with [`AuthMachine::handle`], read it with [`AuthMachine::view`].
///
/// Rules, each with the trouble it prevents:
/// - the server's word stands until ClerkJS is operational *and* has spoken, so that content never waits for a script;
/// - while Clerk is degraded, "no session" is believed only if ClerkJS knew a session before or the person asked to sign
///   out: being offline never means signed out;
/// - an expired token makes the state stale, never unauthenticated.
#[derive(Clone, Debug)]
pub struct AuthMachine {
    clerk: ClerkStatus,
    state: AuthState,
    expires_at_ms: Option<i64>,
    stale: bool,
    clerk_knew_a_session: bool,
    sign_out_requested: bool,
}

impl AuthMachine {
    /// Starts from what the server's HTML said.
    #[must_use]
    pub fn new(seed: &SeedState) -> Self {
        let expires_at_ms = match seed {
            SeedState::SignedIn { expires_at_ms, .. } => Some(*expires_at_ms),
            SeedState::Unknown | SeedState::SignedOut => None,
        };
        Self {
            clerk: ClerkStatus::Idle,
            state: seed.view().state,
            expires_at_ms,
            stale: false,
            clerk_knew_a_session: false,
            sign_out_requested: false,
        }
    }

    /// What is to be shown now.
    #[must_use]
    pub fn view(&self) -> AuthView {
        let freshness = if self.stale && self.state.is_authenticated() {
            Freshness::Stale
        } else {
            Freshness::Fresh
        };
        AuthView {
            state: self.state.clone(),
            freshness,
        }
    }

    /// When the token in use expires, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn expires_at_ms(&self) -> Option<i64> {
        self.expires_at_ms
    }

    /// Takes one event at the time `now` (milliseconds since the Unix epoch) and says what is to be done.
    pub fn handle(&mut self, event: AuthEvent, now_ms: i64) -> Option<AuthEffect> {
        match event {
            AuthEvent::ClerkStatus(status) => self.clerk_status(status),
            AuthEvent::Emitted(emission) => self.emitted(emission),
            AuthEvent::SignOutRequested => self.sign_out_requested = true,
            AuthEvent::Woken => {}
        }
        self.stale = self.state.is_authenticated()
            && self
                .expires_at_ms
                .is_some_and(|expires_at_ms| expires_at_ms <= now_ms);
        self.expires_at_ms
            .filter(|expires_at_ms| self.state.is_authenticated() && *expires_at_ms > now_ms)
            .map(AuthEffect::WakeAt)
    }

    fn clerk_status(&mut self, status: ClerkStatus) {
        // Without the server's word and without Clerk there is nobody to ask: the honest view is the public one, beside
        // the failure that `ClerkFailed` shows. A view that waits for ever would be a blank page.
        if matches!(status, ClerkStatus::Failed(_)) && self.state.is_loading() {
            self.state = AuthState::Unauthenticated;
        }
        self.clerk = status;
    }

    fn emitted(&mut self, emission: Emission) {
        if !self.clerk.is_operational() {
            return;
        }
        match emission {
            Emission::Transition => self.state = AuthState::Loading,
            Emission::SignedOut => {
                let believed = !matches!(self.clerk, ClerkStatus::Degraded)
                    || self.clerk_knew_a_session
                    || self.sign_out_requested
                    || !self.state.is_authenticated();
                if believed {
                    self.state = AuthState::Unauthenticated;
                    self.expires_at_ms = None;
                    self.clerk_knew_a_session = false;
                }
            }
            Emission::SignedIn {
                identity,
                expires_at_ms,
            } => {
                self.clerk_knew_a_session = true;
                self.sign_out_requested = false;
                self.expires_at_ms =
                    expires_at_ms.or_else(|| self.expiry_of_same_session(&identity));
                self.state = AuthState::Authenticated(Arc::from(identity));
            }
        }
    }

    /// A rebuilt session may come without a token; the one in the cookie is then still the newest.
    fn expiry_of_same_session(&self, identity: &Identity) -> Option<i64> {
        self.state
            .identity()
            .filter(|known| known.session_id == identity.session_id)
            .and(self.expires_at_ms)
    }
}
