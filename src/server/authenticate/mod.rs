//! The decision about a request, without any input or output.
//!
//! [`Authentication`] is a pure machine: it is given a request, the server's [`Options`] and a view of the keys that are
//! known, and each [`step`](Authentication::step) either ends in a [`Verdict`] or asks for one thing, an [`Effect`]. The
//! caller gets that thing and hands it back with [`resume`](Authentication::resume). There is no clock in here, no socket and
//! no lock; the same request, answers and time always give the same verdict.
//!
//! The rules are those of Clerk's own backend SDK, decided in its order, with its names for reasons.
//!
//! # Where it differs from Clerk's SDK
//! Each difference closes something that the SDK leaves open. None turns away somebody who is signed in.
//!
//! 1. Of a URL behind a proxy only scheme and host are replaced, so `//evil.example/x` stays a path of this application.
//! 2. Forwarded headers can be distrusted: [`trust_forwarded_headers`](crate::config::Configuration::trust_forwarded_headers).
//! 3. In development, the satellites that may get a browser token can be listed:
//!    [`allowed_satellites`](crate::config::Configuration::allowed_satellites). What is no web address is never redirected to.
//! 4. The key set is fetched by one request for all, renewed ahead of its end, kept for a day while Clerk is away, and fetched
//!    at most once a minute for key ids that are not in it; a secret key that Clerk refuses is not tried again and again.
//! 5. The loop guard holds from three redirects on, and not at exactly three.
//! 6. A token made from a JWT template is no session, also where several kinds of credential are accepted.
//! 7. Entries of forwarded headers are trimmed, `/tasks` goes before the query, public keys of any size from 2048 bits on are
//!    read, and JSON counts whatever charset its content type names.
//! 8. The result of a handshake carries no CORS headers.
//! 9. What carries somebody's cookies is `no-store`, not only what redirects.
//! 10. A token whose header or payload is JSON but no object is no token.

mod context;
mod cookie_flow;
mod cookies;
mod effect;
mod error;
mod handshake;
mod header_flow;
mod machine;
mod options;
mod organization;
mod refresh;
mod url;
mod verdict;

use std::sync::Arc;

use http::{HeaderMap, Method};

pub use effect::{Answer, BackendCall, BackendKey, BackendReply, Effect};
pub use error::AuthenticateError;
pub use machine::{MachineAuth, MachineDetails};
pub use options::{Options, OptionsInput};
pub use organization::{OrganizationPatterns, OrganizationTarget};
pub use verdict::{
    Credential, Outcome, Reason, RefreshFailure, SignedOut, Verdict, VerifiedSession,
};

pub(crate) use self::url::{clerk_url, header_text, set_parameter};
pub(crate) use context::{Context, parse_authorization};
pub(crate) use cookies::Cookies;

use super::jwt::{self, DecodedToken};
use super::keys::VerificationKey;
use super::token::{AcceptedTokens, TokenType};
use super::verify::{self, HeaderType, VerificationError};

/// What of a request matters.
#[derive(Clone, Copy)]
pub struct RequestView<'a> {
    /// The method.
    pub method: &'a Method,
    /// The URL as the server sees it, absolute.
    pub url: &'a ::url::Url,
    /// The headers.
    pub headers: &'a HeaderMap,
}

impl std::fmt::Debug for RequestView<'_> {
    /// Without query and headers: they hold tokens.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RequestView")
            .field("method", self.method)
            .field("path", &self.url.path())
            .finish_non_exhaustive()
    }
}

/// What is known about a key at this moment.
#[derive(Clone, Debug)]
pub enum KeyLookup {
    /// Here it is.
    Found(Arc<VerificationKey>),
    /// It is not to be had, and asking again does not help.
    Failed(VerificationError),
    /// It has to be asked for.
    Unknown,
}

/// The keys and verified tokens that are at hand, without waiting.
///
/// Both methods only speed things up: a source that knows nothing leads to the same verdicts.
pub trait KeySource {
    /// The key with this id.
    fn key(&self, key_id: &str) -> KeyLookup;

    /// A session token whose signature was verified before, with a key that still counts.
    fn verified(&self, token: &str) -> Option<Arc<VerifiedSession>> {
        let _ = token;
        None
    }

    /// Notes a token whose signature has just been verified.
    fn remember(&self, token: &str, session: &Arc<VerifiedSession>) {
        let _ = (token, session);
    }
}

/// A source that knows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKeys;

impl KeySource for NoKeys {
    fn key(&self, _key_id: &str) -> KeyLookup {
        KeyLookup::Unknown
    }
}

/// What a step of [`Authentication`] comes to.
#[derive(Debug)]
pub enum Step {
    /// The decision.
    Done(Box<Verdict>),
    /// Something is needed first.
    Needs(Effect),
}

/// What stops the evaluation before its end.
enum Halt {
    Needs(Effect),
    Error(AuthenticateError),
}

impl From<AuthenticateError> for Halt {
    fn from(error: AuthenticateError) -> Self {
        Self::Error(error)
    }
}

type Flow<T> = Result<T, Halt>;

/// The authentication of one request.
///
/// Evaluation starts over at every step, with the answers that have come in: the rules read as one decision from top to
/// bottom, and no state can get lost in between. Steps after the first are rare, and each follows a network call.
pub struct Authentication<'a> {
    request: RequestView<'a>,
    options: &'a Options,
    keys: &'a (dyn KeySource + Sync),
    answers: Vec<(Effect, Answer)>,
}

impl std::fmt::Debug for Authentication<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Authentication")
            .field("answers", &self.answers.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Authentication<'a> {
    /// Starts.
    #[must_use]
    pub fn new(
        request: RequestView<'a>,
        options: &'a Options,
        keys: &'a (dyn KeySource + Sync),
    ) -> Self {
        Self {
            request,
            options,
            keys,
            answers: Vec::new(),
        }
    }

    /// Decides, or says what is needed, at `now_ms` in unix milliseconds.
    ///
    /// # Errors
    /// When the request cannot be decided at all: it is malformed in a way that no visitor arrives at by themselves.
    pub fn step(&self, now_ms: i64) -> Result<Step, AuthenticateError> {
        match self.evaluate(now_ms) {
            Ok(verdict) => Ok(Step::Done(Box::new(verdict))),
            Err(Halt::Needs(effect)) => Ok(Step::Needs(effect)),
            Err(Halt::Error(error)) => Err(error),
        }
    }

    /// Hands in what was asked for.
    pub fn resume(&mut self, effect: Effect, answer: Answer) {
        self.answers.push((effect, answer));
    }

    /// Which flow the request takes: by the credential it carries and by what is accepted.
    fn evaluate(&self, now_ms: i64) -> Flow<Verdict> {
        let context = Context::new(&self.request, self.options, self.keys, now_ms)?;
        match (context.header_token.as_deref(), &self.options.input.accepts) {
            (header_token, AcceptedTokens::OneOf(kinds))
                if !kinds.contains(&kind_of(header_token)) =>
            {
                Ok(Verdict::signed_out_with(SignedOut::of_type(
                    Reason::TokenTypeMismatch,
                    None,
                )))
            }
            (Some(token), AcceptedTokens::Any | AcceptedTokens::OneOf(_)) => {
                self.any_header_token(&context, token)
            }
            (Some(token), AcceptedTokens::Only(TokenType::Session)) => {
                self.session_header_token(&context, token)
            }
            (Some(token), AcceptedTokens::Only(kind)) => {
                self.machine_header_token(&context, token, *kind)
            }
            (None, AcceptedTokens::Only(kind)) if *kind != TokenType::Session => Ok(
                Verdict::signed_out_with(SignedOut::of_type(Reason::NoTokenInHeader, Some(*kind))),
            ),
            (None, _) => self.cookies(&context),
        }
    }

    /// The answer to an effect, if it has come in.
    fn answer(&self, effect: &Effect) -> Option<&Answer> {
        self.answers
            .iter()
            .find(|(asked, _)| asked == effect)
            .map(|(_, answer)| answer)
    }

    /// Asks the Backend API.
    fn call(&self, call: BackendCall) -> Flow<&BackendReply> {
        let effect = Effect::Backend(call);
        match self.answer(&effect) {
            Some(Answer::Backend(reply)) => Ok(reply),
            _ => Err(Halt::Needs(effect)),
        }
    }

    /// The key that a token is to be verified with: the configured one whatever the token names, else one of the key set.
    fn key_for(
        &self,
        token: &DecodedToken,
    ) -> Flow<Result<Arc<VerificationKey>, VerificationError>> {
        if let Some(key) = &self.options.input.jwt_key {
            return Ok(Ok(Arc::clone(key)));
        }
        if self.options.input.secret_key.is_none() {
            return Ok(Err(VerificationError::NoKeySource));
        }
        let key_id = token.key_id().unwrap_or_default();
        let effect = Effect::Key {
            key_id: key_id.to_owned(),
        };
        if let Some(Answer::Key(answer)) = self.answer(&effect) {
            return Ok(answer.clone());
        }
        match self.keys.key(key_id) {
            KeyLookup::Found(key) => Ok(Ok(key)),
            KeyLookup::Failed(error) => Ok(Err(error)),
            KeyLookup::Unknown => Err(Halt::Needs(effect)),
        }
    }

    /// Verifies a session token completely.
    fn verify_session(
        &self,
        context: &Context<'_>,
        token: &str,
        skew_ms: Option<i64>,
    ) -> Flow<Result<Arc<VerifiedSession>, VerificationError>> {
        let rules = &self.options.input.rules;
        if skew_ms.is_none()
            && let Some(session) = context
                .known_session(token)
                .or_else(|| self.keys.verified(token))
        {
            // Signature, audience and origin held before; only time goes on.
            let times = verify::check_times(session.claims(), rules.clock_skew_ms, context.now_ms);
            return Ok(times.map(|()| session));
        }
        let decoded = match DecodedToken::decode(token) {
            Ok(decoded) => decoded,
            Err(error) => return Ok(Err(error.into())),
        };
        if let Err(error) = verify::check_not_machine(&decoded) {
            return Ok(Err(error));
        }
        let key = match self.key_for(&decoded)? {
            Ok(key) => key,
            Err(error) => return Ok(Err(error)),
        };
        let tolerant;
        let rules = match skew_ms {
            None => rules,
            Some(clock_skew_ms) => {
                tolerant = verify::ClaimRules {
                    clock_skew_ms,
                    ..rules.clone()
                };
                &tolerant
            }
        };
        let verified = verify::check_signature(token, &decoded, &key, HeaderType::Jwt)
            .and_then(|()| verify::check_claims(&decoded.claims, rules, context.now_ms))
            .map(|()| Arc::new(VerifiedSession::new(decoded)));
        if skew_ms.is_none()
            && let Ok(session) = &verified
        {
            self.keys.remember(token, session);
        }
        Ok(verified)
    }
}

/// The kind of credential that a header token is; none counts as a session.
fn kind_of(header_token: Option<&str>) -> TokenType {
    header_token
        .and_then(jwt::machine_token_type)
        .unwrap_or(TokenType::Session)
}
