use std::sync::atomic::Ordering;

use super::*;

#[test]
fn a_commit_is_seen_by_later_transactions_and_not_by_earlier_snapshots() {
    let database = memory();
    let before = database.latest();
    let id = put(&database, "notes", 1, json!({"text": "a"}));
    assert!(database.latest().timestamp() > before.timestamp());
    assert_eq!(*database.commits().borrow(), database.latest().timestamp());
    let document = database.latest().read().get(id).unwrap().unwrap();
    assert_eq!(document["text"], Value::from("a"));
    assert_eq!(document["_id"], Value::String(id.to_string()));
    assert_eq!(before.read().get(id).unwrap(), None);
    assert_eq!(database.latest().read().count("notes").unwrap(), 1);
    assert_eq!(before.read().count("notes").unwrap(), 0);
}

#[test]
fn transactions_that_read_what_the_other_writes_conflict() {
    let database = memory();
    let id = put(&database, "counters", 1, json!({"value": 1}));
    let patch = |value: f64| BTreeMap::from([("value".to_owned(), Some(Value::from(value)))]);
    let (mut one, mut other) = (database.begin(), database.begin());
    one.patch(id, patch(2.0)).unwrap();
    other.patch(id, patch(3.0)).unwrap();
    let mut bystander = database.begin();
    insert(&mut bystander, "counters", 2, json!({}));
    block_on(database.commit(one)).unwrap();
    assert_eq!(block_on(database.commit(other)), Err(CommitError::Conflict));
    block_on(database.commit(bystander)).unwrap();
    assert_eq!(database.latest().read().count("counters").unwrap(), 2);
}

#[test]
fn reading_nothing_is_reading() {
    let database = memory();
    let (mut one, mut other) = (database.begin(), database.begin());
    assert!(all(&mut one, &scan("notes")).is_empty());
    insert(&mut one, "seen", 1, json!({}));
    insert(&mut other, "notes", 2, json!({}));
    block_on(database.commit(other)).unwrap();
    assert_eq!(block_on(database.commit(one)), Err(CommitError::Conflict));
}

#[test]
fn two_transactions_cannot_take_the_same_table_number() {
    let database = memory();
    let (mut one, mut other) = (database.begin(), database.begin());
    insert(&mut one, "a", 1, json!({}));
    insert(&mut other, "b", 1, json!({}));
    block_on(database.commit(one)).unwrap();
    assert_eq!(block_on(database.commit(other)), Err(CommitError::Conflict));
}

#[test]
fn what_was_not_read_does_not_conflict() {
    let database = memory();
    for number in 0..10 {
        put(&database, "notes", number, json!({}));
    }
    let mut first = database.begin();
    let query = first.open_query(&scan("notes")).unwrap();
    first.next(query).unwrap().unwrap();
    insert(&mut first, "others", 1, json!({}));
    put(&database, "notes", 20, json!({}));
    block_on(database.commit(first)).unwrap();
}

#[test]
fn under_the_guard_nobody_else_commits() {
    let database = memory();
    block_on(async {
        let guard = database.exclusive().await;
        let mut waiting = database.begin();
        insert(&mut waiting, "a", 1, json!({}));
        let commit = database.commit(waiting);
        tokio::pin!(commit);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(commit.as_mut().poll(&mut context).is_pending());
        let mut first = database.begin();
        insert(&mut first, "a", 2, json!({}));
        let timestamp = database.commit_exclusive(guard, first).await.unwrap();
        assert_eq!(commit.await, Err(CommitError::Conflict));
        assert_eq!(database.latest().timestamp(), timestamp);
    });
}

#[test]
fn a_failed_write_loses_what_was_staged_and_nothing_else() {
    let database = memory();
    let kept = put(&database, "notes", 1, json!({}));
    let durable = database.latest().timestamp();
    database
        .0
        .shared
        .fail_next_write
        .store(true, Ordering::SeqCst);
    let mut lost = database.begin();
    let lost_id = insert(&mut lost, "notes", 2, json!({}));
    lost.record_request("session", 1, "null".to_owned());
    let failed = block_on(database.commit(lost));
    assert!(matches!(failed, Err(CommitError::Storage(_))));
    assert_eq!(database.latest().timestamp(), durable);
    assert_eq!(database.stored_request("session", 1), None);
    let mut after = database.begin();
    assert_eq!(after.get(lost_id).unwrap(), None);
    after.remove(kept).unwrap();
    assert!(block_on(database.commit(after)).unwrap() > durable);
}

#[test]
fn a_transaction_that_saw_a_lost_commit_is_lost_too() {
    let database = memory();
    put(&database, "notes", 1, json!({}));
    let old = database.begin();
    database
        .0
        .shared
        .fail_next_write
        .store(true, Ordering::SeqCst);
    let mut lost = database.begin();
    insert(&mut lost, "notes", 2, json!({}));
    block_on(database.commit(lost)).unwrap_err();
    assert_eq!(block_on(database.commit(old)), Err(CommitError::Conflict));
    put(&database, "notes", 3, json!({}));
}

#[test]
fn a_request_is_committed_once() {
    let database = memory();
    let run = |number| {
        let mut transaction = database.begin();
        insert(&mut transaction, "notes", number, json!({}));
        transaction.record_request("session", 7, format!("\"{number}\""));
        block_on(database.commit(transaction))
    };
    let timestamp = run(1).unwrap();
    let stored = database.stored_request("session", 7).unwrap();
    assert_eq!((&*stored.result, stored.timestamp), ("\"1\"", timestamp));
    assert_eq!(run(2), Err(CommitError::Repeated(stored)));
    assert_eq!(database.stored_request("session", 8), None);
    assert_eq!(database.latest().read().count("notes").unwrap(), 1);
}

#[test]
fn snapshots_of_the_last_seconds_can_be_read() {
    let clock = clock();
    let database = Database::open(&Location::Memory, &clock).unwrap();
    let empty = database.latest().timestamp();
    put(&database, "notes", 0, json!({}));
    let one = database.latest().timestamp();
    clock.advance(Duration::from_secs(1));
    put(&database, "notes", 1, json!({}));
    assert_eq!(database.at(one).unwrap().read().count("notes").unwrap(), 1);
    let between = Timestamp(one.0 + 5);
    assert_eq!(database.at(between).unwrap().timestamp(), between);
    assert_eq!(
        database.at(between).unwrap().read().count("notes").unwrap(),
        1
    );
    assert_eq!(
        database.at(empty).unwrap().read().count("notes").unwrap(),
        0
    );
    let later = Timestamp(database.latest().timestamp().0 + 1);
    assert_eq!(
        database.at(later).unwrap_err(),
        SnapshotError::TooNew(later)
    );
    clock.advance(Duration::from_secs(60));
    for number in 2..100 {
        put(&database, "notes", number, json!({}));
    }
    assert_eq!(database.at(one).unwrap_err(), SnapshotError::TooOld(one));
}

#[test]
fn a_reopened_file_has_the_same_state_and_later_timestamps() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::File(directory.path().join("convex.sqlite"));
    let clock = clock();
    let database = Database::open(&location, &clock).unwrap();
    database
        .apply_schema(&indexes("notes", vec![index("by_text", &["text"])]))
        .unwrap();
    let kept = put(
        &database,
        "notes",
        1,
        json!({"text": "a", "n": {"$integer": "AQAAAAAAAAA="}}),
    );
    let removed = put(&database, "notes", 2, json!({"text": "b"}));
    let mut transaction = database.begin();
    transaction.remove(removed).unwrap();
    transaction.record_request("session", 3, "null".to_owned());
    block_on(database.commit(transaction)).unwrap();
    let expected = database.latest().read().get(kept).unwrap();
    let last = database.latest().timestamp();
    let by_text = json!({"source": {"type": "IndexRange", "indexName": "notes.by_text",
        "range": [{"type": "Eq", "fieldPath": "text", "value": "a"}], "order": "asc"}, "operators": []});
    let page = PageRequest {
        query: by_text.clone(),
        page_size: 1,
        ..PageRequest::default()
    };
    let cursor = database
        .latest()
        .read()
        .page(&page)
        .unwrap()
        .continue_cursor;
    drop(database);

    let database = Database::open(&location, &clock).unwrap();
    let mut read = database.latest().read();
    assert!(database.latest().timestamp() > last);
    assert_eq!(read.get(kept).unwrap(), expected);
    assert_eq!(read.get(removed).unwrap(), None);
    assert_eq!(all(&mut read, &by_text), [expected.unwrap()]);
    assert!(database.stored_request("session", 3).is_some());
    let page = PageRequest {
        cursor: Some(cursor),
        ..page
    };
    assert!(read.page(&page).unwrap().documents.is_empty());
    let other = put(&database, "others", 1, json!({}));
    assert_eq!(other.table.0, kept.table.0 + 1);
}

#[test]
fn a_file_that_cannot_be_used_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("convex.sqlite");
    let location = Location::File(file.clone());
    let open = || Database::open_within(&location, &clock(), Duration::ZERO);
    let first = open().unwrap();
    assert!(matches!(open(), Err(OpenError::Busy { .. })));
    drop(first);
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    assert!(matches!(open(), Err(OpenError::Newer { found: 99, .. })));
    std::fs::write(
        &file,
        "this is not a database, however long it gets".repeat(99),
    )
    .unwrap();
    assert!(matches!(open(), Err(OpenError::Corrupt { .. })));
    let location = Location::File(file.join("below/a/file"));
    assert!(matches!(
        Database::open(&location, &clock()),
        Err(OpenError::Unwritable { .. })
    ));
}

#[test]
fn an_unreadable_document_is_corruption() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("convex.sqlite");
    let location = Location::File(file.clone());
    let database = Database::open(&location, &clock()).unwrap();
    put(&database, "notes", 1, json!({}));
    drop(database);
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection
        .execute("UPDATE documents SET value = '{'", [])
        .unwrap();
    drop(connection);
    assert!(matches!(
        Database::open(&location, &clock()),
        Err(OpenError::Corrupt { .. })
    ));
}

#[test]
fn many_committers_share_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::File(directory.path().join("convex.sqlite"));
    let database = Database::open(&location, &Clock::system()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    put(&database, "notes", 1_000_000, json!({}));
    let tasks: Vec<_> = (0..100)
        .map(|task| {
            let database = database.clone();
            runtime.spawn(async move {
                let mut last = Timestamp::ZERO;
                for number in 0..20 {
                    let mut transaction = database.begin();
                    insert(
                        &mut transaction,
                        "notes",
                        task * 100 + number,
                        json!({"task": 1}),
                    );
                    let timestamp = database.commit(transaction).await.unwrap();
                    assert!(timestamp > last && database.latest().timestamp() >= timestamp);
                    last = timestamp;
                }
            })
        })
        .collect();
    for task in tasks {
        runtime.block_on(task).unwrap();
    }
    assert_eq!(database.latest().read().count("notes").unwrap(), 2001);
}

#[test]
fn functions_do_not_write_system_tables() {
    let database = memory();
    let mut transaction = database.begin();
    let name = "_scheduled_functions";
    let refused = transaction
        .insert(name, Fields::new(), seed(1), 0.0)
        .unwrap_err();
    assert_eq!(refused.code(), "SystemTable");
    for (number, due) in [(1, 30.0), (2, 10.0), (3, 20.0)] {
        let job = fields(json!({"state": {"kind": "pending"}, "scheduledTime": due}));
        transaction
            .insert_system(name, job, seed(number), 0.0)
            .unwrap();
    }
    let jobs = transaction.jobs("pending", Some(20.0), 10).unwrap();
    let due: Vec<_> = jobs
        .iter()
        .map(|job| job["scheduledTime"].clone())
        .collect();
    assert_eq!(due, [Value::from(10.0), Value::from(20.0)]);
    assert_eq!(transaction.jobs("pending", None, 1).unwrap(), jobs[..1]);
    assert!(transaction.jobs("success", None, 9).unwrap().is_empty());
    let id = state::id_of(&jobs[0]).unwrap();
    assert_eq!(transaction.remove(id).unwrap_err().code(), "SystemTable");
    let mut done = Fields::clone(&jobs[0]);
    done.insert(
        "state".to_owned(),
        Value::Object(fields(json!({"kind": "success"}))),
    );
    transaction.replace_system(id, done).unwrap();
    assert_eq!(transaction.jobs("success", None, 9).unwrap().len(), 1);
}

#[test]
fn limits_and_system_fields_are_kept() {
    let database = memory();
    let mut transaction = database.begin();
    let mut refused = |json: Json| {
        let refused = transaction.insert("notes", fields(json), seed(1), 5.0);
        refused.unwrap_err().code()
    };
    assert_eq!(
        refused(json!({"text": "x".repeat(1 << 20)})),
        "DocumentTooLarge"
    );
    assert_eq!(refused(json!({"_creationTime": 5})), "SystemField");
    assert_eq!(refused(json!({"_mine": 5})), "SystemField");
    assert_eq!(transaction.table_number("notes"), None);
    let id = insert(&mut transaction, "notes", 1, json!({"a": 1}));
    let taken = transaction
        .insert("notes", Fields::new(), seed(1), 5.0)
        .unwrap_err();
    assert_eq!(taken.code(), "DuplicateDocumentId");
    let other = insert(&mut transaction, "notes", 2, json!({}));
    let time = |transaction: &mut Transaction, id| match transaction.get(id).unwrap().unwrap()["_creationTime"]
    {
        Value::Float64(time) => time,
        _ => panic!(),
    };
    assert_eq!(
        time(&mut transaction, id).next_up(),
        time(&mut transaction, other)
    );
    let own = (*transaction.get(id).unwrap().unwrap()).clone();
    transaction.replace(id, own.clone()).unwrap();
    assert_eq!(
        transaction.replace(other, own).unwrap_err().code(),
        "SystemField"
    );
    transaction.remove(id).unwrap();
    let gone = transaction.remove(id).unwrap_err().to_string();
    assert_eq!(gone, format!("Delete on nonexistent document ID {id}"));
    let bad_name = transaction
        .insert("no-name", Fields::new(), seed(3), 5.0)
        .unwrap_err();
    assert_eq!(bad_name.code(), "InvalidTableName");
    let mut reader = database.latest().read();
    assert_eq!(
        reader
            .insert("notes", Fields::new(), seed(4), 5.0)
            .unwrap_err(),
        DatabaseError::ReadOnly
    );
    let range = (0..5000).find_map(|_| reader.get(id).err()).unwrap();
    assert_eq!(range.code(), "TooManyReads");
}
