//! The one state over the sign-in provider and the deployment.

use super::{
    auth::{AuthStatus, Refusal, RefusalReason},
    token_source::SignIn,
};

/// Who is there, as the sign-in provider and the deployment together say.
///
/// "The provider says yes, the deployment says no" is only ever [`Loading`](Self::Loading) or [`Refused`](Self::Refused), so
/// nobody who has signed in is shown a page for strangers without being told why.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ConvexAuthState {
    /// It is not known yet.
    #[default]
    Loading,
    /// Nobody is signed in.
    Unauthenticated,
    /// Somebody is signed in: the deployment has confirmed it, or the server did for this page and the deployment has not
    /// contradicted.
    Authenticated {
        /// Whether a token is being replaced, or cannot be had because the provider is not reached.
        refreshing: bool,
    },
    /// Somebody is signed in, and the deployment refuses.
    Refused(Refusal),
}

/// What the deployment has said, and about whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Verdict {
    /// The key of the person it was told of.
    pub(super) about: Option<String>,
    pub(super) status: AuthStatus,
    /// Whether it has ever said yes to this person.
    pub(super) confirmed: bool,
    /// Whether it has ever said yes or no to this person.
    pub(super) ruled: bool,
    /// Whether the provider could not be reached for the last token.
    pub(super) unreachable: bool,
}

impl Verdict {
    /// Another status of the same person, or the first of another one.
    pub(super) fn next(
        &self,
        about: Option<String>,
        status: AuthStatus,
        unreachable: bool,
    ) -> Self {
        let same = self.about == about;
        let mut next = Self {
            confirmed: same && self.confirmed,
            ruled: same && self.ruled,
            about,
            status,
            unreachable,
        };
        next.confirmed |= next.status.is_authenticated();
        next.ruled |= next.confirmed || next.refusal().is_some();
        next
    }

    /// A refusal for want of a token is none when the provider was not reached.
    fn refusal(&self) -> Option<&Refusal> {
        match &self.status {
            AuthStatus::Refused(refusal)
                if !(self.unreachable && refusal.reason == RefusalReason::NoToken) =>
            {
                Some(refusal)
            }
            _ => None,
        }
    }

    fn is_about(&self, key: &str) -> bool {
        self.about.as_deref() == Some(key)
    }
}

/// Combines what both say. `vouched` is the key of the person whom the server has verified for this page.
pub(super) fn combine(
    sign_in: &SignIn,
    vouched: Option<&str>,
    verdict: &Verdict,
) -> ConvexAuthState {
    let key = match sign_in {
        SignIn::Loading => return ConvexAuthState::Loading,
        SignIn::SignedOut => return ConvexAuthState::Unauthenticated,
        SignIn::SignedIn { key, .. } => key,
    };
    let is_about = verdict.is_about(key);
    let trusted = vouched == Some(key) && !(is_about && verdict.ruled);
    match &verdict.status {
        AuthStatus::Authenticated { refreshing } if is_about => ConvexAuthState::Authenticated {
            refreshing: *refreshing,
        },
        AuthStatus::Refused(_) if is_about => match verdict.refusal() {
            Some(refusal) => ConvexAuthState::Refused(refusal.clone()),
            None if trusted || verdict.confirmed => {
                ConvexAuthState::Authenticated { refreshing: true }
            }
            None => ConvexAuthState::Loading,
        },
        _ if trusted => ConvexAuthState::Authenticated { refreshing: false },
        _ => ConvexAuthState::Loading,
    }
}

/// Whether the live values that need a person may be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Gate {
    /// The client has not been told yet of the person who is there.
    #[default]
    Waiting,
    /// What the client has is for the person who is there.
    Open,
    /// Nobody is there.
    SignedOut,
    /// The deployment refuses.
    Refused(Refusal),
}

/// The gate for what both say.
pub(super) fn gate(sign_in: &SignIn, verdict: &Verdict) -> Gate {
    match sign_in {
        // A change that is under way may lead back to the same person: their values stay.
        SignIn::Loading if verdict.about.is_some() => Gate::Open,
        SignIn::Loading => Gate::Waiting,
        SignIn::SignedOut => Gate::SignedOut,
        SignIn::SignedIn { key, .. } if verdict.is_about(key) => match verdict.refusal() {
            Some(refusal) => Gate::Refused(refusal.clone()),
            None => Gate::Open,
        },
        SignIn::SignedIn { .. } => Gate::Waiting,
    }
}

#[cfg(test)]
#[path = "auth_state_tests.rs"]
mod tests;
