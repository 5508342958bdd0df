//! The file: opening it, or saying in one line why it cannot be opened, and writing a group of commits to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params,
};

use super::error::OpenError;
use crate::schema::IndexDefinition;
use crate::values::{DocumentId, TableNumber, Timestamp};

const SCHEMA: &str = include_str!("schema.sql");
const SCHEMA_VERSION: i64 = 1;

const LAST_TIMESTAMP: &str = "last timestamp";
const SECRET: &str = "secret";

/// Where the data of a deployment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In this file, which is made when it does not exist.
    File(PathBuf),
    /// Nowhere: it ends with the process.
    Memory,
}

/// One change to the file.
#[derive(Debug)]
pub(super) enum Row {
    Table {
        number: TableNumber,
        name: String,
    },
    Index {
        table: TableNumber,
        definition: IndexDefinition,
    },
    DropIndex {
        table: TableNumber,
        name: String,
    },
    Document {
        id: DocumentId,
        creation_time: f64,
        json: String,
    },
    RemoveDocument(DocumentId),
    Request {
        session: Arc<str>,
        request: u32,
        timestamp: Timestamp,
        result: Arc<str>,
    },
    /// Requests up to this time are no longer kept.
    PruneRequests(Timestamp),
}

/// The open file. Only one process can have it open.
#[derive(Debug)]
pub(super) struct Storage {
    connection: Connection,
    file: PathBuf,
}

impl Storage {
    /// Opens, and at first creates, the file. Waits for `patience` when another process has it.
    pub(super) fn open(location: &Location, patience: Duration) -> Result<Self, OpenError> {
        let (connection, file) = match location {
            Location::Memory => (Connection::open_in_memory(), PathBuf::from(":memory:")),
            Location::File(file) => {
                ensure_writable(file)?;
                (Connection::open(file), file.clone())
            }
        };
        let connection = connection.map_err(|error| describe(&file, &error))?;
        let mut storage = Self { connection, file };
        storage
            .prepare(patience)
            .map_err(|error| storage.describe(&error))?;
        storage.migrate()?;
        storage.check()?;
        Ok(storage)
    }

    fn prepare(&self, patience: Duration) -> rusqlite::Result<()> {
        self.connection.busy_timeout(patience)?;
        // What is in memory mirrors the file, so nobody else may write it.
        self.connection
            .pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        self.connection.pragma_update(None, "journal_mode", "WAL")?;
        self.connection.pragma_update(None, "synchronous", "FULL")
    }

    fn migrate(&mut self) -> Result<(), OpenError> {
        let upgrade = |connection: &mut Connection| -> rusqlite::Result<i64> {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let version = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
            if version == 0 {
                transaction.execute_batch(SCHEMA)?;
                transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            }
            transaction.commit()?;
            Ok(version)
        };
        let found = upgrade(&mut self.connection).map_err(|error| self.describe(&error))?;
        if found > SCHEMA_VERSION {
            return Err(OpenError::Newer {
                file: self.file.clone(),
                found,
                known: SCHEMA_VERSION,
            });
        }
        Ok(())
    }

    fn check(&self) -> Result<(), OpenError> {
        let verdict: String = self
            .connection
            .pragma_query_value(None, "quick_check", |row| row.get(0))
            .map_err(|error| self.describe(&error))?;
        if verdict == "ok" {
            Ok(())
        } else {
            Err(self.corrupt(verdict.replace('\n', "; ")))
        }
    }

    /// The file holds something that this program never writes.
    pub(super) fn corrupt(&self, detail: String) -> OpenError {
        OpenError::Corrupt {
            file: self.file.clone(),
            detail,
        }
    }

    fn describe(&self, error: &rusqlite::Error) -> OpenError {
        describe(&self.file, error)
    }

    pub(super) fn last_timestamp(&self) -> Result<Option<Timestamp>, OpenError> {
        let stored: Option<i64> = self.meta(LAST_TIMESTAMP)?;
        Ok(stored.map(|nanoseconds| Timestamp(nanoseconds.cast_unsigned())))
    }

    /// What cursors are sealed with: `fresh` at the first call on a file, the same at every later one.
    pub(super) fn secret(&self, fresh: [u8; 32]) -> Result<[u8; 32], OpenError> {
        if let Some(secret) = self.meta(SECRET)? {
            return Ok(secret);
        }
        self.connection
            .execute(
                "INSERT INTO meta (name, value) VALUES (?1, ?2)",
                params![SECRET, fresh],
            )
            .map_err(|error| self.describe(&error))?;
        Ok(fresh)
    }

    fn meta<T: rusqlite::types::FromSql>(&self, name: &str) -> Result<Option<T>, OpenError> {
        self.connection
            .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| {
                row.get(0)
            })
            .optional()
            .map_err(|error| self.describe(&error))
    }

    /// Calls `visit` with the number and name of every table.
    pub(super) fn tables(
        &self,
        mut visit: impl FnMut(TableNumber, String),
    ) -> Result<(), OpenError> {
        self.each("SELECT number, name FROM tables ORDER BY number", |row| {
            visit(TableNumber(row.get(0)?), row.get(1)?);
            Ok(Ok(()))
        })
    }

    /// Calls `visit` with every index that a schema defined.
    pub(super) fn indexes(
        &self,
        mut visit: impl FnMut(TableNumber, IndexDefinition),
    ) -> Result<(), OpenError> {
        self.each("SELECT table_number, name, fields FROM indexes", |row| {
            let (name, fields): (String, String) = (row.get(1)?, row.get(2)?);
            let Ok(fields) = serde_json::from_str(&fields) else {
                return Ok(Err(format!("index {name} has no list of fields")));
            };
            visit(TableNumber(row.get(0)?), IndexDefinition { name, fields });
            Ok(Ok(()))
        })
    }

    /// Calls `visit` with every document; its error is what is wrong with the document.
    pub(super) fn documents(
        &self,
        mut visit: impl FnMut(DocumentId, &str) -> Result<(), String>,
    ) -> Result<(), OpenError> {
        self.each(
            "SELECT table_number, internal_id, value FROM documents",
            |row| {
                let id = DocumentId {
                    table: TableNumber(row.get(0)?),
                    internal: row.get(1)?,
                };
                let text = row.get_ref(2)?.as_str()?;
                Ok(visit(id, text).map_err(|problem| format!("document {id}: {problem}")))
            },
        )
    }

    /// Calls `visit` with every recorded request, oldest first.
    pub(super) fn requests(
        &self,
        mut visit: impl FnMut(String, u32, Timestamp, String),
    ) -> Result<(), OpenError> {
        let sql = "SELECT session, request, timestamp, result FROM requests ORDER BY timestamp";
        self.each(sql, |row| {
            let timestamp = Timestamp(row.get::<_, i64>(2)?.cast_unsigned());
            visit(row.get(0)?, row.get(1)?, timestamp, row.get(3)?);
            Ok(Ok(()))
        })
    }

    fn each(
        &self,
        sql: &str,
        mut visit: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<Result<(), String>>,
    ) -> Result<(), OpenError> {
        let mut run = || -> rusqlite::Result<Result<(), String>> {
            let mut statement = self.connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if let Err(problem) = visit(row)? {
                    return Ok(Err(problem));
                }
            }
            Ok(Ok(()))
        };
        match run() {
            Ok(Ok(())) => Ok(()),
            Ok(Err(problem)) => Err(self.corrupt(problem)),
            Err(error) => Err(match error {
                rusqlite::Error::SqliteFailure(..) => self.describe(&error),
                other => self.corrupt(other.to_string()),
            }),
        }
    }

    /// Writes a group of commits, all or nothing. They are on the disk when this returns.
    pub(super) fn write<'a>(
        &mut self,
        rows: impl Iterator<Item = &'a Row>,
        last: Timestamp,
    ) -> rusqlite::Result<()> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for row in rows {
            write_row(&transaction, row)?;
        }
        transaction
            .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
            .execute(params![LAST_TIMESTAMP, last.0.cast_signed()])?;
        transaction.commit()
    }
}

fn write_row(transaction: &Transaction<'_>, row: &Row) -> rusqlite::Result<()> {
    match row {
        Row::Table { number, name } => transaction
            .prepare_cached("INSERT INTO tables (number, name) VALUES (?1, ?2)")?
            .execute(params![number.0, name]),
        Row::Index { table, definition } => transaction
            .prepare_cached("INSERT OR REPLACE INTO indexes (table_number, name, fields) VALUES (?1, ?2, ?3)")?
            .execute(params![
                table.0,
                definition.name,
                serde_json::Value::from(definition.fields.clone()).to_string()
            ]),
        Row::DropIndex { table, name } => transaction
            .prepare_cached("DELETE FROM indexes WHERE table_number = ?1 AND name = ?2")?
            .execute(params![table.0, name]),
        Row::Document {
            id,
            creation_time,
            json,
        } => transaction
            .prepare_cached(
                "INSERT INTO documents (table_number, internal_id, creation_time, value) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET value = excluded.value",
            )?
            .execute(params![id.table.0, id.internal, creation_time, json]),
        Row::RemoveDocument(id) => transaction
            .prepare_cached("DELETE FROM documents WHERE table_number = ?1 AND internal_id = ?2")?
            .execute(params![id.table.0, id.internal]),
        Row::Request {
            session,
            request,
            timestamp,
            result,
        } => transaction
            .prepare_cached("INSERT OR REPLACE INTO requests (session, request, timestamp, result) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![session, request, timestamp.0.cast_signed(), result]),
        Row::PruneRequests(timestamp) => transaction
            .prepare_cached("DELETE FROM requests WHERE timestamp <= ?1")?
            .execute([timestamp.0.cast_signed()]),
    }
    .map(|_| ())
}

/// SQLite would report a read-only directory late and vaguely, so a file is tried first.
fn ensure_writable(file: &Path) -> Result<(), OpenError> {
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let probe = directory.join(".write-probe");
    std::fs::create_dir_all(directory)
        .and_then(|()| std::fs::write(&probe, b""))
        .and_then(|()| std::fs::remove_file(&probe))
        .map_err(|error| OpenError::Unwritable {
            file: file.to_owned(),
            detail: error.to_string(),
        })
}

fn describe(file: &Path, error: &rusqlite::Error) -> OpenError {
    let file = file.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::Corrupt {
            file,
            detail: error.to_string(),
        },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Busy { file },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            OpenError::Unwritable {
                file,
                detail: error.to_string(),
            }
        }
        _ => OpenError::Other(format!("{}: {error}", file.display())),
    }
}
