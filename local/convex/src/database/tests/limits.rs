//! How much a transaction may read and write.

use super::*;

const MEGABYTE: usize = 1 << 20;

/// As large as a document can be, nearly.
fn large() -> Json {
    json!({"text": "x".repeat(MEGABYTE - 200)})
}

#[test]
fn a_transaction_reads_so_many_bytes_and_no_more() {
    let database = memory();
    for number in 0..17 {
        put(&database, "notes", number, large());
    }
    let mut transaction = database.begin();
    let query = transaction.open_query(&scan("notes")).unwrap();
    for _ in 0..16 {
        assert!(transaction.next(query).unwrap().is_some());
    }
    let used = transaction.usage();
    assert_eq!(used.documents_read, 16);
    assert!(used.bytes_read > 15 * MEGABYTE && used.bytes_read <= LIMITS.bytes_read);
    let refused = transaction.next(query).unwrap_err();
    assert_eq!(refused.code(), "TooManyReads");
    assert!(refused.to_string().contains("16777216 bytes"), "{refused}");
}

#[test]
fn a_transaction_writes_so_many_bytes_and_no_more() {
    let database = memory();
    let mut transaction = database.begin();
    let mut first = None;
    for number in 0..16 {
        let id = insert(&mut transaction, "notes", number, large());
        first.get_or_insert(id);
    }
    let refused = transaction.insert("notes", fields(large()), seed(99), 0.0);
    assert_eq!(refused.unwrap_err().code(), "TooManyWrites");
    let patch = BTreeMap::from([("n".to_owned(), Some(Value::Null))]);
    let refused = transaction.patch(first.unwrap(), patch).unwrap_err();
    assert_eq!(
        refused,
        DatabaseError::TooManyBytesWritten {
            limit: LIMITS.bytes_written
        }
    );
}

#[test]
fn a_nested_call_may_be_given_less() {
    let database = memory();
    let mut transaction = database.begin();
    insert(&mut transaction, "notes", 1, json!({}));
    let most = Usage {
        documents_written: 1,
        ..LIMITS
    };
    transaction.begin_nested(most);
    insert(&mut transaction, "notes", 2, json!({}));
    let refused = transaction.insert("notes", Fields::new(), seed(3), 0.0);
    assert_eq!(
        refused.unwrap_err(),
        DatabaseError::TooManyWrites { limit: 2 }
    );
    // What is inside of it gets no more than it has.
    transaction.begin_nested(LIMITS);
    assert!(
        transaction
            .insert("notes", Fields::new(), seed(4), 0.0)
            .is_err()
    );
    transaction.undo_nested();
    transaction.keep_nested();
    insert(&mut transaction, "notes", 5, json!({}));
    assert_eq!(transaction.count("notes").unwrap(), 3);
}
