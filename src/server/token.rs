//! Tokens that do not print themselves.

use std::fmt;

use zeroize::Zeroizing;

/// A session or machine token. Whoever holds it is its subject, so it never prints and is overwritten when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// Takes a token over.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(Zeroizing::new(token.into()))
    }

    /// The token itself, to send it on.
    #[must_use]
    pub fn as_secret_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// The kinds of credential that a request can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenType {
    /// A person's session.
    Session,
    /// An API key, `ak_…`.
    ApiKey,
    /// A machine-to-machine token, `mt_…` or a JWT.
    MachineToMachine,
    /// An OAuth access token, `oat_…` or a JWT.
    OAuth,
}

impl TokenType {
    /// Clerk's name for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session_token",
            Self::ApiKey => "api_key",
            Self::MachineToMachine => "m2m_token",
            Self::OAuth => "oauth_token",
        }
    }

    /// Reads Clerk's name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Session,
            Self::ApiKey,
            Self::MachineToMachine,
            Self::OAuth,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
}

/// Which kinds of credential somebody accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcceptedTokens {
    /// Every kind.
    Any,
    /// One kind.
    Only(TokenType),
    /// Any of these kinds.
    OneOf(Vec<TokenType>),
}

impl Default for AcceptedTokens {
    fn default() -> Self {
        Self::Only(TokenType::Session)
    }
}

impl From<TokenType> for AcceptedTokens {
    fn from(kind: TokenType) -> Self {
        Self::Only(kind)
    }
}

impl AcceptedTokens {
    /// Whether this kind is accepted.
    #[must_use]
    pub fn includes(&self, kind: TokenType) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => *only == kind,
            Self::OneOf(kinds) => kinds.contains(&kind),
        }
    }
}
