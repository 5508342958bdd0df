//! What a transaction read and what a commit wrote, and whether the two meet.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::key::{IndexId, Interval, Key, ends_after};

/// The keys that a transaction looked at, whether or not something was there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadSet {
    indexes: BTreeMap<IndexId, Reads>,
}

/// The reads of one index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reads {
    points: BTreeSet<Key>,
    /// Start and end; they neither overlap nor touch.
    ranges: BTreeMap<Key, Option<Key>>,
}

impl ReadSet {
    pub(super) fn add_point(&mut self, index: IndexId, key: Key) {
        let reads = self.indexes.entry(index).or_default();
        if !reads.in_range(&key) {
            reads.points.insert(key);
        }
    }

    /// Adds an interval and joins it with those that it touches: a scan that goes on costs one entry.
    pub(super) fn add_range(&mut self, index: IndexId, interval: Interval) {
        if !interval.is_empty() {
            self.indexes.entry(index).or_default().add_range(interval);
        }
    }

    /// Whether a commit wrote something that was read.
    pub(crate) fn overlaps(&self, writes: &WriteSet) -> bool {
        writes.indexes().any(|(index, keys)| {
            let reads = self.indexes.get(&index);
            reads.is_some_and(|reads| keys.iter().any(|key| reads.contains(key)))
        })
    }

    pub(super) fn indexes(&self) -> impl Iterator<Item = (IndexId, &Reads)> {
        self.indexes.iter().map(|(index, reads)| (*index, reads))
    }
}

impl Reads {
    pub(super) fn points(&self) -> impl Iterator<Item = &Key> {
        self.points.iter()
    }

    pub(super) fn ranges(&self) -> impl Iterator<Item = (&Key, Option<&Key>)> {
        self.ranges.iter().map(|(start, end)| (start, end.as_ref()))
    }

    fn contains(&self, key: &Key) -> bool {
        self.points.contains(key) || self.in_range(key)
    }

    fn in_range(&self, key: &Key) -> bool {
        let mut before = self.ranges.range::<Key, _>(..=key);
        before
            .next_back()
            .is_some_and(|(_, end)| ends_after(end.as_ref(), key))
    }

    fn add_range(&mut self, Interval { mut start, mut end }: Interval) {
        let before = self.ranges.range::<Key, _>(..&start).next_back();
        if let Some((earlier, earlier_end)) = before
            && earlier_end.as_ref().is_none_or(|end| *end >= start)
        {
            start = earlier.clone();
        }
        // What begins inside the interval, or where it ends, becomes part of it.
        let from = Bound::Included(start.clone());
        loop {
            let upper = end.clone().map_or(Bound::Unbounded, Bound::Included);
            let Some((inner, inner_end)) = self.ranges.range((from.clone(), upper)).next() else {
                break;
            };
            let inner = inner.clone();
            if let (Some(current), inner_end) = (&end, inner_end)
                && inner_end
                    .as_ref()
                    .is_none_or(|inner_end| inner_end > current)
            {
                end = inner_end.clone();
            }
            self.ranges.remove(&inner);
        }
        self.ranges.insert(start, end);
    }
}

/// The keys that a commit changed: of every changed document the old and the new key in each index.
#[derive(Debug, Default)]
pub(crate) struct WriteSet {
    indexes: BTreeMap<IndexId, BTreeSet<Key>>,
}

impl WriteSet {
    pub(super) fn add(&mut self, index: IndexId, key: Key) {
        self.indexes.entry(index).or_default().insert(key);
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.indexes.values().map(BTreeSet::len).sum()
    }

    pub(super) fn indexes(&self) -> impl Iterator<Item = (IndexId, &BTreeSet<Key>)> {
        self.indexes.iter().map(|(index, keys)| (*index, keys))
    }
}
