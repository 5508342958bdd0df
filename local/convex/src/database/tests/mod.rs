#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod commit_time;
mod commits;
mod histories;
mod limits;
mod model;
mod pages;
mod schema;
mod subscriptions;

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use super::*;
use crate::schema::{IndexDefinition, TableSchema};
use crate::values::{DocumentId, Fields, Value};

fn clock() -> Clock {
    Clock::manual(UNIX_EPOCH + Duration::from_secs(1_700_000_000))
}

fn memory() -> Database {
    Database::open(&Location::Memory, &clock()).unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(future)
}

fn fields(json: Json) -> Fields {
    match Value::from_json(&json).unwrap() {
        Value::Object(fields) => fields,
        other => panic!("{other:?} is no document"),
    }
}

/// An id that is its own for every `number`.
fn seed(number: u64) -> [u8; 16] {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (u128::from(mixed) << 64 | u128::from(number)).to_be_bytes()
}

fn insert(transaction: &mut Transaction, table: &str, number: u64, json: Json) -> DocumentId {
    transaction
        .insert(table, fields(json), seed(number), 1000.0)
        .unwrap()
}

/// Inserts one document in a transaction of its own.
fn put(database: &Database, table: &str, number: u64, json: Json) -> DocumentId {
    let mut transaction = database.begin();
    let id = insert(&mut transaction, table, number, json);
    block_on(database.commit(transaction)).unwrap();
    id
}

fn index(name: &str, fields: &[&str]) -> IndexDefinition {
    IndexDefinition {
        name: name.to_owned(),
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
    }
}

fn indexes(table: &str, indexes: Vec<IndexDefinition>) -> Schema {
    let document = None;
    let table = (table.to_owned(), TableSchema { indexes, document });
    Schema {
        tables: BTreeMap::from([table]),
        validate: true,
    }
}

fn scan(table: &str) -> Json {
    json!({"source": {"type": "FullTableScan", "tableName": table, "order": null}, "operators": []})
}

fn all(transaction: &mut Transaction, query: &Json) -> Vec<Document> {
    let number = transaction.open_query(query).unwrap();
    let documents = std::iter::from_fn(|| transaction.next(number).unwrap()).collect();
    assert!(transaction.close_query(number));
    documents
}
