//! Clerk as a source of tokens.

use leptos::prelude::*;

use super::{
    auth::AuthToken,
    token_source::{SignIn, TokenAnswer, TokenSource},
};
use crate::{
    auth::AuthState,
    clerk::{Clerk, ClerkError, ClerkStatus},
    identity::{Identity, SessionClaims},
};

/// The audience that Clerk's Convex integration puts into session tokens.
const AUDIENCE: &str = "convex";
/// A token from a cookie has to live this long to be worth sending.
const MINIMUM_LIFE_MS: i64 = 10_000;
const SEPARATOR: char = '|';

/// Tokens of Clerk: the session token itself, or a JWT template's where one is named and the session token is none for Convex.
pub(super) fn clerk_source(clerk: Clerk, template: Option<String>) -> TokenSource {
    let vouched = clerk.seed_identity();
    let first = vouched.clone();
    let state = clerk.state();
    let sign_in = Memo::new(move |previous: Option<&SignIn>| {
        let seeded = first.as_ref().map(signed_in);
        state.with(|state| sign_in(state, previous.or(seeded.as_ref())))
    });
    let template = StoredValue::new(template);
    TokenSource::new(sign_in, move |force| async move {
        let template = template.try_get_value().flatten();
        let person = sign_in.try_get_untracked().unwrap_or_default();
        fetch(clerk, template, person, force).await
    })
    .vouched_for(vouched.as_ref().map(identity_key))
}

async fn fetch(clerk: Clerk, template: Option<String>, person: SignIn, force: bool) -> TokenAnswer {
    if !force {
        let at_hand = person
            .key()
            .and_then(|key| token_at_hand(&clerk.cookies(), key, clerk.now()));
        if let Some(token) = at_hand {
            return TokenAnswer::Token(token);
        }
    }
    match token_for_convex(clerk, template.as_deref(), force).await {
        // ClerkJS has gone on to somebody else, and the signals will say so in a moment.
        Ok(token) if !is_of(&token, person.user_id()) => TokenAnswer::Unreachable,
        Ok(token) => TokenAnswer::Token(AuthToken::new(token)),
        Err(error) => {
            let degraded = clerk.status().get_untracked() == ClerkStatus::Degraded;
            without_token(&error, degraded)
        }
    }
}

/// The session token; where that is none for Convex, the template's, if one is named. The server chooses alike, so both halves
/// of a page are the same person to the deployment.
async fn token_for_convex(
    clerk: Clerk,
    template: Option<&str>,
    force: bool,
) -> Result<String, ClerkError> {
    let Some(template) = template else {
        return clerk.convex_token(None, force).await;
    };
    let session = clerk.convex_token(None, false).await?;
    if !is_for_convex(&session) {
        return clerk.convex_token(Some(template), force).await;
    }
    if force {
        clerk.convex_token(None, true).await
    } else {
        Ok(session)
    }
}

fn is_for_convex(token: &str) -> bool {
    let claims = AuthToken::new(token).claims();
    claims.is_some_and(|claims| claims.is_for(AUDIENCE))
}

/// What it means that ClerkJS gave no token.
fn without_token(error: &ClerkError, degraded: bool) -> TokenAnswer {
    match error {
        ClerkError::Offline | ClerkError::Unavailable(_) => TokenAnswer::Unreachable,
        // Without Clerk's servers ClerkJS knows of no session, whatever there is.
        ClerkError::SignedOut if degraded => TokenAnswer::Unreachable,
        ClerkError::Api { status, .. } if *status == 429 || *status >= 500 => {
            TokenAnswer::Unreachable
        }
        error => {
            leptos::logging::error!(
                "Clerk gave no token for Convex: {error} ({}). {}",
                error.reason(),
                error.action()
            );
            TokenAnswer::NoToken
        }
    }
}

fn sign_in(state: &AuthState, previous: Option<&SignIn>) -> SignIn {
    match state {
        AuthState::Loading => SignIn::Loading,
        AuthState::Unauthenticated => SignIn::SignedOut,
        AuthState::Authenticated(identity) => {
            let now = signed_in(identity);
            match previous {
                Some(previous) if lacks_only_the_role(identity, &now, previous) => previous.clone(),
                _ => now,
            }
        }
    }
}

/// ClerkJS announces a session before it has a token for it, and the role is in the token alone.
fn lacks_only_the_role(identity: &Identity, now: &SignIn, previous: &SignIn) -> bool {
    let role_is_unknown = identity
        .organization
        .as_ref()
        .is_some_and(|organization| organization.role.is_none());
    match (now.key(), previous.key()) {
        (Some(now), Some(previous)) => role_is_unknown && previous.starts_with(now),
        _ => false,
    }
}

fn signed_in(identity: &Identity) -> SignIn {
    SignIn::signed_in(identity_key(identity), identity.user_id.clone())
}

/// Everything that makes a person who they are to the deployment. The role is last: it may be unknown for a while.
fn identity_key(identity: &Identity) -> String {
    let organization = identity.organization.as_ref();
    let parts = [
        Some(identity.session_id.as_str()),
        Some(identity.user_id.as_str()),
        organization.map(|organization| organization.id.as_str()),
        organization.and_then(|organization| organization.role.as_deref()),
    ];
    parts
        .map(Option::unwrap_or_default)
        .join(&SEPARATOR.to_string())
}

/// The session token in the page's cookies, if it is for Convex, for this person, and will live for a while.
fn token_at_hand(cookies: &str, key: &str, now_ms: i64) -> Option<AuthToken> {
    cookies
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter(|(name, _)| *name == "__session" || name.starts_with("__session_"))
        .filter_map(|(_, value)| usable(AuthToken::new(value), key, now_ms))
        .max_by_key(|(_, expires_at_ms)| *expires_at_ms)
        .map(|(token, _)| token)
}

fn usable(token: AuthToken, key: &str, now_ms: i64) -> Option<(AuthToken, i64)> {
    let claims = token.claims()?;
    let expires_at_ms = claims.expires_at_ms()?;
    let session: SessionClaims = token.payload()?;
    let identity = Identity::from_claims(&session).ok()?;
    let usable = claims.is_for(AUDIENCE)
        && expires_at_ms.saturating_sub(now_ms) >= MINIMUM_LIFE_MS
        && identity_key(&identity) == key;
    usable.then_some((token, expires_at_ms))
}

/// Whether a token is of this person, as far as it says.
fn is_of(token: &str, user_id: Option<&str>) -> bool {
    let claims: Option<SessionClaims> = AuthToken::new(token).payload();
    let subject = claims.as_ref().and_then(SessionClaims::user_id);
    subject.is_none() || subject == user_id
}

#[cfg(test)]
#[path = "clerk_source_tests.rs"]
mod tests;
