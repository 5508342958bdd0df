//! The storage of a deployment: all documents in memory as persistent maps, every commit in SQLite.
//!
//! There are two newest states. Mutations begin on the *staged* one, which has every commit; readers and subscriptions
//! see the *published* one, which has those that are on the disk. A writer thread turns the one into the other.

mod catalog;
mod cursor;
mod error;
mod head;
mod history;
mod interval_tree;
mod key;
mod log;
mod open;
mod query;
mod reads;
mod requests;
mod schema;
mod state;
mod storage;
mod subscriptions;
#[cfg(test)]
mod tests;
mod transaction;
mod writer;

use std::sync::{Arc, PoisonError, RwLock, mpsc};
use std::time::Duration;

use tokio::sync::{OwnedRwLockWriteGuard, watch};

pub(crate) use catalog::{SCHEDULED_FUNCTIONS, STORAGE};
pub use error::OpenError;
pub(crate) use error::{CommitError, DatabaseError, SchemaError, SnapshotError};
pub(crate) use reads::ReadSet;
pub(crate) use requests::StoredRequest;
pub(crate) use state::Document;
pub use storage::Location;
pub(crate) use subscriptions::{OnInvalid, Subscription};
pub(crate) use transaction::{LIMITS, PageRequest, Transaction, Usage};
#[cfg(test)]
pub(crate) use transaction::{Page, PageStatus};

use crate::clock::Clock;
use crate::schema::Schema;
use crate::values::{DocumentId, TableNumber, Timestamp};
use cursor::Secret;
use head::{Batch, Head, Prepared, Shared, WRITER_GONE};
use history::History;
use schema::Application;
use state::{State, id_of};
use subscriptions::Subscriptions;
use transaction::Access;
use writer::Writer;

/// How long an opening waits for another process that is about to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// A database. Clones are the same database; when the last one is dropped, the file is closed.
#[derive(Clone, Debug)]
pub(crate) struct Database(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    // Before `shared`: dropping it ends the thread that uses the rest.
    writer: Writer,
    shared: Arc<Shared>,
    secret: Arc<Secret>,
    /// Held shared by every commit, and alone by who must not be overtaken.
    gate: Arc<tokio::sync::RwLock<()>>,
}

/// A durable state.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    state: State,
    secret: Arc<Secret>,
}

/// While this is held, nobody else can commit.
#[derive(Debug)]
pub(crate) struct ExclusiveGuard {
    _gate: OwnedRwLockWriteGuard<()>,
}

impl Database {
    /// Opens a database and reads all of it.
    pub(crate) fn open(location: &Location, clock: &Clock) -> Result<Self, OpenError> {
        Self::open_within(location, clock, PATIENCE)
    }

    fn open_within(
        location: &Location,
        clock: &Clock,
        patience: Duration,
    ) -> Result<Self, OpenError> {
        let opened = open::open(location, clock, patience)?;
        let start = opened.state.timestamp;
        let shared = Arc::new(Shared {
            head: Head::new(opened.state.clone(), opened.requests).into(),
            history: RwLock::new(History::new(opened.state)),
            subscriptions: Arc::new(Subscriptions::new(start)),
            durable: watch::Sender::new(start),
            clock: clock.clone(),
            #[cfg(test)]
            fail_next_write: false.into(),
        });
        let writer = Writer::start(shared.clone(), opened.storage)
            .map_err(|error| OpenError::Other(error.to_string()))?;
        Ok(Self(Arc::new(Inner {
            writer,
            shared,
            secret: Arc::new(opened.secret),
            gate: Arc::default(),
        })))
    }

    /// The newest durable state.
    pub(crate) fn latest(&self) -> Snapshot {
        self.snapshot(self.0.shared.newest())
    }

    /// The durable state at a time of the last seconds.
    pub(crate) fn at(&self, timestamp: Timestamp) -> Result<Snapshot, SnapshotError> {
        let history = self
            .0
            .shared
            .history
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(self.snapshot(history.at(timestamp)?))
    }

    fn snapshot(&self, state: State) -> Snapshot {
        Snapshot {
            state,
            secret: self.0.secret.clone(),
        }
    }

    /// The timestamp of the newest durable state, as it moves.
    pub(crate) fn commits(&self) -> watch::Receiver<Timestamp> {
        self.0.shared.durable.subscribe()
    }

    /// A transaction that may write, on the newest state. Its result must not leave before it is committed, also when
    /// it wrote nothing: what it saw may not be durable.
    pub(crate) fn begin(&self) -> Transaction {
        let head = self.0.shared.head();
        let access = Access::Write { line: head.line };
        Transaction::new(head.staged.clone(), access, self.0.secret.clone())
    }

    /// Commits a transaction, and resolves when it is on the disk. Without writes it resolves when what the
    /// transaction saw is.
    pub(crate) async fn commit(&self, transaction: Transaction) -> Result<Timestamp, CommitError> {
        let prepared = Prepared::new(transaction.finish());
        let permit = self.0.gate.read().await;
        let staged = self.0.shared.stage(prepared, self.sender()?);
        drop(permit);
        staged.settle().await
    }

    /// Waits until no other commit is under way and keeps new ones out. A transaction that is begun under the guard
    /// meets no conflict but with [`Database::apply_schema`].
    pub(crate) async fn exclusive(&self) -> ExclusiveGuard {
        ExclusiveGuard {
            _gate: self.0.gate.clone().write_owned().await,
        }
    }

    /// As [`Database::commit`], under the guard, which others need not wait for while the disk is written.
    pub(crate) async fn commit_exclusive(
        &self,
        guard: ExclusiveGuard,
        transaction: Transaction,
    ) -> Result<Timestamp, CommitError> {
        let prepared = Prepared::new(transaction.finish());
        let staged = self.0.shared.stage(prepared, self.sender()?);
        drop(guard);
        staged.settle().await
    }

    /// Puts a schema in force, or changes nothing. Blocks until it is on the disk; transactions wait meanwhile.
    pub(crate) fn apply_schema(&self, schema: &Schema) -> Result<(), SchemaError> {
        let (durable, wait) = mpsc::channel();
        let mut head = self.0.shared.head();
        let Some(application) = Application::of(schema, &head.staged)? else {
            return Ok(());
        };
        let gone = || SchemaError::Storage(WRITER_GONE.to_owned());
        let timestamp = head.next_timestamp(&self.0.shared.clock);
        let Application {
            state,
            writes,
            rows,
        } = application;
        let done = Box::new(move |result| drop(durable.send(result)));
        let sender = self.0.writer.sender().ok_or_else(gone)?;
        head.push(timestamp, state, writes, rows, sender, done);
        drop(head);
        wait.recv()
            .map_err(|_| gone())?
            .map_err(SchemaError::Storage)
    }

    /// Calls `on_invalid` once, as soon as a durable commit after `since` wrote something in `reads`; at once, and
    /// here, when there is one already. Later calls come from the writer's thread and must be brief.
    pub(crate) fn subscribe(
        &self,
        reads: Arc<ReadSet>,
        since: Timestamp,
        on_invalid: OnInvalid,
    ) -> Subscription {
        self.0
            .shared
            .subscriptions
            .subscribe(reads, since, on_invalid)
    }

    /// What a request of a client was answered, if it was committed and that is durable.
    pub(crate) fn stored_request(&self, session: &str, request: u32) -> Option<StoredRequest> {
        let durable = self.0.shared.newest().timestamp;
        let head = self.0.shared.head();
        let stored = head.requests.find(&(session.into(), request));
        stored.filter(|stored| stored.timestamp <= durable).cloned()
    }

    /// A secret of this database for one purpose. It stays the same as long as the data.
    pub(crate) fn secret(&self, purpose: &str) -> [u8; 32] {
        self.0.secret.derive(purpose)
    }

    fn sender(&self) -> Result<&mpsc::Sender<Batch>, CommitError> {
        let gone = || CommitError::Storage(WRITER_GONE.to_owned());
        self.0.writer.sender().ok_or_else(gone)
    }
}

impl Snapshot {
    pub(crate) fn timestamp(&self) -> Timestamp {
        self.state.timestamp
    }

    /// The number of a table.
    pub(crate) fn table_number(&self, name: &str) -> Option<TableNumber> {
        self.state.catalog.number(name)
    }

    /// The ids of all documents of a table.
    pub(crate) fn ids(&self, table: &str) -> Vec<DocumentId> {
        let Some(number) = self.table_number(table) else {
            return Vec::new();
        };
        let documents = self.state.documents(number);
        documents.filter_map(|document| id_of(document)).collect()
    }

    /// A transaction that only reads.
    pub(crate) fn read(&self) -> Transaction {
        Transaction::new(self.state.clone(), Access::Read, self.secret.clone())
    }
}
