//! Opening the database file, or saying in one line why it cannot be opened.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::Database;
use crate::error::OpenError;
use crate::options::Data;

const FILE_NAME: &str = "clerk.sqlite";
const SCHEMA: &str = include_str!("schema.sql");
const SCHEMA_VERSION: i64 = 1;

pub(super) const RECORD_TABLES: &[&str] = &[
    "users",
    "email_addresses",
    "external_accounts",
    "images",
    "dev_browsers",
    "clients",
    "sessions",
    "sign_ins",
    "sign_ups",
    "sign_in_tokens",
    "handshakes",
    "messages",
    "organizations",
    "memberships",
    "invitations",
];

impl Database {
    /// Opens, and at first start creates, the database.
    pub(crate) fn open(data: &Data) -> Result<Self, OpenError> {
        match data {
            Data::Memory => {
                let mut connection =
                    Connection::open_in_memory().map_err(|e| OpenError::Other(e.to_string()))?;
                migrate(&mut connection, Path::new(":memory:"))?;
                Ok(Self {
                    connection: Mutex::new(connection),
                })
            }
            Data::Directory(directory) => {
                ensure_writable(directory).map_err(|source| OpenError::Unwritable {
                    directory: directory.clone(),
                    source,
                })?;
                let file = directory.join(FILE_NAME);
                let mut connection = Connection::open(&file).map_err(|e| describe(&file, &e))?;
                prepare(&connection).map_err(|e| describe(&file, &e))?;
                migrate(&mut connection, &file)?;
                check(&connection, &file)?;
                Ok(Self {
                    connection: Mutex::new(connection),
                })
            }
        }
    }
}

fn ensure_writable(directory: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    // SQLite would report a read-only directory late and vaguely, so a file is tried first.
    let probe = directory.join(".write-probe");
    std::fs::write(&probe, b"")?;
    std::fs::remove_file(probe)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Durable enough for development: a crash of the machine may lose the last transactions, never the file.
    connection.pragma_update(None, "synchronous", "NORMAL")
}

fn migrate(connection: &mut Connection, file: &Path) -> Result<(), OpenError> {
    let upgrade = |connection: &mut Connection| -> rusqlite::Result<i64> {
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let version: i64 =
            transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version == 0 {
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        }
        transaction.commit()?;
        Ok(version)
    };
    let found = upgrade(connection).map_err(|e| describe(file, &e))?;
    if found > SCHEMA_VERSION {
        return Err(OpenError::Newer {
            file: file.to_owned(),
            found,
            known: SCHEMA_VERSION,
        });
    }
    Ok(())
}

fn check(connection: &Connection, file: &Path) -> Result<(), OpenError> {
    let verdict: String = connection
        .pragma_query_value(None, "quick_check", |row| row.get(0))
        .map_err(|e| describe(file, &e))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(OpenError::Corrupt {
            file: file.to_owned(),
            detail: verdict.replace('\n', "; "),
        })
    }
}

fn describe(file: &Path, error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::Corrupt {
            file: file.to_owned(),
            detail: error.to_string(),
        },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Busy {
            file: file.to_owned(),
        },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            OpenError::Unwritable {
                directory: file.parent().unwrap_or(file).to_owned(),
                source: std::io::Error::other(error.to_string()),
            }
        }
        _ => OpenError::Other(format!("{}: {error}", file.display())),
    }
}
