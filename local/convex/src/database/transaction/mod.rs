//! A transaction: one consistent state, the writes on top of it, and a record of everything that was read.

mod page;
mod query;
mod system;
mod usage;
mod write;

use std::collections::HashMap;
use std::sync::Arc;

use imbl::OrdMap;

pub(crate) use page::PageRequest;
#[cfg(test)]
pub(crate) use page::{Page, PageStatus};
use query::OpenQuery;
use usage::Meter;
pub(crate) use usage::{LIMITS, Usage};

use super::catalog::place;
use super::cursor::Secret;
use super::error::DatabaseError;
use super::key::{IndexId, Interval, id_key};
use super::reads::ReadSet;
use super::state::{Change, Document, State};
use crate::values::{DocumentId, TableNumber, Timestamp};

/// A transaction. Dropping it leaves everything as it was.
#[derive(Debug)]
pub(crate) struct Transaction {
    timestamp: Timestamp,
    access: Access,
    layer: Layer,
    /// What [`Transaction::undo_nested`] returns to, outermost first.
    outer: Vec<Layer>,
    reads: ReadSet,
    meter: Meter,
    queries: HashMap<u32, OpenQuery>,
    next_query: u32,
    journal: Journal,
    secret: Arc<Secret>,
    request: Option<Request>,
}

/// Whether a transaction may write, and on which line of history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    /// Commits that could not be made durable end a line; what began on it cannot be committed any more.
    Write {
        line: u64,
    },
}

/// What a nested call can undo. States share what is equal, so keeping one costs nothing.
#[derive(Clone, Debug)]
struct Layer {
    /// The state with the writes so far.
    state: State,
    changes: OrdMap<DocumentId, Change>,
    created_tables: Vec<(TableNumber, String)>,
    last_creation_time: f64,
    paginated: bool,
    /// Something that was written becomes the time of the commit.
    awaits_commit: bool,
}

/// Where the page of an earlier run of the same function ended, and where this one's does.
#[derive(Debug, Default)]
struct Journal {
    given: Option<String>,
    made: Option<String>,
}

/// The request that the transaction answers.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) session: Arc<str>,
    pub(super) number: u32,
    pub(super) result: Arc<str>,
}

/// What a commit needs of a transaction.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) timestamp: Timestamp,
    pub(super) access: Access,
    pub(super) reads: ReadSet,
    /// The state with the writes, with the timestamp of the transaction.
    pub(super) state: State,
    pub(super) changes: OrdMap<DocumentId, Change>,
    pub(super) created_tables: Vec<(TableNumber, String)>,
    /// `changes` have to learn the time of their commit.
    pub(super) awaits_commit: bool,
    pub(super) request: Option<Request>,
}

impl Transaction {
    pub(super) fn new(state: State, access: Access, secret: Arc<Secret>) -> Self {
        Self {
            timestamp: state.timestamp,
            access,
            layer: Layer {
                state,
                changes: OrdMap::new(),
                created_tables: Vec::new(),
                last_creation_time: f64::NEG_INFINITY,
                paginated: false,
                awaits_commit: false,
            },
            outer: Vec::new(),
            reads: ReadSet::default(),
            meter: Meter::default(),
            queries: HashMap::new(),
            next_query: 0,
            journal: Journal::default(),
            secret,
            request: None,
        }
    }

    /// The time of the state that the transaction began on.
    pub(crate) fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// Ends the transaction and keeps only what it read.
    pub(crate) fn into_reads(self) -> ReadSet {
        self.reads
    }

    /// The number of a table, for the checks of validators: a table's number never changes, so it is not a read.
    pub(crate) fn known_table(&self, name: &str) -> Option<TableNumber> {
        self.layer.state.catalog.number(name)
    }

    /// The number of a table, if the table exists.
    pub(crate) fn table_number(&mut self, name: &str) -> Option<TableNumber> {
        self.reads.add_point(IndexId::CATALOG, place::table(name));
        self.layer.state.catalog.number(name)
    }

    /// The name of a table. Names never change, so this is not a read.
    pub(crate) fn table_name(&self, number: TableNumber) -> Option<String> {
        let table = self.layer.state.catalog.table(number)?;
        Some(table.name.clone())
    }

    /// The id in `text`, if it is one of `table`. Whether there is such a document does not matter.
    pub(crate) fn normalize_id(&mut self, table: &str, text: &str) -> Option<DocumentId> {
        let number = self.table_number(table)?;
        text.parse()
            .ok()
            .filter(|id: &DocumentId| id.table == number)
    }

    /// The document with this id, if there is one.
    pub(crate) fn get(&mut self, id: DocumentId) -> Result<Option<Document>, DatabaseError> {
        self.meter.range()?;
        let key = id_key(id);
        let document = self.layer.state.document_at(id.table, &key).cloned();
        self.reads.add_point(IndexId::by_id(id.table), key);
        if let Some(document) = &document {
            self.meter.read(document)?;
        }
        Ok(document)
    }

    /// How many documents a table has.
    pub(crate) fn count(&mut self, table: &str) -> Result<usize, DatabaseError> {
        self.meter.range()?;
        let Some(number) = self.table_number(table) else {
            return Ok(0);
        };
        self.reads
            .add_range(IndexId::by_id(number), Interval::everything());
        Ok(self.layer.state.count(number))
    }

    /// What was read and written so far, also by nested calls that were undone.
    pub(crate) fn usage(&self) -> Usage {
        self.meter.used
    }

    /// Begins a nested call, whose writes can be undone alone, and which may use `most`.
    pub(crate) fn begin_nested(&mut self, most: Usage) {
        self.meter.begin_nested(most);
        let outer = self.layer.clone();
        self.layer.paginated = false;
        self.outer.push(outer);
    }

    /// Ends the nested call begun last and keeps its writes.
    pub(crate) fn keep_nested(&mut self) {
        self.meter.end_nested();
        if let Some(outer) = self.outer.pop() {
            self.layer.paginated = outer.paginated;
        }
    }

    /// Ends the nested call begun last and undoes its writes. What it read stays read.
    pub(crate) fn undo_nested(&mut self) {
        self.meter.end_nested();
        if let Some(outer) = self.outer.pop() {
            self.layer = outer;
        }
    }

    /// Stores the result of a client's request together with the writes.
    pub(crate) fn record_request(&mut self, session: &str, request: u32, result: String) {
        self.request = Some(Request {
            session: session.into(),
            number: request,
            result: result.into(),
        });
    }

    /// Gives the journal of an earlier run of the same function with the same arguments.
    pub(crate) fn set_journal(&mut self, journal: Option<String>) {
        self.journal.given = journal;
    }

    /// The journal of this run: `None` unless it read a page.
    pub(crate) fn journal(&self) -> Option<String> {
        self.journal.made.clone()
    }

    pub(super) fn finish(self) -> Finished {
        // A nested call that did not end is not part of what is committed.
        let layer = self.outer.into_iter().next().unwrap_or(self.layer);
        Finished {
            timestamp: self.timestamp,
            access: self.access,
            reads: self.reads,
            state: layer.state,
            changes: layer.changes,
            created_tables: layer.created_tables,
            awaits_commit: layer.awaits_commit,
            request: self.request,
        }
    }
}
