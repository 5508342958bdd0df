//! Everything around the decision that takes input and output: keys, calls, time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::config::{Configuration, ConfigurationErrors};

use super::authenticate::{
    Answer, AuthenticateError, Authentication, BackendCall, BackendKey, Effect, KeyLookup,
    KeySource, Options, RequestView, Step, Verdict, VerifiedSession,
};
use super::backend::{BackendClient, BackendError};
use super::key_cache::{KeyCache, KeyDecision};
use super::keys::{KeySet, VerificationKey};
use super::token_cache::TokenCache;
use super::transport::{HttpTransport, Transport};
use super::verify::VerificationError;

/// How often the key set is asked for before a fetch counts as failed, and how long to wait in between, doubled each time.
const ATTEMPTS: u32 = 5;
const FIRST_DELAY: Duration = Duration::from_millis(125);

/// A request asks for two things at most: a key and a call. More would be a mistake in the rules.
const MOST_EFFECTS: usize = 8;

/// The current time in unix milliseconds.
pub(super) fn now_ms() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

/// Authenticates requests of one instance.
pub(crate) struct Authenticator {
    pub(super) configuration: Configuration,
    options: Options,
    clock: fn() -> i64,
    ring: Arc<KeyRing>,
    backend: OnceLock<BackendClient>,
}

/// The keys and verified tokens of one instance. It is never shared between instances: a key id alone says nothing about
/// whose key it is.
struct KeyRing {
    keys: Mutex<KeyCache>,
    tokens: TokenCache,
    clock: fn() -> i64,
    transport: Box<dyn Transport>,
    /// Held by whoever fetches.
    fetching: tokio::sync::Mutex<()>,
    /// Whether somebody is about to fetch in the background.
    renewing: AtomicBool,
    wants_renewal: AtomicBool,
}

impl Authenticator {
    pub(super) fn new(configuration: Configuration) -> Result<Self, ConfigurationErrors> {
        let transport = HttpTransport::new(&configuration);
        Self::with_transport(configuration, Box::new(transport), now_ms)
    }

    pub(super) fn with_transport(
        configuration: Configuration,
        transport: Box<dyn Transport>,
        clock: fn() -> i64,
    ) -> Result<Self, ConfigurationErrors> {
        let options = Options::from_configuration(&configuration)?;
        let ring = KeyRing {
            keys: Mutex::default(),
            tokens: TokenCache::default(),
            clock,
            transport,
            fetching: tokio::sync::Mutex::default(),
            renewing: AtomicBool::new(false),
            wants_renewal: AtomicBool::new(false),
        };
        Ok(Self {
            configuration,
            options,
            clock,
            ring: Arc::new(ring),
            backend: OnceLock::new(),
        })
    }

    pub(super) fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// The client for what applications ask the Backend API; made when the first of them does.
    pub(super) fn backend(&self) -> Result<&BackendClient, BackendError> {
        if let Some(client) = self.backend.get() {
            return Ok(client);
        }
        let client = BackendClient::new(&self.configuration)?;
        Ok(self.backend.get_or_init(|| client))
    }

    /// Decides about a request, getting what that takes.
    pub(super) async fn authenticate(
        &self,
        request: RequestView<'_>,
    ) -> Result<Verdict, AuthenticateError> {
        let now_ms = self.now_ms();
        let mut authentication = Authentication::new(request, &self.options, &*self.ring);
        for _ in 0..MOST_EFFECTS {
            match authentication.step(now_ms)? {
                Step::Done(verdict) => {
                    self.ring.renew_in_background();
                    return Ok(*verdict);
                }
                Step::Needs(effect) => {
                    let answer = match &effect {
                        Effect::Key { key_id } => Answer::Key(self.ring.wait_for(key_id).await),
                        Effect::Backend(call) => {
                            Answer::Backend(self.ring.transport.call(call.clone()).await)
                        }
                    };
                    authentication.resume(effect, answer);
                }
            }
        }
        Err(AuthenticateError::RequestUrl)
    }

    /// Makes a call of the Backend API.
    pub(super) async fn call(&self, call: BackendCall) -> super::authenticate::BackendReply {
        self.ring.transport.call(call).await
    }

    /// Fetches the key set, unless keys are configured: whether this server and Clerk understand each other.
    pub(super) async fn check(&self) -> Result<(), VerificationError> {
        if self.configuration.jwt_key.is_some() {
            return Ok(());
        }
        let _turn = self.ring.fetching.lock().await;
        self.ring.fetch(1).await
    }

    /// Whether the key set that belongs to the secret key is the one that the publishable key's Frontend API publishes.
    /// `None` when that cannot be told now.
    pub(super) async fn is_one_instance(&self) -> Option<bool> {
        let frontend_api = self.configuration.public.frontend_api();
        if frontend_api.starts_with('/') {
            // A path on this server, which is not up yet.
            return None;
        }
        let base = if frontend_api.starts_with("http") {
            frontend_api
        } else {
            format!("https://{frontend_api}")
        };
        let url = format!("{}/.well-known/jwks.json", base.trim_end_matches('/'));
        let reply = self.ring.transport.get_public(url).await;
        let published = KeySet::from_json(&reply.body).ok()?;
        let ours = self.ring.fetch_once().await.ok()?;
        Some(ours.shares_a_key_with(&published))
    }
}

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Authenticator")
            .field("configuration", &self.configuration)
            .finish_non_exhaustive()
    }
}

impl KeySource for KeyRing {
    fn key(&self, key_id: &str) -> KeyLookup {
        match self.decide(key_id) {
            KeyDecision::Use(key) => KeyLookup::Found(key),
            KeyDecision::UseAndRenew(key) => {
                self.wants_renewal.store(true, Ordering::Relaxed);
                KeyLookup::Found(key)
            }
            KeyDecision::Refuse(error) => KeyLookup::Failed(error),
            KeyDecision::Fetch | KeyDecision::FetchOnce => KeyLookup::Unknown,
        }
    }

    fn verified(&self, token: &str) -> Option<Arc<VerifiedSession>> {
        self.tokens.get(token, (self.clock)())
    }

    fn remember(&self, token: &str, session: &Arc<VerifiedSession>) {
        self.tokens.insert(token, session);
    }
}

impl KeyRing {
    fn decide(&self, key_id: &str) -> KeyDecision {
        self.lock().decide(key_id, (self.clock)())
    }

    fn lock(&self) -> MutexGuard<'_, KeyCache> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key with this id, after a fetch if need be. Requests that arrive during a fetch wait for it and share its result.
    async fn wait_for(&self, key_id: &str) -> Result<Arc<VerificationKey>, VerificationError> {
        let _turn = self.fetching.lock().await;
        let attempts = match self.decide(key_id) {
            KeyDecision::Fetch => ATTEMPTS,
            KeyDecision::FetchOnce => 1,
            decided => return settled(decided),
        };
        let fetched = self.fetch(attempts).await;
        match self.decide(key_id) {
            // What was just tried is not tried again for this request.
            KeyDecision::Fetch | KeyDecision::FetchOnce => {
                Err(fetched.err().unwrap_or(VerificationError::UnknownKey))
            }
            decided => settled(decided),
        }
    }

    /// Fetches the key set. The caller holds `fetching`.
    async fn fetch(&self, attempts: u32) -> Result<(), VerificationError> {
        self.lock().began((self.clock)());
        let mut attempt = 1;
        loop {
            let error = match self.fetch_once().await {
                Ok(set) => {
                    if self.lock().fetched(set, (self.clock)()) {
                        self.tokens.clear();
                    }
                    return Ok(());
                }
                Err(error) => error,
            };
            // A key that is refused now is refused in a second too.
            if error == VerificationError::SecretKey || attempt >= attempts {
                tracing::error!(
                    reason = error.reason(),
                    action = error.action(),
                    "could not fetch the key set"
                );
                self.lock().failed(error, (self.clock)());
                return Err(error);
            }
            tokio::time::sleep(FIRST_DELAY * 2_u32.pow(attempt - 1)).await;
            attempt += 1;
        }
    }

    async fn fetch_once(&self) -> Result<KeySet, VerificationError> {
        let call = BackendCall {
            method: http::Method::GET,
            path: "/v1/jwks".to_owned(),
            query: Vec::new(),
            body: None,
            key: BackendKey::Secret,
        };
        let reply = self.transport.call(call).await;
        match reply.status {
            Some(200..300) => {
                KeySet::from_json(&reply.body).map_err(|_| VerificationError::KeySetUnavailable)
            }
            Some(401) => Err(VerificationError::SecretKey),
            _ if says_key_is_invalid(&reply.body) => Err(VerificationError::SecretKey),
            _ => Err(VerificationError::KeySetUnavailable),
        }
    }

    /// Renews the key set while requests go on using the one there is.
    fn renew_in_background(self: &Arc<Self>) {
        if !self.wants_renewal.swap(false, Ordering::Relaxed)
            || self.renewing.swap(true, Ordering::AcqRel)
        {
            return;
        }
        let ring = Arc::clone(self);
        tokio::spawn(async move {
            let turn = ring.fetching.lock().await;
            // The result is in the cache, and an error in the log.
            let _ = ring.fetch(ATTEMPTS).await;
            drop(turn);
            ring.renewing.store(false, Ordering::Release);
        });
    }
}

fn settled(decision: KeyDecision) -> Result<Arc<VerificationKey>, VerificationError> {
    match decision {
        KeyDecision::Use(key) | KeyDecision::UseAndRenew(key) => Ok(key),
        KeyDecision::Refuse(error) => Err(error),
        KeyDecision::Fetch | KeyDecision::FetchOnce => Err(VerificationError::KeySetUnavailable),
    }
}

fn says_key_is_invalid(body: &serde_json::Value) -> bool {
    let errors = body
        .get("errors")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten();
    errors.into_iter().any(|error| {
        error.get("code").and_then(serde_json::Value::as_str) == Some("clerk_key_invalid")
    })
}
