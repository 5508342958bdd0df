//! Handshakes: sending a browser to the Frontend API, and reading what it brings back.

use url::Url;

use crate::server::jwt::DecodedToken;
use crate::server::verify::{self, HeaderType, VerificationError};

use super::header_flow::{last_session_token, signed_in};
use super::refresh::texts;
use super::url::{edit_query, without_parameters};
use super::{
    AuthenticateError, Authentication, BackendCall, BackendKey, Context, Flow, Halt, Outcome,
    Reason, SignedOut, Verdict,
};

/// A browser that has been redirected this often in two seconds is in a loop.
const LOOP_LIMIT: u32 = 3;

/// How far off a developer's clock may be for a session that has just been made.
const DEVELOPMENT_SKEW_MS: i64 = 86_400_000;

/// The version of the Frontend API that this speaks.
const API_VERSION: &str = "2026-05-12";

impl Authentication<'_> {
    /// Sends the browser to the Frontend API if it may be sent anywhere, else nobody is signed in.
    pub(super) fn maybe_handshake(
        &self,
        context: &Context<'_>,
        reason: Reason,
        message: String,
    ) -> Flow<Verdict> {
        let location = self.handshake_location(context, &reason)?;
        Ok(redirect_or_sign_out(context, reason, message, location))
    }

    /// The Frontend API's handshake page, told where to return to and what is known.
    fn handshake_location(&self, context: &Context<'_>, reason: &Reason) -> Flow<Option<Url>> {
        let Some(instance) = &self.options.instance else {
            return Ok(None);
        };
        let return_to =
            without_parameters(&context.clerk_url, &["__clerk_db_jwt", "__dev_session"]);
        let base = if instance.frontend_api.starts_with('/') {
            context
                .clerk_url
                .join(&instance.frontend_api)
                .map(String::from)
                .unwrap_or_default()
        } else if instance.frontend_api.starts_with("http") {
            instance.frontend_api.clone()
        } else {
            format!("https://{}", instance.frontend_api)
        };
        let base = format!("{}/v1/client/handshake", base.trim_end_matches('/'));
        let mut url = Url::parse(&base).map_err(|_| Halt::Error(AuthenticateError::ProxyUrl))?;
        edit_query(&mut url, |pairs| {
            let mut add = |name: &str, value: &str| pairs.push((name.to_owned(), value.to_owned()));
            add("redirect_url", return_to.as_str());
            add("__clerk_api_version", API_VERSION);
            add(
                "suffixed_cookies",
                if context.suffixed { "true" } else { "false" },
            );
            add("__clerk_hs_reason", &reason.as_str());
            add("format", "nonce");
            if let Some(token) = context
                .session
                .as_deref()
                .or(context.header_token.as_deref())
            {
                add("__session", token);
            }
            if let Some(token) = context
                .dev_browser
                .as_deref()
                .filter(|_| instance.is_development())
            {
                add("__clerk_db_jwt", token);
            }
            if let Some(target) = context.organization_target() {
                add("organization_id", target.as_parameter());
            }
        });
        Ok(Some(url))
    }

    /// What a returning handshake says: a verdict, or `None` when it leads nowhere and the cookies have to speak.
    pub(super) fn resolve_handshake(&self, context: &Context<'_>) -> Flow<Option<Verdict>> {
        let directives = match (&context.handshake_nonce, &context.handshake_token) {
            (None, None) => return Ok(None),
            (Some(nonce), _) => self.handshake_payload(nonce)?,
            (None, Some(token)) => match self.verify_handshake(token)? {
                Ok(directives) => directives,
                Err(error) if self.is_development() => {
                    return Err(AuthenticateError::Handshake(error).into());
                }
                Err(error) => {
                    tracing::debug!(
                        reason = error.reason(),
                        "ignoring a handshake that does not verify"
                    );
                    return Ok(None);
                }
            },
        };
        let token = last_session_token(&directives).unwrap_or_default();
        let mut verdict = if token.is_empty() {
            Verdict::signed_out(Reason::SessionTokenMissing)
        } else {
            match self.verify_handshake_session(context, &token)? {
                Some(verdict) => verdict,
                None => return Ok(None),
            }
        };
        verdict.set_cookies = directives;
        // Clerk's SDK marks only redirects; but these are one person's cookies. It also adds a pair of CORS headers for
        // fetches that followed the redirects. Only pages are sent to handshakes here, so there are none.
        verdict.no_store = true;
        if self.is_development() {
            let clean = without_parameters(
                &context.clerk_url,
                &[
                    "__clerk_handshake",
                    "__clerk_help",
                    "__clerk_db_jwt",
                    "__clerk_handshake_nonce",
                ],
            );
            verdict.location = Some(clean.into());
        }
        Ok(Some(verdict))
    }

    pub(super) fn is_development(&self) -> bool {
        self.options
            .instance
            .as_ref()
            .is_some_and(super::options::Instance::is_development)
    }

    /// The cookie lines that a nonce stands for. A nonce that cannot be exchanged stands for none.
    fn handshake_payload(&self, nonce: &str) -> Flow<Vec<String>> {
        if !self.options.input.has_backend {
            return Ok(Vec::new());
        }
        let reply = self.call(BackendCall {
            method: http::Method::GET,
            path: "/v1/clients/handshake_payload".to_owned(),
            query: vec![("nonce", nonce.to_owned())],
            body: None,
            key: BackendKey::Secret,
        })?;
        Ok(texts(
            reply.success().and_then(|body| body.get("directives")),
        ))
    }

    /// The cookie lines in a handshake token. It has no times and no subject: whoever carries it has just been given it.
    fn verify_handshake(&self, token: &str) -> Flow<Result<Vec<String>, VerificationError>> {
        let decoded = match DecodedToken::decode(token) {
            Ok(decoded) => decoded,
            Err(error) => return Ok(Err(error.into())),
        };
        let key = match self.key_for(&decoded)? {
            Ok(key) => key,
            Err(error) => return Ok(Err(error)),
        };
        if decoded.is_non_session() {
            return Ok(Err(VerificationError::Invalid));
        }
        let verified = verify::check_signature(token, &decoded, &key, HeaderType::Jwt);
        Ok(verified.map(|()| texts(decoded.claims.claim("handshake"))))
    }

    fn verify_handshake_session(
        &self,
        context: &Context<'_>,
        token: &str,
    ) -> Flow<Option<Verdict>> {
        let error = match self.verify_session(context, token, None)? {
            Ok(session) => return Ok(Some(signed_in(token, session))),
            Err(error) => error,
        };
        let is_clock = matches!(
            error,
            VerificationError::Expired
                | VerificationError::NotActiveYet
                | VerificationError::IssuedInTheFuture
        );
        if self.is_development() && is_clock {
            let session = self.verify_session(context, token, Some(DEVELOPMENT_SKEW_MS))?;
            if let Ok(session) = session {
                tracing::warn!(
                    reason = error.reason(),
                    "this machine's clock is off: a session token that has just been issued is not valid at this time"
                );
                return Ok(Some(signed_in(token, session)));
            }
        }
        tracing::debug!(
            reason = error.reason(),
            "the session in a handshake does not verify"
        );
        Ok(None)
    }
}

/// A redirect to `location` if the request allows it and the browser is not in a loop; else nobody is signed in.
pub(super) fn redirect_or_sign_out(
    context: &Context<'_>,
    reason: Reason,
    message: String,
    location: Option<Url>,
) -> Verdict {
    let signed_out = SignedOut::new(reason, message);
    let Some(location) = location.filter(|_| context.is_eligible_for_handshake()) else {
        return Verdict::signed_out_with(signed_out);
    };
    // Clerk's SDK stops at exactly three, so that a forged counter of four goes on for ever.
    if context.redirect_count >= LOOP_LIMIT {
        tracing::warn!(
            reason = %signed_out.reason.as_str(),
            "stopped a redirect loop: check that the keys belong to one Clerk instance and that this machine's clock is right"
        );
        return Verdict::signed_out_with(signed_out);
    }
    let count = context.redirect_count + 1;
    Verdict {
        outcome: Outcome::Handshake(signed_out),
        location: Some(location.into()),
        set_cookies: vec![format!(
            "__clerk_redirect_count={count}; SameSite=Lax; HttpOnly; Max-Age=2"
        )],
        no_store: true,
    }
}

/// Whether the browser has been redirected so often that nothing may send it on.
pub(super) fn is_in_loop(context: &Context<'_>) -> bool {
    context.redirect_count >= LOOP_LIMIT
}
