//! The recent commits: whether something that was read has changed since.

use std::collections::VecDeque;
use std::sync::Arc;

use super::reads::{ReadSet, WriteSet};
use crate::values::Timestamp;

/// How many commits are kept, and how many keys of them.
const MAXIMUM_COMMITS: usize = 8192;
const MAXIMUM_KEYS: usize = 1_000_000;

/// Commits in the order of their timestamps.
#[derive(Debug)]
pub(super) struct CommitLog {
    commits: VecDeque<(Timestamp, Arc<WriteSet>)>,
    /// Every later commit is in the log.
    complete_after: Timestamp,
    keys: usize,
}

impl CommitLog {
    pub(super) fn new(start: Timestamp) -> Self {
        Self {
            commits: VecDeque::new(),
            complete_after: start,
            keys: 0,
        }
    }

    pub(super) fn push(&mut self, timestamp: Timestamp, writes: Arc<WriteSet>) {
        self.keys += writes.len();
        self.commits.push_back((timestamp, writes));
        while self.commits.len() > MAXIMUM_COMMITS || self.keys > MAXIMUM_KEYS {
            let Some((oldest, writes)) = self.commits.pop_front() else {
                break;
            };
            self.keys -= writes.len();
            self.complete_after = oldest;
        }
    }

    /// The first commit after `since` that wrote something in `reads`. When the log does not reach back that far,
    /// it is assumed that there was one.
    pub(super) fn overlap(&self, reads: &ReadSet, since: Timestamp) -> Option<Timestamp> {
        if since < self.complete_after {
            return Some(self.complete_after);
        }
        let first = self
            .commits
            .partition_point(|(timestamp, _)| *timestamp <= since);
        self.commits
            .range(first..)
            .find(|(_, writes)| reads.overlaps(writes))
            .map(|(timestamp, _)| *timestamp)
    }

    /// Forgets the commits after `timestamp`, which did not become durable.
    pub(super) fn truncate(&mut self, timestamp: Timestamp) {
        while let Some((_, writes)) = self.commits.pop_back_if(|(commit, _)| *commit > timestamp) {
            self.keys -= writes.len();
        }
    }
}
