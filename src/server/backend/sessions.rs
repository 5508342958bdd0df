//! Sessions, and tokens made for them.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::server::Token;

use super::{BackendClient, BackendError, BackendRequest};

/// A session. Times are unix milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// `sess_…`.
    pub id: String,
    /// The client (browser, device) that it is on.
    pub client_id: String,
    /// Whose it is.
    pub user_id: String,
    /// `active`, `pending`, `ended`, `expired`, `removed`, `replaced`, `revoked` or `abandoned`.
    pub status: String,
    /// The organization that was last active in it.
    #[serde(default)]
    pub last_active_organization_id: Option<String>,
    /// Who acts, when it is an impersonation.
    #[serde(default)]
    pub actor: Option<Value>,
    /// Where it was last used from.
    #[serde(default)]
    pub latest_activity: Option<SessionActivity>,
    /// When it was last used.
    #[serde(default)]
    pub last_active_at: i64,
    /// When it ends.
    #[serde(default)]
    pub expire_at: i64,
    /// When it counts as abandoned.
    #[serde(default)]
    pub abandon_at: i64,
    /// When it began.
    #[serde(default)]
    pub created_at: i64,
    /// When it last changed.
    #[serde(default)]
    pub updated_at: i64,
}

/// Where a session was used from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionActivity {
    /// The kind of device.
    pub device_type: Option<String>,
    /// Whether it is a mobile device.
    pub is_mobile: bool,
    /// The browser.
    pub browser_name: Option<String>,
    /// Its version.
    pub browser_version: Option<String>,
    /// The address.
    pub ip_address: Option<String>,
    /// The city of the address.
    pub city: Option<String>,
    /// The country of the address.
    pub country: Option<String>,
}

/// A ticket that signs a user in without credentials.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct SignInToken {
    /// `sit_…`.
    pub id: String,
    /// Whom it signs in.
    pub user_id: String,
    /// The ticket itself.
    #[serde(deserialize_with = "token")]
    pub token: Token,
    /// `pending`, `accepted` or `revoked`.
    pub status: String,
}

/// A token that takes a test past bot detection.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct TestingToken {
    /// The token, for the query parameter `__clerk_testing_token`.
    #[serde(deserialize_with = "token")]
    pub token: Token,
    /// When it ends, in unix seconds.
    pub expires_at: i64,
}

#[derive(Deserialize)]
struct SessionToken {
    #[serde(deserialize_with = "token")]
    jwt: Token,
}

/// Reads a token so that it never prints.
pub(super) fn token<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Token, D::Error> {
    String::deserialize(deserializer).map(Token::new)
}

impl BackendClient {
    /// One session.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn session(&self, session_id: &str) -> Result<Session, BackendError> {
        self.fetch(BackendRequest::new(Method::GET, ["sessions", session_id]))
            .await
    }

    /// Ends a session from outside: its tokens stop being renewed, and work until they expire (a minute).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn revoke_session(&self, session_id: &str) -> Result<Session, BackendError> {
        self.fetch(BackendRequest::new(
            Method::POST,
            ["sessions", session_id, "revoke"],
        ))
        .await
    }

    /// A new token of a session: the plain one, or by a JWT template of this name. An empty name is none. `expires_in_seconds`
    /// sets a lifetime other than the configured one.
    ///
    /// # Errors
    /// As [`send`](Self::send); an unknown template is a 404.
    pub async fn session_token(
        &self,
        session_id: &str,
        template: Option<&str>,
        expires_in_seconds: Option<u64>,
    ) -> Result<Token, BackendError> {
        let mut parts = vec!["sessions", session_id, "tokens"];
        parts.extend(template.filter(|template| !template.is_empty()));
        let mut request = BackendRequest::new(Method::POST, parts);
        if let Some(seconds) = expires_in_seconds {
            request = request.body(json!({ "expires_in_seconds": seconds }));
        }
        self.fetch::<SessionToken>(request)
            .await
            .map(|token| token.jwt)
    }

    /// The cookies that a handshake's nonce stands for, each a complete `Set-Cookie` line.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn handshake_payload(&self, nonce: &str) -> Result<Vec<String>, BackendError> {
        #[derive(Deserialize)]
        struct HandshakePayload {
            directives: Vec<String>,
        }
        let request = BackendRequest::new(Method::GET, ["clients", "handshake_payload"])
            .query("nonce", Some(nonce));
        self.fetch::<HandshakePayload>(request)
            .await
            .map(|payload| payload.directives)
    }

    /// The client (browser, device) that a client token stands for, as Clerk describes it.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn verify_client(&self, token: &Token) -> Result<Value, BackendError> {
        let body = json!({ "token": token.as_secret_str() });
        self.send(BackendRequest::new(Method::POST, ["clients", "verify"]).body(body))
            .await
    }

    /// The instance's public keys, as a JSON Web Key Set.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn jwks(&self) -> Result<Value, BackendError> {
        self.send(BackendRequest::new(Method::GET, ["jwks"])).await
    }

    /// The instance's JWT templates, as Clerk describes them.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn jwt_templates(&self) -> Result<Value, BackendError> {
        self.send(BackendRequest::new(Method::GET, ["jwt_templates"]))
            .await
    }

    /// A ticket that signs this user in, valid for so many seconds (30 days when not given).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn create_sign_in_token(
        &self,
        user_id: &str,
        expires_in_seconds: Option<u64>,
    ) -> Result<SignInToken, BackendError> {
        let mut body = json!({ "user_id": user_id });
        if let Some(seconds) = expires_in_seconds {
            body["expires_in_seconds"] = json!(seconds);
        }
        self.fetch(BackendRequest::new(Method::POST, ["sign_in_tokens"]).body(body))
            .await
    }

    /// A token that takes tests of a development instance past bot detection.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn create_testing_token(&self) -> Result<TestingToken, BackendError> {
        self.fetch(BackendRequest::new(Method::POST, ["testing_tokens"]))
            .await
    }
}
