//! Requests with a token in the `Authorization` header. It hides the cookies completely, even when it is garbage.

use std::sync::Arc;

use crate::server::jwt::{DecodedToken, machine_token_type};
use crate::server::token::Token;
use crate::server::verify::VerificationError;

use super::{
    Authentication, Context, Credential, Flow, Reason, RefreshFailure, SignedOut, Verdict,
    VerifiedSession, refresh,
};

/// Where a session token came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    Header,
    Cookie,
}

impl Carrier {
    fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

impl Authentication<'_> {
    /// Only sessions are accepted.
    pub(super) fn session_header_token(&self, context: &Context<'_>, token: &str) -> Flow<Verdict> {
        let decoded = DecodedToken::decode(token).ok();
        if decoded
            .is_some_and(|decoded| decoded.machine_type().is_some() || decoded.is_non_session())
        {
            return Ok(Verdict::signed_out(Reason::TokenTypeMismatch));
        }
        self.header_session(context, token)
    }

    /// Several kinds are accepted.
    pub(super) fn any_header_token(&self, context: &Context<'_>, token: &str) -> Flow<Verdict> {
        if let Some(kind) = machine_token_type(token) {
            return self.machine_header_token(context, token, kind);
        }
        // Clerk's SDK accepts a token made from a JWT template as a session here. Such tokens are handed to third parties.
        let is_foreign =
            || DecodedToken::decode(token).is_ok_and(|decoded| decoded.is_non_session());
        if !self.options.input.accept_template_tokens && is_foreign() {
            return Ok(Verdict::signed_out(Reason::TokenTypeMismatch));
        }
        self.header_session(context, token)
    }

    fn header_session(&self, context: &Context<'_>, token: &str) -> Flow<Verdict> {
        match self.verify_session(context, token, None)? {
            Ok(session) => Ok(signed_in(token, session)),
            Err(error) => self.verification_failed(context, error, Carrier::Header),
        }
    }

    /// What happens with a session token that does not verify: a refresh, a handshake, or nobody is signed in.
    pub(super) fn verification_failed(
        &self,
        context: &Context<'_>,
        error: VerificationError,
        carrier: Carrier,
    ) -> Flow<Verdict> {
        let reason = match error {
            VerificationError::Expired => match self.refresh(context)? {
                Ok(verdict) => return Ok(verdict),
                Err(failure) => Reason::SessionTokenExpired(failure),
            },
            VerificationError::NotActiveYet => Reason::SessionTokenNotActiveYet,
            VerificationError::IssuedInTheFuture => Reason::SessionTokenIssuedInTheFuture,
            other => {
                let message = failure_message(other, carrier);
                return Ok(Verdict::signed_out_with(SignedOut::new(
                    Reason::Verification(other),
                    message,
                )));
            }
        };
        self.maybe_handshake(context, reason, failure_message(error, carrier))
    }

    /// Exchanges an expired token for a new one, where the request allows it.
    fn refresh(&self, context: &Context<'_>) -> Flow<Result<Verdict, RefreshFailure>> {
        if !context.is_get() {
            return Ok(Err(RefreshFailure::NotGet));
        }
        let Some(refresh_token) = &context.refresh else {
            return Ok(Err(RefreshFailure::NoRefreshCookie));
        };
        if !self.options.input.has_backend {
            return Ok(Err(RefreshFailure::NoBackend));
        }
        // The cookie's session is the one that is refreshed, even when it was the header's token that had expired.
        let expired = context
            .session
            .as_deref()
            .or(context.header_token.as_deref())
            .unwrap_or_default();
        let call = match refresh::call(context, expired, refresh_token) {
            Ok(call) => call,
            Err(failure) => return Ok(Err(failure)),
        };
        let cookies = match refresh::read(self.call(call)?) {
            Ok(cookies) => cookies,
            Err(failure) => return Ok(Err(failure)),
        };
        let token = last_session_token(&cookies).unwrap_or_default();
        let Ok(session) = self.verify_session(context, &token, None)? else {
            return Ok(Err(RefreshFailure::InvalidSessionToken));
        };
        let mut verdict = signed_in(&token, session);
        verdict.set_cookies = cookies;
        // Clerk's SDK lets a cache keep a response with somebody's cookies.
        verdict.no_store = true;
        Ok(Ok(verdict))
    }
}

pub(super) fn signed_in(token: &str, session: Arc<VerifiedSession>) -> Verdict {
    Verdict::signed_in(Credential::Session {
        token: Token::new(token),
        session,
    })
}

/// The token in the last cookie line that sets a session, in either form: `None` when no line does.
pub(super) fn last_session_token(cookies: &[String]) -> Option<String> {
    cookies.iter().rev().find_map(|line| {
        let pair = line.split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        name.trim()
            .starts_with("__session")
            .then(|| value.trim().to_owned())
    })
}

fn failure_message(error: VerificationError, carrier: Carrier) -> String {
    let action = error
        .action()
        .map(|action| format!(" {action}"))
        .unwrap_or_default();
    format!(
        "{error}.{action} (reason={}, token-carrier={})",
        error.reason(),
        carrier.as_str()
    )
}

#[cfg(test)]
mod tests {
    use super::last_session_token;

    #[test]
    fn the_last_session_cookie_counts_even_when_it_deletes() {
        let lines = |lines: &[&str]| {
            lines
                .iter()
                .map(|line| (*line).to_owned())
                .collect::<Vec<_>>()
        };
        let both = lines(&[
            "__session_abc=one; Path=/",
            "__session=two; Path=/",
            "__client_uat=5",
        ]);
        assert_eq!(last_session_token(&both).as_deref(), Some("two"));
        assert_eq!(
            last_session_token(&lines(&["__session=a", "__session=; Max-Age=0"])).as_deref(),
            Some("")
        );
        assert_eq!(last_session_token(&lines(&["__client_uat=5"])), None);
    }
}
