//! The durable states: the newest, and those of the last seconds for readers of a fixed time.

use std::collections::VecDeque;

use super::error::SnapshotError;
use super::state::State;
use crate::values::Timestamp;

/// How many states are kept however old they are, and at most.
const MINIMUM_STATES: usize = 64;
const MAXIMUM_STATES: usize = 1024;
/// How long a state is kept.
const MAXIMUM_AGE_NANOSECONDS: u64 = 30_000_000_000;

/// States in the order of their timestamps, each with the time at which it was replaced by the next.
#[derive(Debug)]
pub(super) struct History {
    newest: State,
    older: VecDeque<(State, u64)>,
}

impl History {
    pub(super) fn new(state: State) -> Self {
        Self {
            newest: state,
            older: VecDeque::new(),
        }
    }

    pub(super) fn newest(&self) -> &State {
        &self.newest
    }

    pub(super) fn push(&mut self, state: State, now_nanoseconds: u64) {
        let replaced = std::mem::replace(&mut self.newest, state);
        self.older.push_back((replaced, now_nanoseconds));
        let oldest_kept = now_nanoseconds.saturating_sub(MAXIMUM_AGE_NANOSECONDS);
        while self.older.len() >= MAXIMUM_STATES
            || self.older.len() >= MINIMUM_STATES
                && self
                    .older
                    .front()
                    .is_some_and(|(_, replaced)| *replaced < oldest_kept)
        {
            self.older.pop_front();
        }
    }

    /// The state as it was at `timestamp`.
    pub(super) fn at(&self, timestamp: Timestamp) -> Result<State, SnapshotError> {
        if timestamp > self.newest.timestamp {
            return Err(SnapshotError::TooNew(timestamp));
        }
        let found = if timestamp == self.newest.timestamp {
            Some(&self.newest)
        } else {
            let later = self
                .older
                .partition_point(|(state, _)| state.timestamp <= timestamp);
            later
                .checked_sub(1)
                .and_then(|at| self.older.get(at))
                .map(|(state, _)| state)
        };
        let mut state = found.cloned().ok_or(SnapshotError::TooOld(timestamp))?;
        // Nothing happened between the commit and the time asked for.
        state.timestamp = timestamp;
        Ok(state)
    }
}
