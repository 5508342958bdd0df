//! The thread that brings commits to the disk: everything that waits goes into one SQLite transaction, so many small
//! commits share one flush.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use super::head::{Batch, Shared};
use super::storage::Storage;

/// The most commits in one SQLite transaction.
const MAXIMUM_GROUP: usize = 1024;

/// The running thread. Dropping it waits until everything is written and the file is closed.
#[derive(Debug)]
pub(super) struct Writer {
    sender: Option<Sender<Batch>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(shared: Arc<Shared>, storage: Storage) -> std::io::Result<Self> {
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new()
            .name("convex-writer".to_owned())
            .spawn(move || run(&shared, storage, &receiver))?;
        Ok(Self {
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// Where batches go; `None` only while the writer is dropped.
    pub(super) fn sender(&self) -> Option<&Sender<Batch>> {
        self.sender.as_ref()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take()
            // The last owner may be a listener that the thread itself called.
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the database's writer panicked");
        }
    }
}

fn run(shared: &Shared, mut storage: Storage, receiver: &Receiver<Batch>) {
    while let Ok(first) = receiver.recv() {
        let mut group = vec![first];
        group.extend(receiver.try_iter().take(MAXIMUM_GROUP - 1));
        match write(shared, &mut storage, &group) {
            Ok(()) => publish(shared, group),
            Err(error) => roll_back(shared, receiver, group, &error.to_string()),
        }
    }
}

fn write(shared: &Shared, storage: &mut Storage, group: &[Batch]) -> rusqlite::Result<()> {
    let commits = || group.iter().filter_map(|batch| batch.commit.as_ref());
    let Some(last) = commits().next_back() else {
        return Ok(());
    };
    #[cfg(test)]
    if shared
        .fail_next_write
        .swap(false, std::sync::atomic::Ordering::SeqCst)
    {
        return Err(rusqlite::Error::QueryReturnedNoRows);
    }
    #[cfg(not(test))]
    let _ = shared;
    storage.write(
        commits().flat_map(|commit| &commit.rows),
        last.state.timestamp,
    )
}

fn publish(shared: &Shared, group: Vec<Batch>) {
    let now = shared.clock.nanoseconds();
    let mut written = Vec::new();
    let mut states = Vec::new();
    let mut waiting = Vec::new();
    for batch in group {
        waiting.push(batch.done);
        if let Some(commit) = batch.commit {
            written.push((commit.state.timestamp, commit.writes));
            states.push(commit.state);
        }
    }
    // Before readers can see the new states: nobody may find an old result beside them that still claims to hold.
    shared.subscriptions.committed(written.into_iter());
    if let Some(newest) = states.last().map(|state| state.timestamp) {
        let mut history = shared
            .history
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for state in states {
            history.push(state, now);
        }
        drop(history);
        shared.durable.send_replace(newest);
    }
    for done in waiting {
        done(Ok(()));
    }
}

/// Nothing of the group is on the disk. What was staged on top of it goes with it.
fn roll_back(shared: &Shared, receiver: &Receiver<Batch>, mut group: Vec<Batch>, error: &str) {
    tracing::error!("the database could not be written: {error}");
    let durable = shared.newest();
    let mut head = shared.head();
    head.roll_back(&durable);
    // Batches are sent under the head's lock: all that is here belongs to the line that ends.
    group.extend(receiver.try_iter());
    drop(head);
    for batch in group {
        (batch.done)(Err(error.to_owned()));
    }
}
