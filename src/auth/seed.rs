//! What the server tells the browser in the HTML.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;

use super::{AuthState, AuthView, Freshness};
use crate::{config::PublicConfiguration, fields::Fields, identity::Identity};

/// The hand-off from the server's rendering to the browser: the first render of both sides reads this and nothing else.
///
/// It holds the allow-listed claims of [`Identity`] and the public half of the configuration, never a token.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuthSeed {
    /// Who the request came from.
    pub state: SeedState,
    /// Keys and addresses that the browser needs to start ClerkJS.
    pub configuration: PublicConfiguration,
    /// When the server rendered the page, in milliseconds since the Unix epoch: the time that both sides' first render uses.
    pub rendered_at_ms: i64,
}

/// By hand: this and all that it holds is read in every browser, once.
impl<'de> Deserialize<'de> for AuthSeed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?;
        Self::read(Fields(&json)).ok_or_else(|| D::Error::custom("it is no seed"))
    }
}

impl AuthSeed {
    fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            state: SeedState::read(fields)?,
            configuration: PublicConfiguration::read(fields.object("configuration")?)?,
            rendered_at_ms: fields.integer("rendered_at_ms")?,
        })
    }
}

/// Who the request came from, as the server verified it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
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
    fn read(seed: Fields<'_>) -> Option<Self> {
        if let Some(name) = seed.text("state") {
            return match name.as_str() {
                "unknown" => Some(Self::Unknown),
                "signed_out" => Some(Self::SignedOut),
                _ => None,
            };
        }
        let signed_in = seed.object("state")?.object("signed_in")?;
        Some(Self::SignedIn {
            identity: Box::new(Identity::read(signed_in.object("identity")?)?),
            expires_at_ms: signed_in.integer("expires_at_ms")?,
        })
    }

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
