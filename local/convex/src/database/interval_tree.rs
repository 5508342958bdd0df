//! Intervals of keys that overlap freely, searchable by a key that they contain.
//!
//! A treap ordered by start: every node knows the greatest end below it, so a search leaves out what ends too early. Its
//! priorities are hashes of the owners, which keeps it balanced and repeatable.

use super::key::{Interval, Key, ends_after};

/// Who an interval belongs to.
pub(super) type Owner = u64;

/// The intervals of one index. An owner may have several with different starts.
#[derive(Debug, Default)]
pub(super) struct IntervalTree {
    root: Tree,
}

type Tree = Option<Box<Node>>;

#[derive(Debug)]
struct Node {
    interval: Interval,
    owner: Owner,
    priority: u64,
    /// The greatest end in this subtree; `None` is the end of the index.
    greatest_end: Option<Key>,
    left: Tree,
    right: Tree,
}

impl IntervalTree {
    pub(super) fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    pub(super) fn insert(&mut self, interval: Interval, owner: Owner) {
        let (before, after) = split(self.root.take(), &interval.start, owner);
        let node = Box::new(Node {
            greatest_end: interval.end.clone(),
            priority: scatter(owner, &interval.start),
            interval,
            owner,
            left: None,
            right: None,
        });
        self.root = merge(merge(before, Some(node)), after);
    }

    pub(super) fn remove(&mut self, start: &Key, owner: Owner) {
        self.root = remove(self.root.take(), start, owner);
    }

    /// Calls `found` with the owner of every interval that contains `key`.
    pub(super) fn containing(&self, key: &Key, found: &mut impl FnMut(Owner)) {
        search(&self.root, key, found);
    }
}

impl Node {
    fn position(&self) -> (&Key, Owner) {
        (&self.interval.start, self.owner)
    }

    fn measured(mut self: Box<Self>) -> Box<Self> {
        let mut greatest = self.interval.end.clone();
        for child in [&self.left, &self.right].into_iter().flatten() {
            if let Some(end) = &greatest
                && ends_after(child.greatest_end.as_ref(), end)
            {
                greatest = child.greatest_end.clone();
            }
        }
        self.greatest_end = greatest;
        self
    }
}

/// Splits into what is before `(start, owner)` and the rest.
fn split(tree: Tree, start: &Key, owner: Owner) -> (Tree, Tree) {
    let Some(mut node) = tree else {
        return (None, None);
    };
    if node.position() < (start, owner) {
        let (before, after) = split(node.right.take(), start, owner);
        node.right = before;
        (Some(node.measured()), after)
    } else {
        let (before, after) = split(node.left.take(), start, owner);
        node.left = after;
        (before, Some(node.measured()))
    }
}

/// Joins two trees of which all of `left` is before all of `right`.
fn merge(left: Tree, right: Tree) -> Tree {
    match (left, right) {
        (Some(mut left), Some(mut right)) => Some(if left.priority > right.priority {
            left.right = merge(left.right.take(), Some(right));
            left.measured()
        } else {
            right.left = merge(Some(left), right.left.take());
            right.measured()
        }),
        (left, right) => left.or(right),
    }
}

fn remove(tree: Tree, start: &Key, owner: Owner) -> Tree {
    let mut node = tree?;
    let at = (start, owner);
    if node.position() == at {
        return merge(node.left, node.right);
    }
    if at < node.position() {
        node.left = remove(node.left.take(), start, owner);
    } else {
        node.right = remove(node.right.take(), start, owner);
    }
    Some(node.measured())
}

fn search(tree: &Tree, key: &Key, found: &mut impl FnMut(Owner)) {
    let Some(node) = tree else {
        return;
    };
    if !ends_after(node.greatest_end.as_ref(), key) {
        return;
    }
    search(&node.left, key, found);
    if node.interval.start <= *key {
        if ends_after(node.interval.end.as_ref(), key) {
            found(node.owner);
        }
        search(&node.right, key, found);
    }
}

/// A priority that does not follow the order of the keys (FNV-1a, then a finalizer that mixes the high bits).
fn scatter(owner: Owner, start: &[u8]) -> u64 {
    let bytes = owner.to_le_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in bytes.iter().chain(start) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}
