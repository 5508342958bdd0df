//! Tokens of machines. Their endpoints have no version in the path.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::server::Token;

use super::sessions::token;
use super::{BackendClient, BackendError, BackendRequest};

/// A machine-to-machine token. Times are unix milliseconds.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct MachineToken {
    /// `mt_…`.
    pub id: String,
    /// The machine, `mch_…`.
    pub subject: String,
    /// The machines that it may talk to.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Claims of one's own.
    #[serde(default)]
    pub claims: Option<Map<String, Value>>,
    /// Whether it was revoked.
    #[serde(default)]
    pub revoked: bool,
    /// Why.
    #[serde(default)]
    pub revocation_reason: Option<String>,
    /// Whether it has expired.
    #[serde(default)]
    pub expired: bool,
    /// When it expires; `None` for never.
    #[serde(default)]
    pub expiration: Option<i64>,
    /// When it was made.
    #[serde(default)]
    pub created_at: i64,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: i64,
    /// The token itself, only in the answer to its creation.
    #[serde(default, deserialize_with = "optional_token")]
    pub token: Option<Token>,
}

/// An API key of a user or an organization. Times are unix milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ApiKey {
    /// `ak_…`.
    pub id: String,
    /// The kind of key.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// The name that its owner gave it.
    #[serde(default)]
    pub name: String,
    /// Whose it is: `user_…` or `org_…`.
    pub subject: String,
    /// What it allows.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Claims of one's own.
    #[serde(default)]
    pub claims: Option<Map<String, Value>>,
    /// Whether it was revoked.
    #[serde(default)]
    pub revoked: bool,
    /// Why.
    #[serde(default)]
    pub revocation_reason: Option<String>,
    /// Whether it has expired.
    #[serde(default)]
    pub expired: bool,
    /// When it expires; `None` for never.
    #[serde(default)]
    pub expiration: Option<i64>,
    /// Who made it.
    #[serde(default)]
    pub created_by: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// When it was last used.
    #[serde(default)]
    pub last_used_at: Option<i64>,
    /// When it was made.
    #[serde(default)]
    pub created_at: i64,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: i64,
}

/// An OAuth access token that this instance issued. Times are unix milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OAuthAccessToken {
    /// `oat_…`.
    pub id: String,
    /// The OAuth application.
    pub client_id: String,
    /// The kind of token.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Whose it is, `user_…`.
    pub subject: String,
    /// What it allows.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Whether it was revoked.
    #[serde(default)]
    pub revoked: bool,
    /// Why.
    #[serde(default)]
    pub revocation_reason: Option<String>,
    /// Whether it has expired.
    #[serde(default)]
    pub expired: bool,
    /// When it expires; `None` for never.
    #[serde(default)]
    pub expiration: Option<i64>,
    /// When it was made.
    #[serde(default)]
    pub created_at: i64,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: i64,
}

/// The form of a machine-to-machine token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MachineTokenFormat {
    /// A random text that Clerk looks up; it can be revoked.
    #[default]
    Opaque,
    /// A JWT that is verified without Clerk; it cannot be revoked.
    Jwt,
}

/// A machine-to-machine token to be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewMachineToken {
    /// How long it lives; `None` for Clerk's default.
    pub seconds_until_expiration: Option<u64>,
    /// Claims of one's own.
    pub claims: Option<Map<String, Value>>,
    /// Its form.
    pub format: MachineTokenFormat,
}

fn optional_token<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Token>, D::Error> {
    #[derive(Deserialize)]
    struct Inner(#[serde(deserialize_with = "token")] Token);
    Option::<Inner>::deserialize(deserializer).map(|inner| inner.map(|inner| inner.0))
}

impl BackendClient {
    /// Makes a machine-to-machine token for the machine whose key is configured (`CLERK_MACHINE_SECRET_KEY`).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn create_machine_token(
        &self,
        new: NewMachineToken,
    ) -> Result<MachineToken, BackendError> {
        let body = json!({
            "seconds_until_expiration": new.seconds_until_expiration,
            "claims": new.claims,
            "token_format": new.format,
        });
        self.fetch(
            BackendRequest::unversioned(Method::POST, ["m2m_tokens"])
                .body(body)
                .with_machine_key(),
        )
        .await
    }

    /// What an opaque machine-to-machine token stands for.
    ///
    /// # Errors
    /// As [`send`](Self::send); a token that Clerk does not know is a 404.
    pub async fn verify_machine_token(&self, token: &Token) -> Result<MachineToken, BackendError> {
        let body = json!({ "token": token.as_secret_str() });
        self.fetch(
            BackendRequest::unversioned(Method::POST, ["m2m_tokens", "verify"])
                .body(body)
                .with_machine_key(),
        )
        .await
    }

    /// What an API key stands for.
    ///
    /// # Errors
    /// As [`send`](Self::send); a key that Clerk does not know is a 404.
    pub async fn verify_api_key(&self, key: &Token) -> Result<ApiKey, BackendError> {
        let body = json!({ "secret": key.as_secret_str() });
        self.fetch(BackendRequest::unversioned(Method::POST, ["api_keys", "verify"]).body(body))
            .await
    }

    /// What an opaque OAuth access token stands for.
    ///
    /// # Errors
    /// As [`send`](Self::send); a token that Clerk does not know is a 404.
    pub async fn verify_oauth_token(
        &self,
        token: &Token,
    ) -> Result<OAuthAccessToken, BackendError> {
        let body = json!({ "access_token": token.as_secret_str() });
        let path = ["oauth_applications", "access_tokens", "verify"];
        self.fetch(BackendRequest::unversioned(Method::POST, path).body(body))
            .await
    }
}
