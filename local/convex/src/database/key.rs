//! Names of indexes and the keys in them.

use std::sync::Arc;

use crate::values::{DocumentId, Fields, TableNumber, Value, sort_key};

/// A key of an index. Keys compare as bytes.
pub(crate) type Key = Arc<[u8]>;

/// Sorts after every continuation of a key: what follows a whole value is another value's tag, all of which are less.
const AFTER_CONTINUATIONS: u8 = 0xff;

/// One index of one table. Slots are never reused, so a read of a dropped index never meets a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct IndexId {
    table: TableNumber,
    slot: u32,
}

impl IndexId {
    /// Not an index of documents: which tables, indexes, schema and recorded requests there are. Reading a name that
    /// does not exist is a read like any other.
    pub(super) const CATALOG: Self = Self {
        table: TableNumber(0),
        slot: 0,
    };

    /// How many slots the built-in indexes take.
    pub(super) const BUILT_IN: u32 = 2;

    pub(super) fn by_id(table: TableNumber) -> Self {
        Self { table, slot: 0 }
    }

    pub(super) fn by_creation_time(table: TableNumber) -> Self {
        Self { table, slot: 1 }
    }

    pub(super) fn defined(table: TableNumber, slot: u32) -> Self {
        Self { table, slot }
    }
}

/// The key of a document in `by_id`. Ids of one table sort like their texts.
pub(super) fn id_key(id: DocumentId) -> Key {
    let mut key = Vec::with_capacity(40);
    sort_key(Some(&Value::String(id.to_string())), &mut key);
    key.into()
}

/// The key of a document in any other index: the fields, the creation time, and the id to break ties.
pub(super) fn field_key(fields: &[String], id: DocumentId, document: &Fields) -> Key {
    let mut key = Vec::with_capacity(64);
    for field in fields {
        sort_key(Value::at_path(document, field), &mut key);
    }
    sort_key(document.get("_creationTime"), &mut key);
    key.extend_from_slice(&id.internal);
    key.into()
}

/// The first key after `key`.
pub(super) fn successor(key: &[u8]) -> Vec<u8> {
    let mut next = Vec::with_capacity(key.len() + 1);
    next.extend_from_slice(key);
    next.push(0);
    next
}

/// The end of all keys that begin with the values of `prefix`.
pub(super) fn prefix_end(prefix: &[u8]) -> Vec<u8> {
    let mut end = Vec::with_capacity(prefix.len() + 1);
    end.extend_from_slice(prefix);
    end.push(AFTER_CONTINUATIONS);
    end
}

/// Keys from `start` (included) to `end` (excluded; `None` is the end of the index).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) start: Key,
    pub(super) end: Option<Key>,
}

impl Interval {
    pub(super) fn everything() -> Self {
        Self {
            start: Arc::new([]),
            end: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.end.as_ref().is_some_and(|end| *end <= self.start)
    }
}

/// Whether an end of an interval comes after `key`.
pub(super) fn ends_after(end: Option<&Key>, key: &[u8]) -> bool {
    end.is_none_or(|end| **end > *key)
}
