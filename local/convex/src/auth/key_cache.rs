//! A provider's keys in time: when to use them, when to fetch them again.
//!
//! [`KeyCache`] decides and holds no clock or socket. Whoever owns it fetches, one fetch at a time.

use std::sync::Arc;

use super::error::KeySetError;
use super::key_set::KeySet;

/// From this age on, keys are fetched again.
const RENEW_AFTER_SECONDS: u64 = 300;

/// After a fetch that failed, or did not bring the key that was asked for, the next one waits this long if there are keys
/// at all. Key ids come from unverified tokens: anyone can make them up.
const RETRY_AFTER_SECONDS: u64 = 10;

/// What a provider publishes, as of one fetch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Published {
    /// As the discovery document spells it.
    pub(crate) issuer: Option<String>,
    pub(crate) keys: KeySet,
}

/// The newest keys. All times are unix seconds.
#[derive(Debug, Default)]
pub(crate) struct KeyCache {
    current: Option<(Arc<Published>, u64)>,
    /// The last fetch that did not help: it failed, or the key was not there.
    unhelpful_at: Option<u64>,
    failure: Option<KeySetError>,
    fetches: u64,
}

impl KeyCache {
    /// The keys for a token that names `key_id`, or `None` when they have to be fetched first.
    pub(crate) fn usable(&self, key_id: Option<&str>, now: u64) -> Option<Arc<Published>> {
        let (published, fetched_at) = self.current.as_ref()?;
        let may_fetch = self
            .unhelpful_at
            .is_none_or(|at| elapsed(at, now) >= RETRY_AFTER_SECONDS);
        let is_old = elapsed(*fetched_at, now) >= RENEW_AFTER_SECONDS;
        let is_known = published.keys.knows(key_id);
        (!may_fetch || (!is_old && is_known)).then(|| Arc::clone(published))
    }

    /// How often something came back, for whoever waited for another's fetch.
    pub(crate) fn fetches(&self) -> u64 {
        self.fetches
    }

    /// Notes what a fetch for a token that names `key_id` brought. Keys of before stay when it failed.
    pub(crate) fn fetched(
        &mut self,
        outcome: Result<Published, KeySetError>,
        key_id: Option<&str>,
        now: u64,
    ) {
        self.fetches += 1;
        self.unhelpful_at = Some(now);
        match outcome {
            Ok(published) => {
                self.failure = None;
                if published.keys.knows(key_id) {
                    self.unhelpful_at = None;
                }
                self.current = Some((Arc::new(published), now));
            }
            Err(error) => self.failure = Some(error),
        }
    }

    /// What the last fetch leaves for a token that names `key_id`: keys, old ones if need be, or why there are none.
    pub(crate) fn outcome(&self, key_id: Option<&str>) -> Result<Arc<Published>, KeySetError> {
        match (&self.current, &self.failure) {
            (Some((published, _)), Some(_)) if published.keys.knows(key_id) => {
                Ok(Arc::clone(published))
            }
            (_, Some(error)) => Err(error.clone()),
            (Some((published, _)), None) => Ok(Arc::clone(published)),
            (None, None) => Err(KeySetError::NotFetched),
        }
    }
}

/// A clock that was set back makes nothing older than it is.
fn elapsed(since: u64, now: u64) -> u64 {
    now.saturating_sub(since)
}
