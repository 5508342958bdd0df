//! The one authentication state that every view reads.
//!
//! [`AuthMachine`] is a pure machine: it takes what the server's HTML said ([`AuthSeed`]) and what ClerkJS says later
//! ([`AuthEvent`]), and answers with an [`AuthView`]. It holds no clock, timer or `window`; the browser's adapter feeds it.

mod machine;
mod seed;
#[cfg(test)]
mod tests;

pub use machine::{AuthEffect, AuthEvent, AuthMachine, Emission};
pub use seed::{AuthSeed, SeedState};

use std::sync::Arc;

use crate::identity::Identity;

/// Who is there, as far as is known.
///
/// Three states and no fourth: a view that matches on this can never show the wrong one.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AuthState {
    /// It is not known yet whether somebody is signed in, or a sign-in, sign-out or switch is under way.
    #[default]
    Loading,
    /// Nobody is signed in.
    Unauthenticated,
    /// Somebody is signed in.
    Authenticated(Arc<Identity>),
}

impl AuthState {
    /// The identity of the person who is signed in.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Authenticated(identity) => Some(identity.as_ref()),
            Self::Loading | Self::Unauthenticated => None,
        }
    }

    /// Whether it is still unknown who is there.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading)
    }

    /// Whether somebody is signed in.
    #[must_use]
    pub fn is_authenticated(&self) -> bool {
        matches!(self, Self::Authenticated(_))
    }
}

/// Whether the session token behind an [`AuthState`] can still be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// The token is valid, or nobody is signed in.
    #[default]
    Fresh,
    /// The token's time is over and no new one has arrived, because Clerk cannot be reached. What is on the page stays;
    /// requests that need the identity will be refused until Clerk answers again.
    Stale,
}

/// What the machine has concluded: the state, and how fresh it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthView {
    /// Who is there.
    pub state: AuthState,
    /// Whether the session token can still be used.
    pub freshness: Freshness,
}
