//! The results of recent requests, so that a client that asks again gets the same answer and nothing runs twice.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::values::Timestamp;

/// How long a result is kept.
const MAXIMUM_AGE_NANOSECONDS: u64 = 24 * 60 * 60 * 1_000_000_000;
/// How many results are kept, and how many bytes of them.
const MAXIMUM_RESULTS: usize = 100_000;
const MAXIMUM_BYTES: usize = 128 << 20;
/// How much is removed beyond what has to be, so that it is not done with every request.
const SLACK: usize = 16;

/// A request by its session and its number in it.
pub(super) type RequestKey = (Arc<str>, u32);

/// A request that was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredRequest {
    /// What [`Transaction::record_request`](super::Transaction::record_request) was given.
    pub(crate) result: Arc<str>,
    /// When it was committed.
    pub(crate) timestamp: Timestamp,
}

/// The results, in the order in which they were committed.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    results: HashMap<RequestKey, StoredRequest>,
    order: VecDeque<(RequestKey, Timestamp)>,
    bytes: usize,
}

impl RequestLog {
    pub(super) fn find(&self, key: &RequestKey) -> Option<&StoredRequest> {
        self.results.get(key)
    }

    pub(super) fn push(&mut self, key: RequestKey, request: StoredRequest) {
        self.bytes += request.result.len();
        self.order.push_back((key.clone(), request.timestamp));
        self.results.insert(key, request);
    }

    /// Removes what is too old or too much. Everything up to the timestamp returned is gone.
    pub(super) fn prune(&mut self, now: Timestamp) -> Option<Timestamp> {
        let oldest_kept = Timestamp(now.0.saturating_sub(MAXIMUM_AGE_NANOSECONDS));
        let too_old =
            |at: Option<&(RequestKey, Timestamp)>| at.is_some_and(|at| at.1 < oldest_kept);
        if self.order.len() <= MAXIMUM_RESULTS
            && self.bytes <= MAXIMUM_BYTES
            && !too_old(self.order.front())
        {
            return None;
        }
        let (results, bytes) = (
            MAXIMUM_RESULTS - MAXIMUM_RESULTS / SLACK,
            MAXIMUM_BYTES - MAXIMUM_BYTES / SLACK,
        );
        let mut removed = None;
        while self.order.len() > results || self.bytes > bytes || too_old(self.order.front()) {
            let Some((key, timestamp)) = self.order.pop_front() else {
                break;
            };
            self.forget(&key);
            removed = Some(timestamp);
        }
        removed
    }

    /// Forgets the requests after `timestamp`, which did not become durable.
    pub(super) fn truncate(&mut self, timestamp: Timestamp) {
        while let Some((key, _)) = self.order.pop_back_if(|(_, at)| *at > timestamp) {
            self.forget(&key);
        }
    }

    fn forget(&mut self, key: &RequestKey) {
        if let Some(request) = self.results.remove(key) {
            self.bytes -= request.result.len();
        }
    }
}
