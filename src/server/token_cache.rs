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
        Self { entries: Mutex::new(LruCache::new(CAPACITY)) }
    }
}

impl TokenCache {
    pub(super) fn get(&self, token: &str, now_ms: i64) -> Option<Arc<VerifiedSession>> {
        let hash = hash(token);
        let mut entries = self.lock();
        let session = entries.get(&hash)?;
        if session.claims().expires_at_ms().is_none_or(|expires| expires <= now_ms) {
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
