//! The newest state, which mutations begin on, and the commits that are on their way to the disk.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, mpsc};

use tokio::sync::{oneshot, watch};

use super::error::CommitError;
use super::history::History;
use super::key::IndexId;
use super::log::CommitLog;
use super::reads::WriteSet;
use super::requests::{RequestKey, RequestLog, StoredRequest};
use super::state::{Change, Entry, State};
use super::storage::Row;
use super::subscriptions::Subscriptions;
use super::transaction::{Access, Finished};
use crate::clock::Clock;
use crate::database::catalog::place;
use crate::values::{Timestamp, Value};

/// What committers and the writer share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) head: Mutex<Head>,
    pub(super) history: RwLock<History>,
    pub(super) subscriptions: Arc<Subscriptions>,
    pub(super) durable: watch::Sender<Timestamp>,
    pub(super) clock: Clock,
    #[cfg(test)]
    pub(super) fail_next_write: std::sync::atomic::AtomicBool,
}

/// The newest state, durable or not.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) staged: State,
    /// How often staged commits were lost. Transactions of an earlier line cannot be committed.
    pub(super) line: u64,
    pub(super) log: CommitLog,
    pub(super) requests: RequestLog,
    last_issued: Timestamp,
}

/// What waits for the disk.
pub(super) struct Batch {
    /// `None` waits for what was sent before.
    pub(super) commit: Option<StagedCommit>,
    pub(super) done: Done,
}

/// A commit that is not durable yet.
pub(super) struct StagedCommit {
    pub(super) state: State,
    pub(super) writes: Arc<WriteSet>,
    pub(super) rows: Vec<Row>,
}

/// Called when a batch is durable, or with the reason why it is not.
pub(super) type Done = Box<dyn FnOnce(Result<(), String>) + Send>;

/// A transaction with everything computed that does not need the head.
pub(super) struct Prepared {
    finished: Finished,
    entries: Vec<Entry>,
    writes: WriteSet,
    rows: Vec<Row>,
}

/// The answer to a transaction, and what it has to wait for before it is given.
pub(super) struct Staged {
    pub(super) answer: Result<Timestamp, CommitError>,
    pub(super) durable: Option<oneshot::Receiver<Result<(), String>>>,
}

impl Prepared {
    pub(super) fn new(finished: Finished) -> Self {
        let mut prepared = Self {
            entries: Vec::new(),
            writes: WriteSet::default(),
            rows: Vec::new(),
            finished,
        };
        prepared.prepare();
        prepared
    }

    fn prepare(&mut self) {
        for (number, name) in &self.finished.created_tables {
            self.writes.add(IndexId::CATALOG, place::table(name));
            self.writes.add(IndexId::CATALOG, place::next_number());
            let (number, name) = (*number, name.clone());
            self.rows.push(Row::Table { number, name });
        }
        for (id, change) in &self.finished.changes {
            // What the schema point in the read set guards: the indexes are the same at the head.
            let entries = self.finished.state.entries(*id, change);
            for entry in &entries {
                self.writes.add(entry.index, entry.key.clone());
            }
            self.entries.extend(entries);
            self.rows.push(match &change.new {
                None => Row::RemoveDocument(*id),
                Some(document) => {
                    let json = document
                        .iter()
                        .map(|(name, value)| (name.clone(), value.to_json()));
                    Row::Document {
                        id: *id,
                        creation_time: match document.get("_creationTime") {
                            Some(Value::Float64(time)) => *time,
                            _ => 0.0,
                        },
                        json: serde_json::Value::Object(json.collect()).to_string(),
                    }
                }
            });
        }
    }

    /// Lets the writes know when they are committed. Returns whether any of them asked.
    fn commit_at(&mut self, timestamp: Timestamp) -> bool {
        if !self.finished.awaits_commit {
            return false;
        }
        let changes = std::mem::take(&mut self.finished.changes).into_iter();
        let changes = changes.map(|(id, Change { old, new })| {
            let new = new.map(|document| {
                let fields = Arc::unwrap_or_clone(document).into_iter();
                let fields = fields.map(|(name, value)| (name, value.committed_at(timestamp)));
                Arc::new(fields.collect())
            });
            (id, Change { old, new })
        });
        self.finished.changes = changes.collect();
        self.entries.clear();
        self.writes = WriteSet::default();
        self.rows.clear();
        self.prepare();
        true
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.finished.request.is_none()
    }
}

impl Head {
    pub(super) fn new(state: State, requests: RequestLog) -> Self {
        Self {
            line: 0,
            log: CommitLog::new(state.timestamp),
            requests,
            last_issued: state.timestamp,
            staged: state,
        }
    }

    /// Makes `state` the newest one under the next timestamp and sends it to the disk. The caller holds the lock, so
    /// batches are sent in the order of their timestamps.
    pub(super) fn push(
        &mut self,
        timestamp: Timestamp,
        mut state: State,
        writes: WriteSet,
        rows: Vec<Row>,
        sender: &mpsc::Sender<Batch>,
        done: Done,
    ) {
        state.timestamp = timestamp;
        let writes = Arc::new(writes);
        self.log.push(timestamp, writes.clone());
        self.staged = state.clone();
        let commit = Some(StagedCommit {
            state,
            writes,
            rows,
        });
        // When the writer is gone, the batch is dropped and whoever waits is told.
        drop(sender.send(Batch { commit, done }));
    }

    pub(super) fn next_timestamp(&mut self, clock: &Clock) -> Timestamp {
        let next = Timestamp(clock.nanoseconds().max(self.last_issued.0 + 1));
        self.last_issued = next;
        next
    }

    /// Forgets everything after the durable state.
    pub(super) fn roll_back(&mut self, durable: &State) {
        self.staged = durable.clone();
        self.line += 1;
        self.log.truncate(durable.timestamp);
        self.requests.truncate(durable.timestamp);
    }
}

impl Shared {
    pub(super) fn head(&self) -> MutexGuard<'_, Head> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn newest(&self) -> State {
        let history = self.history.read().unwrap_or_else(PoisonError::into_inner);
        history.newest().clone()
    }

    /// Checks a transaction against what was committed since it began, and puts its writes on top.
    pub(super) fn stage(&self, prepared: Prepared, sender: &mpsc::Sender<Batch>) -> Staged {
        let Access::Write { line } = prepared.finished.access else {
            return Staged::refused(CommitError::ReadOnly);
        };
        let began = prepared.finished.timestamp;
        let mut head = self.head();
        if line != head.line {
            return Staged::refused(CommitError::Conflict);
        }
        let (durable, wait) = oneshot::channel();
        let done: Done = Box::new(move |result| drop(durable.send(result)));
        let waiting = |answer| Staged {
            answer,
            durable: Some(wait),
        };
        if prepared.is_empty() {
            // It saw one state, which may still be on its way to the disk.
            drop(sender.send(Batch { commit: None, done }));
            return waiting(Ok(began));
        }
        let request = prepared.finished.request.as_ref();
        let key: Option<RequestKey> =
            request.map(|request| (request.session.clone(), request.number));
        if let Some(stored) = key.as_ref().and_then(|key| head.requests.find(key)) {
            let stored = stored.clone();
            drop(sender.send(Batch { commit: None, done }));
            return waiting(Err(CommitError::Repeated(stored)));
        }
        if head.log.overlap(&prepared.finished.reads, began).is_some() {
            return Staged::refused(CommitError::Conflict);
        }
        let timestamp = self.push(&mut head, prepared, sender, done);
        waiting(Ok(timestamp))
    }

    fn push(
        &self,
        head: &mut Head,
        mut prepared: Prepared,
        sender: &mpsc::Sender<Batch>,
        done: Done,
    ) -> Timestamp {
        let timestamp = head.next_timestamp(&self.clock);
        let is_changed = prepared.commit_at(timestamp);
        let Prepared {
            finished,
            entries,
            writes,
            mut rows,
        } = prepared;
        let state = if head.staged.timestamp == finished.timestamp && !is_changed {
            finished.state
        } else {
            let mut state = head.staged.clone();
            for (number, name) in &finished.created_tables {
                Arc::make_mut(&mut state.catalog).restore_table(*number, name);
            }
            state.apply(&entries);
            state
        };
        if let Some(request) = finished.request {
            let (session, number, result) = (request.session, request.number, request.result);
            rows.push(Row::Request {
                session: session.clone(),
                request: number,
                timestamp,
                result: result.clone(),
            });
            head.requests
                .push((session, number), StoredRequest { result, timestamp });
            rows.extend(head.requests.prune(timestamp).map(Row::PruneRequests));
        }
        head.push(timestamp, state, writes, rows, sender, done);
        timestamp
    }
}

impl Staged {
    fn refused(error: CommitError) -> Self {
        Self {
            answer: Err(error),
            durable: None,
        }
    }

    /// The answer, when it may be given.
    pub(super) async fn settle(self) -> Result<Timestamp, CommitError> {
        if let Some(durable) = self.durable {
            match durable.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return Err(CommitError::Storage(error)),
                Err(_) => return Err(CommitError::Storage(WRITER_GONE.to_owned())),
            }
        }
        self.answer
    }
}

/// What those hear who wait for a writer that ended.
pub(super) const WRITER_GONE: &str = "the thread that writes it has ended";
