//! Storage: one SQLite database, one connection, one transaction a request.
//!
//! Every record is one JSON document in a table of its kind; what is searched by is a generated column with an index
//! (`schema.sql` and what follows it), so a new field needs no migration.

mod open;
pub(crate) mod records;

use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Internal;

/// A kind of record and the table it lives in.
pub(crate) trait Record: Serialize + DeserializeOwned {
    /// The table of `schema.sql`.
    const TABLE: &'static str;

    /// The primary key.
    fn id(&self) -> &str;
}

/// The database. All access is through [`Database::transaction`].
pub(crate) struct Database {
    connection: Mutex<Connection>,
}

impl Database {
    /// Runs `work` in a transaction and commits when `keep` says so about its result.
    ///
    /// Blocks while another transaction runs: call it where blocking is allowed.
    pub(crate) fn transaction<T>(
        &self,
        keep: impl FnOnce(&T) -> bool,
        work: impl FnOnce(&Store<'_>) -> T,
    ) -> Result<T, Internal> {
        // A panic in an earlier transaction rolled it back, so the connection is good.
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let store = Store { transaction };
        let result = work(&store);
        if keep(&result) {
            store.transaction.commit()?;
        } else {
            store.transaction.rollback()?;
        }
        Ok(result)
    }
}

/// An open transaction.
pub(crate) struct Store<'a> {
    transaction: Transaction<'a>,
}

impl Store<'_> {
    /// The record with this id.
    pub(crate) fn find<R: Record>(&self, id: &str) -> Result<Option<R>, Internal> {
        self.find_by("id", id)
    }

    /// The first record whose indexed `column` is `value`.
    pub(crate) fn find_by<R: Record>(
        &self,
        column: &'static str,
        value: &str,
    ) -> Result<Option<R>, Internal> {
        let sql = format!(
            "SELECT document FROM {} WHERE {column} = ?1 ORDER BY rowid LIMIT 1",
            R::TABLE
        );
        let document: Option<String> = self
            .transaction
            .prepare_cached(&sql)?
            .query_row([value], |row| row.get(0))
            .optional()?;
        Ok(document
            .map(|text| serde_json::from_str(&text))
            .transpose()?)
    }

    /// All records whose indexed `column` is `value`, oldest first.
    pub(crate) fn list<R: Record>(
        &self,
        column: &'static str,
        value: &str,
    ) -> Result<Vec<R>, Internal> {
        let sql = format!(
            "SELECT document FROM {} WHERE {column} = ?1 ORDER BY rowid",
            R::TABLE
        );
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let documents = statement.query_map([value], |row| row.get::<_, String>(0))?;
        documents
            .map(|document| Ok(serde_json::from_str(&document?)?))
            .collect()
    }

    /// All records of a kind, oldest first.
    pub(crate) fn all<R: Record>(&self) -> Result<Vec<R>, Internal> {
        let sql = format!("SELECT document FROM {} ORDER BY rowid", R::TABLE);
        let mut statement = self.transaction.prepare_cached(&sql)?;
        let documents = statement.query_map([], |row| row.get::<_, String>(0))?;
        documents
            .map(|document| Ok(serde_json::from_str(&document?)?))
            .collect()
    }

    /// Inserts or replaces a record; its place in the order stays.
    pub(crate) fn save<R: Record>(&self, record: &R) -> Result<(), Internal> {
        let sql = format!(
            "INSERT INTO {} (id, document) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
            R::TABLE
        );
        self.transaction
            .prepare_cached(&sql)?
            .execute(params![record.id(), serde_json::to_string(record)?])?;
        Ok(())
    }

    /// Deletes the record with this id, if there is one.
    pub(crate) fn delete<R: Record>(&self, id: &str) -> Result<(), Internal> {
        self.delete_by::<R>("id", id)
    }

    /// Deletes all records whose indexed `column` is `value`.
    pub(crate) fn delete_by<R: Record>(
        &self,
        column: &'static str,
        value: &str,
    ) -> Result<(), Internal> {
        let sql = format!("DELETE FROM {} WHERE {column} = ?1", R::TABLE);
        self.transaction.prepare_cached(&sql)?.execute([value])?;
        Ok(())
    }

    /// Empties all tables but the instance's own keys and settings.
    pub(crate) fn clear(&self) -> Result<(), Internal> {
        for table in open::RECORD_TABLES {
            self.transaction
                .execute(&format!("DELETE FROM {table}"), [])?;
        }
        Ok(())
    }
}
