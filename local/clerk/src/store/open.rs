//! Opening the database file, or saying in one line why it cannot be opened.

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::Database;
use crate::error::OpenError;
use crate::options::Data;

const FILE_NAME: &str = "clerk.sqlite";
/// What each version adds to the one before it. A version that was released is never changed.
const VERSIONS: [&str; 2] = [include_str!("schema.sql"), include_str!("schema_2.sql")];
const SCHEMA_VERSION: i64 = VERSIONS.len() as i64;

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
    "api_keys",
    "waitlist_entries",
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
        if version < SCHEMA_VERSION {
            for added in VERSIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
                transaction.execute_batch(added)?;
            }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::store::records::{ApiKey, User};

    #[test]
    fn a_database_of_the_first_version_is_brought_up_to_date_and_keeps_its_records() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(VERSIONS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute(
                "INSERT INTO users (id, document) VALUES ('user_1', '{\"id\":\"user_1\"}')",
                [],
            )
            .unwrap();
        migrate(&mut connection, Path::new(":memory:")).unwrap();
        migrate(&mut connection, Path::new(":memory:")).unwrap();
        let database = Database {
            connection: Mutex::new(connection),
        };
        let counts = database.transaction(
            |_| true,
            |store| {
                (
                    store.all::<User>().unwrap().len(),
                    store.all::<ApiKey>().unwrap().len(),
                )
            },
        );
        assert_eq!(counts.unwrap(), (1, 0));
    }
}
