//! What the server tells the browser in the HTML.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AuthState, AuthView, Freshness};
use crate::{config::PublicConfiguration, identity::Identity};

/// The hand-off from the server's rendering to the browser: the first render of both sides reads this and nothing else.
///
/// It holds the allow-listed claims of [`Identity`] and the public half of the configuration, never a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthSeed {
    /// Who the request came from.
    pub state: SeedState,
    /// Keys and addresses that the browser needs to start ClerkJS.
    pub configuration: PublicConfiguration,
    /// When the server rendered the page, in milliseconds since the Unix epoch: the time that both sides' first render uses.
    pub rendered_at_ms: i64,
}

/// Who the request came from, as the server verified it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeedState {
    /// The server could not tell: verification was impossible, or the page was not rendered by a server.
    #[default]
    Unknown,
    /// The request carried no valid session.
    SignedOut,
    /// The request carried a valid session.
    SignedIn {
        /// The verified identity.
        identity: Box<Identity>,
        /// When the session token expires, in milliseconds since the Unix epoch.
        expires_at_ms: i64,
    },
}

impl SeedState {
    /// The view that the server renders and that the browser hydrates.
    #[must_use]
    pub fn view(&self) -> AuthView {
        let state = match self {
            Self::Unknown => AuthState::Loading,
            Self::SignedOut => AuthState::Unauthenticated,
            Self::SignedIn { identity, .. } => {
                AuthState::Authenticated(Arc::from(identity.clone()))
            }
        };
        AuthView {
            state,
            freshness: Freshness::Fresh,
        }
    }
}
