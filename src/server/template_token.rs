//! Tokens for other services.

use serde_json::{Value, json};

use crate::clerk::ClerkError;

use super::auth::Auth;
use super::authenticate::{BackendCall, BackendKey, BackendReply};
use super::authenticator::Authenticator;

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignedOut,
    /// The Backend API did not answer.
    #[error("the Backend API did not answer")]
    Unreachable,
    /// The Backend API refused.
    #[error("the Backend API gave no token (status {status}, {code})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Clerk's error code.
        code: String,
    },
}

impl TokenError {
    /// A stable name.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::Unreachable => "backend-unreachable",
            Self::Refused { status: 404, .. } => "template-unknown",
            Self::Refused { .. } => "backend-refused",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::SignedOut => "Ask for a token only when somebody is signed in.",
            Self::Unreachable => "Check the way from this server to the Backend API.",
            Self::Refused { status: 404, .. } => {
                "Create the JWT template in the Clerk dashboard, or correct its name."
            }
            Self::Refused { .. } => "Look at the error code.",
        }
    }
}

impl From<TokenError> for ClerkError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::SignedOut => Self::SignedOut,
            TokenError::Unreachable => Self::Offline,
            TokenError::Refused { status, code } => Self::Api {
                message: "the Backend API gave no token".to_owned(),
                code,
                status,
            },
        }
    }
}

pub(super) async fn token(
    auth: &Auth,
    authenticator: &Authenticator,
    template: Option<&str>,
) -> Result<String, TokenError> {
    let (Some(session_id), Some(token)) = (auth.session_id(), auth.token()) else {
        return Err(TokenError::SignedOut);
    };
    let Some(template) = template.filter(|template| !template.is_empty()) else {
        return Ok(token.as_secret_str().to_owned());
    };
    // Both become segments of a path.
    if is_dots(session_id) || is_dots(template) {
        return Err(TokenError::Refused {
            status: 404,
            code: "resource_not_found".to_owned(),
        });
    }
    let reply = authenticator
        .call(BackendCall {
            method: http::Method::POST,
            path: format!(
                "/v1/sessions/{}/tokens/{}",
                encode(session_id),
                encode(template)
            ),
            query: Vec::new(),
            body: None,
            key: BackendKey::Secret,
        })
        .await;
    read(&reply)
}

fn read(reply: &BackendReply) -> Result<String, TokenError> {
    let status = reply.status.ok_or(TokenError::Unreachable)?;
    let jwt = reply.body.get("jwt").and_then(Value::as_str);
    match (status, jwt) {
        (200..300, Some(jwt)) => Ok(jwt.to_owned()),
        _ => {
            let code = reply
                .body
                .pointer("/errors/0/code")
                .unwrap_or(&json!("unknown"))
                .as_str()
                .map(str::to_owned);
            Err(TokenError::Refused {
                status,
                code: code.unwrap_or_default(),
            })
        }
    }
}

fn is_dots(segment: &str) -> bool {
    segment.is_empty() || segment == "." || segment == ".."
}

fn encode(segment: &str) -> String {
    percent_encoding::utf8_percent_encode(segment, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%5F", "_")
        .replace("%2D", "-")
}
