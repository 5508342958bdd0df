//! Tokens whose signature was verified a moment ago.
//!
//! A session token lives for about a minute and comes with every request in it. The signature needs checking once.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use lru::LruCache;

use super::authenticate::VerifiedSession;

/// How many sessions are remembered at most. Only tokens with a right signature get in, so a stranger cannot fill it.
const CAPACITY: NonZeroUsize = match NonZeroUsize::new(16_384) {
    Some(capacity) => capacity,
    None => NonZeroUsize::MIN,
};

/// Verified tokens by the SHA-256 of their text.
///
/// Every use checks the token's times again, so an entry is never good for longer than its token; what has expired is dropped
/// when it is met or pushed out.
pub(super) struct TokenCache {
    entries: Mutex<LruCache<[u8; 32], Arc<VerifiedSession>>>,
}

impl Default for TokenCache {
    fn default() -> Self {
        Self {
            entries: Mutex::new(LruCache::new(CAPACITY)),
        }
    }
}

impl TokenCache {
    pub(super) fn get(&self, token: &str, now_ms: i64) -> Option<Arc<VerifiedSession>> {
        let hash = hash(token);
        let mut entries = self.lock();
        let session = entries.get(&hash)?;
        if session
            .claims()
            .expires_at_ms()
            .is_none_or(|expires| expires <= now_ms)
        {
            entries.pop(&hash);
            return None;
        }
        Some(Arc::clone(session))
    }

    pub(super) fn insert(&self, token: &str, session: &Arc<VerifiedSession>) {
        self.lock().put(hash(token), Arc::clone(session));
    }

    /// Forgets everything: after another set of keys has come in.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    /// No code between lock and unlock can leave the cache half-changed.
    fn lock(&self) -> MutexGuard<'_, LruCache<[u8; 32], Arc<VerifiedSession>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(token: &str) -> [u8; 32] {
    let digest = digest(&SHA256, token.as_bytes());
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::server::jwt::DecodedToken;

    const EXPIRES_MS: i64 = 100_000;

    fn session() -> (String, Arc<VerifiedSession>) {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let token = format!(
            "{}.{}.AAAA",
            part(r#"{"alg":"RS256"}"#),
            part(r#"{"sub":"user_1","sid":"sess_1","exp":100}"#)
        );
        let session = Arc::new(VerifiedSession::new(DecodedToken::decode(&token).unwrap()));
        (token, session)
    }

    #[test]
    fn a_token_is_remembered_until_it_expires_and_no_longer() {
        let cache = TokenCache::default();
        let (token, session) = session();
        cache.insert(&token, &session);
        assert!(cache.get(&token, EXPIRES_MS - 1).is_some());
        assert!(cache.get(&token, EXPIRES_MS).is_none());
        assert!(
            cache.get(&token, EXPIRES_MS - 1).is_none(),
            "it was dropped for good"
        );
    }

    #[test]
    fn another_token_is_another_entry() {
        let cache = TokenCache::default();
        let (token, session) = session();
        cache.insert(&token, &session);
        assert!(cache.get(&format!("{token}A"), 0).is_none());
        cache.clear();
        assert!(cache.get(&token, 0).is_none());
    }

    #[test]
    fn the_cache_is_bounded() {
        let cache = TokenCache::default();
        let (token, session) = session();
        for index in 0..CAPACITY.get() + 10 {
            cache.insert(&format!("{token}{index}"), &session);
        }
        assert_eq!(cache.lock().len(), CAPACITY.get());
    }
}
