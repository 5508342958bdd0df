//! Who wants to know when something that was read changes.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::interval_tree::{IntervalTree, Owner};
use super::key::{IndexId, Interval, Key};
use super::log::CommitLog;
use super::reads::{ReadSet, WriteSet};
use crate::values::Timestamp;

/// Called once, with the timestamp of the commit that changed what was read.
pub(crate) type OnInvalid = Box<dyn FnOnce(Timestamp) + Send>;

/// All subscriptions of a database, by what they read: a commit looks only at the indexes that it wrote.
pub(super) struct Subscriptions(Mutex<Inner>);

struct Inner {
    /// The durable commits.
    log: CommitLog,
    entries: HashMap<Owner, Entry>,
    indexes: HashMap<IndexId, Watchers>,
    next_owner: Owner,
}

struct Entry {
    reads: Arc<ReadSet>,
    since: Timestamp,
    on_invalid: OnInvalid,
}

#[derive(Default)]
struct Watchers {
    points: HashMap<Key, BTreeSet<Owner>>,
    ranges: IntervalTree,
}

/// Keeps a listener registered; dropping it unregisters.
pub(crate) struct Subscription {
    /// `None` when the listener was called at once.
    registered: Option<(Arc<Subscriptions>, Owner)>,
}

impl Subscriptions {
    pub(super) fn new(start: Timestamp) -> Self {
        Self(Mutex::new(Inner {
            log: CommitLog::new(start),
            entries: HashMap::new(),
            indexes: HashMap::new(),
            next_owner: 0,
        }))
    }

    pub(super) fn subscribe(
        self: &Arc<Self>,
        reads: Arc<ReadSet>,
        since: Timestamp,
        on_invalid: OnInvalid,
    ) -> Subscription {
        let mut inner = self.lock();
        if let Some(timestamp) = inner.log.overlap(&reads, since) {
            drop(inner);
            on_invalid(timestamp);
            return Subscription { registered: None };
        }
        let owner = inner.next_owner;
        inner.next_owner += 1;
        for (index, index_reads) in reads.indexes() {
            let watchers = inner.indexes.entry(index).or_default();
            for key in index_reads.points() {
                watchers
                    .points
                    .entry(key.clone())
                    .or_default()
                    .insert(owner);
            }
            for (start, end) in index_reads.ranges() {
                let (start, end) = (start.clone(), end.cloned());
                watchers.ranges.insert(Interval { start, end }, owner);
            }
        }
        inner.entries.insert(
            owner,
            Entry {
                reads,
                since,
                on_invalid,
            },
        );
        Subscription {
            registered: Some((self.clone(), owner)),
        }
    }

    /// Tells of durable commits, oldest first. Listeners are called here, outside the lock.
    pub(super) fn committed(&self, commits: impl Iterator<Item = (Timestamp, Arc<WriteSet>)>) {
        let mut invalid = Vec::new();
        let mut inner = self.lock();
        for (timestamp, writes) in commits {
            for owner in inner.affected(&writes, timestamp) {
                invalid.extend(
                    inner
                        .remove(owner)
                        .map(|entry| (timestamp, entry.on_invalid)),
                );
            }
            inner.log.push(timestamp, writes);
        }
        drop(inner);
        for (timestamp, on_invalid) in invalid {
            on_invalid(timestamp);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        let inner = self.lock();
        inner.entries.is_empty() && inner.indexes.is_empty()
    }
}

impl Inner {
    /// Whose reads a commit changed. A result of a later snapshot than the commit has seen it already.
    fn affected(&self, writes: &WriteSet, timestamp: Timestamp) -> BTreeSet<Owner> {
        let mut owners = BTreeSet::new();
        for (index, keys) in writes.indexes() {
            let Some(watchers) = self.indexes.get(&index) else {
                continue;
            };
            for key in keys {
                owners.extend(watchers.points.get(key).into_iter().flatten());
                watchers.ranges.containing(key, &mut |owner| {
                    owners.insert(owner);
                });
            }
        }
        owners.retain(|owner| {
            self.entries
                .get(owner)
                .is_some_and(|entry| entry.since < timestamp)
        });
        owners
    }

    fn remove(&mut self, owner: Owner) -> Option<Entry> {
        let entry = self.entries.remove(&owner)?;
        for (index, reads) in entry.reads.indexes() {
            let Some(watchers) = self.indexes.get_mut(&index) else {
                continue;
            };
            for key in reads.points() {
                if let Some(owners) = watchers.points.get_mut(key) {
                    owners.remove(&owner);
                    if owners.is_empty() {
                        watchers.points.remove(key);
                    }
                }
            }
            for (start, _) in reads.ranges() {
                watchers.ranges.remove(start, owner);
            }
            if watchers.points.is_empty() && watchers.ranges.is_empty() {
                self.indexes.remove(&index);
            }
        }
        Some(entry)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some((subscriptions, owner)) = self.registered.take() {
            // What the listener owns may hold subscriptions itself, so it is dropped after the lock.
            let entry = subscriptions.lock().remove(owner);
            drop(entry);
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("registered", &self.registered.is_some())
            .finish()
    }
}

impl fmt::Debug for Subscriptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscriptions")
    }
}
