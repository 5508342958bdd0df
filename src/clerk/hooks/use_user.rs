//! `use_user`

use leptos::prelude::*;

use crate::{
    auth::AuthState,
    clerk::{User, use_clerk},
};

/// The signed-in person, as far as is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum UseUser {
    /// It is not known yet who is there.
    #[default]
    Loading,
    /// Nobody is signed in.
    SignedOut,
    /// Somebody is signed in.
    SignedIn(Box<User>),
}

impl UseUser {
    /// The person, if somebody is signed in.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::SignedIn(user) => Some(user),
            Self::Loading | Self::SignedOut => None,
        }
    }
}

/// The signed-in person.
///
/// *On the server* and *while loading* ClerkJS, the person has what the verified claims say: the id, and name, e-mail address
/// and picture where the instance puts them into its session token. When ClerkJS runs, everything is there.
/// *When it fails* it stays at that.
#[must_use]
pub fn use_user() -> Memo<UseUser> {
    let clerk = use_clerk();
    Memo::new(move |_| {
        clerk.state().with(|state| match state {
            AuthState::Loading => UseUser::Loading,
            AuthState::Unauthenticated => UseUser::SignedOut,
            AuthState::Authenticated(identity) => clerk.user().with(|user| {
                // ClerkJS may still hold the person before: what it says counts for the identity it is about.
                let user = user.as_ref().filter(|user| user.id == identity.user_id);
                UseUser::SignedIn(Box::new(
                    user.cloned()
                        .unwrap_or_else(|| User::from(identity.as_ref())),
                ))
            }),
        })
    })
}
