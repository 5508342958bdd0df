//! The parts of the decision one by one, for holding them against recorded cases. Not for applications.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::HeaderMap;
use url::Url;

use crate::identity::SessionClaims;

use super::authenticate::{
    self, AuthenticateError, Context, Cookies, KeySource, Options, RequestView, VerifiedSession,
};
use super::jwt::{self, DecodedToken};
use super::keys::VerificationKey;
use super::token::TokenType;
use super::token_cache::TokenCache;
use super::verify::{self, ClaimRules, HeaderType, VerificationError};

/// The cookies in a header.
#[must_use]
pub fn cookies(header: &str) -> BTreeMap<String, String> {
    Cookies::parse(header)
        .all()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into_owned()))
        .collect()
}

/// The token in an `Authorization` header.
#[must_use]
pub fn authorization_token(header: &str) -> Option<&str> {
    authenticate::parse_authorization(header)
}

/// The URL as the browser sees it.
#[must_use]
pub fn clerk_url(url: &Url, headers: &HeaderMap, trust_forwarded: bool) -> Url {
    authenticate::clerk_url(url, headers, trust_forwarded)
}

/// The suffix of a key's cookies.
#[must_use]
pub fn cookie_suffix(key: &str) -> String {
    crate::config::cookie_suffix(key)
}

/// Which cookies count.
#[derive(Clone, PartialEq, Eq)]
#[allow(missing_debug_implementations, reason = "it holds tokens")]
pub struct CookieChoice {
    /// Whether those with the suffix.
    pub suffixed: bool,
    /// The session cookie.
    pub session: Option<String>,
    /// When the client last changed.
    pub client_uat: i64,
    /// The development browser's token.
    pub dev_browser: Option<String>,
    /// The refresh token.
    pub refresh: Option<String>,
}

/// Which cookies of a request count.
///
/// # Errors
/// When the request cannot be decided about.
pub fn choose_cookies(
    request: &RequestView<'_>,
    options: &Options,
    keys: &dyn KeySource,
    now_ms: i64,
) -> Result<CookieChoice, AuthenticateError> {
    let context = Context::new(request, options, keys, now_ms)?;
    Ok(CookieChoice {
        suffixed: context.suffixed,
        session: context.session,
        client_uat: context.client_uat,
        dev_browser: context.dev_browser,
        refresh: context.refresh,
    })
}

/// The kind of machine token that a text is, and whether its header says that it is no session token.
#[must_use]
pub fn machine_token(token: &str) -> (Option<TokenType>, bool) {
    let is_non_session = DecodedToken::decode(token).is_ok_and(|decoded| decoded.is_non_session());
    (jwt::machine_token_type(token), is_non_session)
}

/// Verifies a session token with a key that is asked for by its id.
///
/// # Errors
/// Why it is not accepted.
pub fn verify_token(
    token: &str,
    key: impl FnOnce(&str) -> Result<Arc<VerificationKey>, VerificationError>,
    rules: &ClaimRules,
    header_types: Option<&[&str]>,
    now_ms: i64,
) -> Result<SessionClaims, VerificationError> {
    let decoded = DecodedToken::decode(token)?;
    verify::check_not_machine(&decoded)?;
    let key = key(decoded.key_id().unwrap_or_default())?;
    let header_type = header_types.map_or(HeaderType::Jwt, HeaderType::OneOf);
    verify::check_signature(token, &decoded, &key, header_type)?;
    verify::check_claims(&decoded.claims, rules, now_ms)?;
    Ok(decoded.claims)
}

/// Verification that remembers, as the layer's does.
#[derive(Default)]
#[allow(missing_debug_implementations, reason = "it holds tokens")]
pub struct RememberingVerifier {
    tokens: TokenCache,
    rules: ClaimRules,
}

impl RememberingVerifier {
    /// Verifies a session token, once with its signature and from then on from memory.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub fn verify(
        &self,
        token: &str,
        key: &VerificationKey,
        now_ms: i64,
    ) -> Result<Arc<VerifiedSession>, VerificationError> {
        if let Some(session) = self.tokens.get(token, now_ms) {
            return verify::check_times(session.claims(), self.rules.clock_skew_ms, now_ms)
                .map(|()| session);
        }
        let decoded = DecodedToken::decode(token)?;
        verify::check_not_machine(&decoded)?;
        verify::check_signature(token, &decoded, key, HeaderType::Jwt)?;
        verify::check_claims(&decoded.claims, &self.rules, now_ms)?;
        let session = Arc::new(VerifiedSession::new(decoded));
        self.tokens.insert(token, &session);
        Ok(session)
    }

    /// Forgets everything.
    pub fn forget(&self) {
        self.tokens.clear();
    }
}
