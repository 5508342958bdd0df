//! The instance's key set, as long as it is good: when to use it, when to fetch it again, when to refuse.
//!
//! [`KeyCache`] decides and holds no clock or socket. Whoever owns it fetches, one fetch at a time.

use std::sync::Arc;

use super::keys::{KeySet, VerificationKey};
use super::verify::VerificationError;

/// From this age on, a key set is renewed in the background while it goes on being used. Clerk's own limit.
const RENEW_AFTER_MS: i64 = 300_000;

/// From this age on, a request waits for a new key set: a key that was withdrawn in the meantime must not count just because
/// nobody came by for hours.
const WAIT_AFTER_MS: i64 = 3_600_000;

/// Up to this age, a key set is used if Clerk cannot be reached.
const STALE_LIMIT_MS: i64 = 86_400_000;

/// A key id that is not in the set causes a fetch at most this often. Ids come from unverified tokens: anyone can make
/// them up.
const UNKNOWN_KEY_INTERVAL_MS: i64 = 60_000;

/// After a fetch that failed, the next one waits this long.
const RETRY_AFTER_MS: i64 = 1_000;

/// An instance's key set in time. All times are unix milliseconds.
#[derive(Debug, Default)]
pub struct KeyCache {
    current: Option<(Arc<KeySet>, i64)>,
    failure: Option<(VerificationError, i64)>,
    last_fetch_ms: Option<i64>,
}

/// What to do about a key.
#[derive(Clone, Debug)]
pub enum KeyDecision {
    /// Use it.
    Use(Arc<VerificationKey>),
    /// Use it, and renew the set in the background.
    UseAndRenew(Arc<VerificationKey>),
    /// Refuse for this reason.
    Refuse(VerificationError),
    /// Fetch the set, several times if need be, and decide again.
    Fetch,
    /// Fetch the set once, and decide again.
    FetchOnce,
}

impl KeyCache {
    /// What to do about the key with this id.
    #[must_use]
    pub fn decide(&self, key_id: &str, now_ms: i64) -> KeyDecision {
        let since_fetch = self.last_fetch_ms.map(|at| elapsed(at, now_ms));
        let has_just_failed = self
            .failure
            .is_some_and(|(_, at)| elapsed(at, now_ms) < RETRY_AFTER_MS);
        let Some((set, fetched_ms)) = &self.current else {
            return match self.failure {
                Some((error, _)) if has_just_failed => KeyDecision::Refuse(error),
                _ => KeyDecision::Fetch,
            };
        };
        let age = elapsed(*fetched_ms, now_ms);
        match set.get(key_id) {
            Some(_) if age >= STALE_LIMIT_MS && has_just_failed => {
                KeyDecision::Refuse(self.error())
            }
            Some(_) if age >= WAIT_AFTER_MS && !has_just_failed => KeyDecision::Fetch,
            Some(Err(_)) => KeyDecision::Refuse(VerificationError::Failed),
            Some(Ok(key)) if age >= RENEW_AFTER_MS && !has_just_failed => {
                KeyDecision::UseAndRenew(key)
            }
            Some(Ok(key)) => KeyDecision::Use(key),
            None if since_fetch.is_none_or(|since| since >= UNKNOWN_KEY_INTERVAL_MS) => {
                KeyDecision::FetchOnce
            }
            None => KeyDecision::Refuse(VerificationError::UnknownKey),
        }
    }

    /// Notes that a fetch begins: one that is cut short, because its request went away, counts too.
    pub fn began(&mut self, now_ms: i64) {
        self.last_fetch_ms = Some(now_ms);
    }

    /// Takes over a set that was fetched; `true` when its keys are not those of before.
    pub fn fetched(&mut self, set: KeySet, now_ms: i64) -> bool {
        let changed = self
            .current
            .as_ref()
            .is_none_or(|(current, _)| !current.has_same_keys(&set));
        self.current = Some((Arc::new(set), now_ms));
        self.failure = None;
        self.last_fetch_ms = Some(now_ms);
        changed
    }

    /// Notes a fetch that failed.
    pub fn failed(&mut self, error: VerificationError, now_ms: i64) {
        self.failure = Some((error, now_ms));
        self.last_fetch_ms = Some(now_ms);
    }

    fn error(&self) -> VerificationError {
        self.failure
            .map_or(VerificationError::KeySetUnavailable, |(error, _)| error)
    }
}

/// A clock that was set back makes nothing older than it is.
fn elapsed(since_ms: i64, now_ms: i64) -> i64 {
    now_ms.saturating_sub(since_ms).max(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;
    use serde_json::json;

    const MODULUS: &str = "qYy3MY8fOneEyzNDu9lp6iGXKkNUF-u_dUnrlkadZYyB35efzKFJEr9fftmWv5PUj1uRHTQ3bh6X1cceOYsIjy008dHWZJsKhGOxgdTjeK91rjaklxt7tyFXEiKHIOr1LSgKzopClOfCIjxK_oPUOf38pVh7WnekcSBQmU5fqA-EzKMi6k9VwvbzqKlZM4XQsiFyn28d9VubJWjTU8nNot0n1NE-9k6TxM8nglM4RwkBH4Ni4B0LhKKOOV-AG8tBNiZVil415dpBldmJ_j0wk7Ad4VFi9en3Z17oCKr-K-zuT7vKMKSb1548dk0vnmi0vj2QGXSo-61wM5yQWpk6sQ";

    fn set(key_ids: &[&str]) -> KeySet {
        let keys: Vec<_> = key_ids
            .iter()
            .map(|kid| json!({"kty": "RSA", "kid": kid, "n": MODULUS, "e": "AQAB"}))
            .collect();
        KeySet::from_json(&json!({ "keys": keys })).unwrap()
    }

    fn warm() -> KeyCache {
        let mut cache = KeyCache::default();
        assert!(matches!(cache.decide("main", 0), KeyDecision::Fetch));
        assert!(cache.fetched(set(&["main"]), 0));
        cache
    }

    #[test]
    fn a_known_key_is_used_and_renewed_ahead_of_its_end() {
        let cache = warm();
        assert!(matches!(cache.decide("main", 299_999), KeyDecision::Use(_)));
        assert!(matches!(
            cache.decide("main", 300_000),
            KeyDecision::UseAndRenew(_)
        ));
        assert!(matches!(
            cache.decide("main", 3_600_000),
            KeyDecision::Fetch
        ));
    }

    #[test]
    fn a_key_stays_good_for_a_day_without_clerk() {
        let mut cache = warm();
        cache.failed(VerificationError::KeySetUnavailable, 3_600_000);
        assert!(matches!(
            cache.decide("main", 3_600_500),
            KeyDecision::Use(_)
        ));
        assert!(matches!(
            cache.decide("main", 3_601_000),
            KeyDecision::Fetch
        ));
        cache.failed(VerificationError::KeySetUnavailable, 86_400_000);
        assert!(matches!(
            cache.decide("main", 86_400_001),
            KeyDecision::Refuse(VerificationError::KeySetUnavailable)
        ));
    }

    #[test]
    fn made_up_key_ids_cause_one_fetch_a_minute() {
        let mut cache = KeyCache::default();
        let mut fetches = 0;
        for request in 0..10_000_i64 {
            let now = request * 12;
            match cache.decide(&format!("ins_{request}"), now) {
                KeyDecision::Fetch | KeyDecision::FetchOnce => {
                    fetches += 1;
                    cache.fetched(set(&["main"]), now);
                }
                KeyDecision::Refuse(VerificationError::UnknownKey) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(fetches, 2, "120 seconds of made-up ids");
    }

    #[test]
    fn without_any_keys_failures_do_not_pile_up() {
        let mut cache = KeyCache::default();
        cache.failed(VerificationError::SecretKey, 0);
        assert!(matches!(
            cache.decide("main", 999),
            KeyDecision::Refuse(VerificationError::SecretKey)
        ));
        assert!(matches!(cache.decide("main", 1_000), KeyDecision::Fetch));
    }

    #[test]
    fn another_set_of_keys_is_noticed() {
        let mut cache = warm();
        assert!(!cache.fetched(set(&["main"]), 10));
        assert!(cache.fetched(set(&["main", "next"]), 20));
        assert!(cache.fetched(set(&["next"]), 30));
        assert!(matches!(
            cache.decide("main", 40),
            KeyDecision::Refuse(VerificationError::UnknownKey)
        ));
    }
}
