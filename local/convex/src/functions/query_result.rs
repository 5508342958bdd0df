//! The result of a query, shared by everybody who asked for it, and when it stops being true.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::CallError;
use crate::database::Subscription;
use crate::sync::FunctionFailure;
use crate::values::Timestamp;

pub(super) type Listener = Box<dyn FnOnce() + Send>;

/// What a query gave, and from when until when it gives the same.
pub(crate) struct QueryResult {
    /// The encoded value.
    pub(crate) outcome: Result<Arc<str>, CallError>,
    /// The error as clients are told it.
    pub(crate) failure: Option<FunctionFailure>,
    pub(crate) log_lines: Vec<String>,
    pub(crate) journal: Option<String>,
    /// Of value or error, and log lines: equal results need not be sent again.
    pub(crate) hash: u64,
    /// Whether it depends on who asks.
    pub(super) identity_observed: bool,
    from: Timestamp,
    /// `u64::MAX` while it is true.
    until: AtomicU64,
    listeners: Mutex<Listeners>,
    subscription: Mutex<Option<Subscription>>,
}

#[derive(Default)]
struct Listeners {
    next: u64,
    waiting: BTreeMap<u64, Listener>,
}

/// Keeps a listener registered until it is dropped.
#[must_use]
pub(crate) struct Watch {
    result: Weak<QueryResult>,
    number: u64,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(result) = self.result.upgrade() {
            lock(&result.listeners).waiting.remove(&self.number);
        }
    }
}

impl QueryResult {
    pub(super) fn new(
        outcome: Result<Arc<str>, CallError>,
        log_lines: Vec<String>,
        journal: Option<String>,
        identity_observed: bool,
        from: Timestamp,
        request_id: &str,
    ) -> Self {
        let mut hasher = DefaultHasher::new();
        match &outcome {
            Ok(value) => value.hash(&mut hasher),
            Err(error) => {
                error.to_string().hash(&mut hasher);
                error.data().map(ToString::to_string).hash(&mut hasher);
            }
        }
        log_lines.hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            failure: outcome
                .as_ref()
                .err()
                .map(|error| error.failure(request_id)),
            outcome,
            log_lines,
            journal,
            identity_observed,
            from,
            until: AtomicU64::new(u64::MAX),
            listeners: Mutex::default(),
            subscription: Mutex::default(),
        }
    }

    /// Whether the query gives this at `timestamp`.
    pub(crate) fn valid_at(&self, timestamp: Timestamp) -> bool {
        self.from <= timestamp && timestamp.0 < self.until.load(Ordering::Acquire)
    }

    /// Calls `listener` once it is known that newer data make another result; at once when that is known already.
    pub(crate) fn on_invalid(self: &Arc<Self>, listener: impl FnOnce() + Send + 'static) -> Watch {
        let mut listeners = lock(&self.listeners);
        let number = listeners.next;
        listeners.next += 1;
        if self.until.load(Ordering::Acquire) == u64::MAX {
            listeners.waiting.insert(number, Box::new(listener));
        } else {
            drop(listeners);
            listener();
        }
        Watch {
            result: Arc::downgrade(self),
            number,
        }
    }

    /// Ends the result's validity at `timestamp`. Returns whom to tell, which may only happen when readers can see the
    /// data of that time.
    pub(super) fn invalidate(&self, timestamp: Timestamp) -> Vec<Listener> {
        let mut listeners = lock(&self.listeners);
        self.until.fetch_min(timestamp.0, Ordering::AcqRel);
        std::mem::take(&mut listeners.waiting)
            .into_values()
            .collect()
    }

    /// Keeps what tells this result of changes alive as long as the result.
    pub(super) fn keep(&self, subscription: Subscription) {
        *lock(&self.subscription) = Some(subscription);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for QueryResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryResult")
            .field("hash", &self.hash)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}
