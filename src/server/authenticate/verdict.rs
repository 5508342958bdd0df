//! What authentication comes to: signed in, signed out, or off to a handshake.

use std::borrow::Cow;
use std::sync::Arc;

use crate::identity::{ClaimsError, Identity, SessionClaims};
use crate::server::jwt::DecodedToken;
use crate::server::token::{Token, TokenType};
use crate::server::verify::VerificationError;

use super::machine::MachineAuth;

/// A session token that was verified, with everything read out of it.
///
/// Shared between requests that carry the same token.
pub struct VerifiedSession {
    pub(crate) decoded: DecodedToken,
    /// Who it is. A token that verifies may still not name a person, or be malformed in its custom claims.
    pub identity: Result<Arc<Identity>, ClaimsError>,
}

impl VerifiedSession {
    pub(crate) fn new(decoded: DecodedToken) -> Self {
        let identity = Identity::from_claims(&decoded.claims).map(Arc::new);
        Self { decoded, identity }
    }

    /// Every claim of the token.
    #[must_use]
    pub fn claims(&self) -> &SessionClaims {
        &self.decoded.claims
    }
}

impl std::fmt::Debug for VerifiedSession {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("VerifiedSession")
            .field("claims", self.claims())
            .finish_non_exhaustive()
    }
}

/// The outcome of authenticating a request, and what the response has to carry because of it.
#[derive(Clone)]
pub struct Verdict {
    /// Signed in, signed out, or off to a handshake.
    pub outcome: Outcome,
    /// Where the browser has to go, with status 307, before anything is rendered. Always there for a handshake; a completed
    /// development handshake has it beside any outcome.
    pub location: Option<String>,
    /// `Set-Cookie` lines, verbatim and in order.
    pub set_cookies: Vec<String>,
    /// Whether the response must not be stored: it redirects, or carries cookies of one person.
    pub no_store: bool,
}

impl std::fmt::Debug for Verdict {
    /// Without location and cookies: they hold tokens.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Verdict")
            .field("outcome", &self.outcome)
            .field("redirects", &self.location.is_some())
            .field("cookies", &self.set_cookies.len())
            .field("no_store", &self.no_store)
            .finish()
    }
}

/// The three outcomes.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A credential was verified.
    SignedIn(Credential),
    /// None was, and this is why.
    SignedOut(SignedOut),
    /// The browser has to visit the Frontend API first.
    Handshake(SignedOut),
}

/// A verified credential.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A person's session.
    Session {
        /// The token as it arrived.
        token: Token,
        /// What it says.
        session: Arc<VerifiedSession>,
    },
    /// A machine, or somebody's API key or OAuth token.
    Machine {
        /// The token as it arrived.
        token: Token,
        /// What it stands for.
        machine: Arc<MachineAuth>,
    },
}

/// Why nobody is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOut {
    /// The reason.
    pub reason: Reason,
    /// More about it, for an operator; may be empty. Never holds a token.
    pub message: String,
    /// The kind of credential that was looked for; `None` when several kinds were accepted and none of them came.
    pub token_type: Option<TokenType>,
}

impl Verdict {
    pub(super) fn signed_in(credential: Credential) -> Self {
        Self {
            outcome: Outcome::SignedIn(credential),
            location: None,
            set_cookies: Vec::new(),
            no_store: false,
        }
    }

    pub(super) fn signed_out(reason: Reason) -> Self {
        Self::signed_out_with(SignedOut::new(reason, String::new()))
    }

    pub(super) fn signed_out_with(signed_out: SignedOut) -> Self {
        Self {
            outcome: Outcome::SignedOut(signed_out),
            location: None,
            set_cookies: Vec::new(),
            no_store: false,
        }
    }

    /// Headers that say why nobody is signed in: name and value. A signed-in response has none.
    #[must_use]
    pub fn debug_headers(&self) -> Vec<(&'static str, Cow<'_, str>)> {
        let (status, signed_out) = match &self.outcome {
            Outcome::SignedIn(_) => return Vec::new(),
            Outcome::SignedOut(signed_out) => ("signed-out", signed_out),
            Outcome::Handshake(signed_out) => ("handshake", signed_out),
        };
        let mut headers = vec![
            ("x-clerk-auth-status", Cow::Borrowed(status)),
            ("x-clerk-auth-reason", signed_out.reason.as_str()),
        ];
        if !signed_out.message.is_empty() {
            headers.push(("x-clerk-auth-message", Cow::Borrowed(&signed_out.message)));
        }
        headers
    }
}

impl SignedOut {
    pub(super) fn new(reason: Reason, message: String) -> Self {
        Self {
            reason,
            message,
            token_type: Some(TokenType::Session),
        }
    }

    pub(super) fn of_type(reason: Reason, token_type: Option<TokenType>) -> Self {
        Self {
            reason,
            message: String::new(),
            token_type,
        }
    }
}

/// Why nobody is signed in, in Clerk's names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Nobody was ever signed in here: the normal anonymous visitor.
    SessionTokenAndUatMissing,
    /// The handshake says that nobody is signed in.
    SessionTokenMissing,
    /// Somebody is signed in, but this domain has no session token yet.
    ClientUatButNoSessionToken,
    /// There is a session token, but nothing says that somebody is signed in.
    SessionTokenButNoClientUat,
    /// The session token is older than the last change of the client.
    SessionTokenIssuedBeforeClientUat,
    /// The session token is not valid yet.
    SessionTokenNotActiveYet,
    /// The session token was issued in the future.
    SessionTokenIssuedInTheFuture,
    /// The session token has expired, and this is why it was not refreshed.
    SessionTokenExpired(RefreshFailure),
    /// A development browser has no token yet.
    DevBrowserMissing,
    /// The development browser's token arrived in the URL.
    DevBrowserSync,
    /// A satellite has to ask its primary.
    SatelliteNeedsSyncing,
    /// A primary answers its satellite.
    PrimaryRespondsToSyncing,
    /// The page was reached from another origin, so the session may have changed there.
    PrimaryDomainCrossOriginSync,
    /// The URL names another organization than the active one.
    ActiveOrganizationMismatch,
    /// The credential is of a kind that is not accepted.
    TokenTypeMismatch,
    /// A machine token was expected in the `Authorization` header, which has none.
    NoTokenInHeader,
    /// Something that has no name of its own.
    UnexpectedError,
    /// The token did not verify.
    Verification(VerificationError),
}

/// Why an expired session token was not refreshed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshFailure {
    /// Only GET requests refresh.
    NotGet,
    /// There is no refresh cookie.
    NoRefreshCookie,
    /// The Backend API cannot be called.
    NoBackend,
    /// The expired token cannot be read.
    TokenUnreadable,
    /// The expired token names no session.
    NoSessionId,
    /// The Backend API could not be reached.
    Fetch,
    /// The Backend API refused, with this code.
    Backend(String),
    /// The Backend API refused without saying why.
    BackendSilent,
    /// The Backend API's answer has no cookies.
    Empty,
    /// The Backend API's answer has a session token that does not verify.
    InvalidSessionToken,
}

impl RefreshFailure {
    fn as_str(&self) -> &str {
        match self {
            Self::NotGet => "non-eligible-non-get",
            Self::NoRefreshCookie => "non-eligible-no-refresh-cookie",
            Self::NoBackend => "missing-api-client",
            Self::TokenUnreadable => "expired-session-token-decode-failed",
            Self::NoSessionId => "expired-session-token-missing-sid-claim",
            Self::Fetch => "fetch-error",
            Self::Backend(code) => code,
            Self::BackendSilent => "unexpected-bapi-error",
            Self::Empty => "unexpected-sdk-error",
            Self::InvalidSessionToken => "invalid-session-token",
        }
    }
}

impl Reason {
    /// Clerk's stable name, as it stands in `x-clerk-auth-reason`.
    #[must_use]
    pub fn as_str(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::SessionTokenAndUatMissing => "session-token-and-uat-missing",
            Self::SessionTokenMissing => "session-token-missing",
            Self::ClientUatButNoSessionToken => "client-uat-but-no-session-token",
            Self::SessionTokenButNoClientUat => "session-token-but-no-client-uat",
            Self::SessionTokenIssuedBeforeClientUat => "session-token-iat-before-client-uat",
            Self::SessionTokenNotActiveYet => "session-token-nbf",
            Self::SessionTokenIssuedInTheFuture => "session-token-iat-in-the-future",
            Self::SessionTokenExpired(failure) => {
                return Cow::Owned(format!(
                    "session-token-expired-refresh-{}",
                    failure.as_str()
                ));
            }
            Self::DevBrowserMissing => "dev-browser-missing",
            Self::DevBrowserSync => "dev-browser-sync",
            Self::SatelliteNeedsSyncing => "satellite-needs-syncing",
            Self::PrimaryRespondsToSyncing => "primary-responds-to-syncing",
            Self::PrimaryDomainCrossOriginSync => "primary-domain-cross-origin-sync",
            Self::ActiveOrganizationMismatch => "active-organization-mismatch",
            Self::TokenTypeMismatch => "token-type-mismatch",
            // Clerk's literal, spaces included.
            Self::NoTokenInHeader => "No token in header",
            Self::UnexpectedError => "unexpected-error",
            Self::Verification(error) => error.reason(),
        })
    }

    /// Whether this says something about this server and its way to Clerk, and nothing about the visitor.
    #[must_use]
    pub fn is_operational(&self) -> bool {
        matches!(self, Self::Verification(error) if error.is_operational())
    }
}
