//! One version of all documents and indexes. Versions share what did not change between them.

use std::ops::Bound;
use std::sync::Arc;

use imbl::OrdMap;

use super::catalog::Catalog;
use super::key::{IndexId, Interval, Key, field_key, id_key};
use crate::values::{DocumentId, Fields, TableNumber, Timestamp};

/// A stored document, with `_id` and `_creationTime`.
pub(crate) type Document = Arc<Fields>;

/// The documents of a table in the order of an index.
pub(super) type Entries = OrdMap<Key, Document>;

/// A version.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) timestamp: Timestamp,
    pub(super) catalog: Arc<Catalog>,
    indexes: OrdMap<IndexId, Entries>,
}

/// What became of one document.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) old: Option<Document>,
    pub(super) new: Option<Document>,
}

/// What becomes of one key of an index.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) index: IndexId,
    pub(super) key: Key,
    /// `None` removes it.
    pub(super) document: Option<Document>,
}

impl State {
    pub(super) fn new(timestamp: Timestamp, catalog: Catalog) -> Self {
        Self {
            timestamp,
            catalog: Arc::new(catalog),
            indexes: OrdMap::new(),
        }
    }

    pub(super) fn document_at(&self, table: TableNumber, key: &Key) -> Option<&Document> {
        self.indexes.get(&IndexId::by_id(table))?.get(&**key)
    }

    /// The documents of a table in the order of their ids.
    pub(super) fn documents(&self, table: TableNumber) -> impl Iterator<Item = &Document> {
        let entries = self.indexes.get(&IndexId::by_id(table));
        entries.into_iter().flat_map(OrdMap::values)
    }

    /// How many documents a table has.
    pub(super) fn count(&self, table: TableNumber) -> usize {
        self.indexes
            .get(&IndexId::by_id(table))
            .map_or(0, OrdMap::len)
    }

    /// The first entry of an interval, or the last.
    pub(super) fn first(
        &self,
        index: IndexId,
        interval: &Interval,
        descending: bool,
    ) -> Option<(&Key, &Document)> {
        if interval.is_empty() {
            return None;
        }
        let start = Bound::Included(&*interval.start);
        let end = interval
            .end
            .as_deref()
            .map_or(Bound::Unbounded, Bound::Excluded);
        let mut entries = self.indexes.get(&index)?.range::<_, [u8]>((start, end));
        if descending {
            entries.next_back()
        } else {
            entries.next()
        }
    }

    /// What a change means for the indexes of its table: removals, then additions.
    pub(super) fn entries(&self, id: DocumentId, change: &Change) -> Vec<Entry> {
        let mut entries = Vec::new();
        if let Some(old) = &change.old {
            for_each_key(&self.catalog, id, old, |index, key| {
                entries.push(Entry {
                    index,
                    key,
                    document: None,
                });
            });
        }
        if let Some(new) = &change.new {
            for_each_key(&self.catalog, id, new, |index, key| {
                let document = Some(new.clone());
                entries.push(Entry {
                    index,
                    key,
                    document,
                });
            });
        }
        entries
    }

    pub(super) fn apply(&mut self, entries: &[Entry]) {
        for Entry {
            index,
            key,
            document,
        } in entries
        {
            match document {
                Some(document) => {
                    let index = self.indexes.entry(*index).or_default();
                    index.insert(key.clone(), document.clone());
                }
                None => {
                    if let Some(index) = self.indexes.get_mut(index) {
                        index.remove(&**key);
                    }
                }
            }
        }
    }

    /// Fills an index that the catalog lists from the documents of its table.
    pub(super) fn fill_index(&mut self, table: TableNumber, index: IndexId, fields: &[String]) {
        let entries = self.documents(table).filter_map(|document| {
            let id = id_of(document)?;
            Some((field_key(fields, id, document), document.clone()))
        });
        let entries = entries.collect();
        self.indexes.insert(index, entries);
    }

    pub(super) fn drop_index(&mut self, index: IndexId) {
        self.indexes.remove(&index);
    }
}

/// The id that a document has in its `_id`.
pub(super) fn id_of(document: &Fields) -> Option<DocumentId> {
    document.get("_id")?.as_str()?.parse().ok()
}

fn for_each_key(
    catalog: &Catalog,
    id: DocumentId,
    document: &Document,
    mut visit: impl FnMut(IndexId, Key),
) {
    visit(IndexId::by_id(id.table), id_key(id));
    visit(
        IndexId::by_creation_time(id.table),
        field_key(&[], id, document),
    );
    for index in catalog
        .table(id.table)
        .into_iter()
        .flat_map(|table| &table.indexes)
    {
        visit(index.id, field_key(&index.definition.fields, id, document));
    }
}
