//! Opening a database: the documents of the file become the first state.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::catalog::Catalog;
use super::cursor::Secret;
use super::error::OpenError;
use super::requests::{RequestLog, StoredRequest};
use super::state::{Change, State, id_of};
use super::storage::{Location, Storage};
use crate::clock::Clock;
use crate::values::{Timestamp, Value};

/// What a file held.
pub(super) struct Opened {
    pub(super) storage: Storage,
    pub(super) state: State,
    pub(super) requests: RequestLog,
    pub(super) secret: Secret,
}

pub(super) fn open(
    location: &Location,
    clock: &Clock,
    patience: Duration,
) -> Result<Opened, OpenError> {
    let mut storage = Storage::open(location, patience)?;
    let mut fresh = [0; 32];
    aws_lc_rs::rand::fill(&mut fresh)
        .map_err(|_| OpenError::Other("the random generator failed".to_owned()))?;
    let secret = Secret::new(&storage.secret(fresh)?);
    let stored = storage.last_timestamp()?.unwrap_or_default();
    let timestamp = Timestamp(clock.nanoseconds().max(stored.0 + 1));
    // Clients see this timestamp, so the next start must not go below it.
    storage
        .write(std::iter::empty(), timestamp)
        .map_err(|error| OpenError::Other(error.to_string()))?;
    let mut state = State::new(timestamp, read_catalog(&storage)?);
    read_documents(&storage, &mut state)?;
    let requests = read_requests(&storage, timestamp)?;
    Ok(Opened {
        storage,
        state,
        requests,
        secret,
    })
}

fn read_catalog(storage: &Storage) -> Result<Catalog, OpenError> {
    let mut catalog = Catalog::new();
    storage.tables(|number, name| catalog.restore_table(number, &name))?;
    let mut unknown = None;
    storage.indexes(|table, definition| {
        if catalog.add_index(table, definition).is_none() {
            unknown = Some(table);
        }
    })?;
    match unknown {
        None => Ok(catalog),
        Some(table) => Err(storage.corrupt(format!("an index of the unknown table {}", table.0))),
    }
}

fn read_documents(storage: &Storage, state: &mut State) -> Result<(), OpenError> {
    let catalog = state.catalog.clone();
    storage.documents(|id, text| {
        let Value::Object(fields) = Value::parse(text).map_err(|error| error.to_string())? else {
            return Err("not an object".to_owned());
        };
        if id_of(&fields) != Some(id) {
            return Err("its `_id` is another".to_owned());
        }
        if catalog.table(id.table).is_none() {
            return Err("its table is unknown".to_owned());
        }
        let change = Change {
            old: None,
            new: Some(Arc::new(fields)),
        };
        let entries = state.entries(id, &change);
        state.apply(&entries);
        Ok(())
    })
}

fn read_requests(storage: &Storage, now: Timestamp) -> Result<RequestLog, OpenError> {
    let mut requests = RequestLog::default();
    // Equal texts of one session share their memory.
    let mut sessions = BTreeMap::<String, Arc<str>>::new();
    storage.requests(|session, request, timestamp, result| {
        let session = sessions
            .entry(session)
            .or_insert_with_key(|session| session.as_str().into())
            .clone();
        let result = result.into();
        requests.push((session, request), StoredRequest { result, timestamp });
    })?;
    // The file is pruned with the next request that is stored.
    requests.prune(now);
    Ok(requests)
}
