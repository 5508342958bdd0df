//! Documents that hold the time of their own commit.

use super::*;
use crate::schema::{ObjectField, Validator};

fn written(json: &Json) -> Fields {
    match Value::from_json_written(json).unwrap() {
        Value::Object(fields) => fields,
        other => panic!("{other:?} is no document"),
    }
}

fn time(timestamp: Timestamp) -> Value {
    Value::Int64(i64::try_from(timestamp.0).unwrap())
}

fn by_time() -> Json {
    json!({"source": {"type": "IndexRange", "indexName": "notes.by_at", "range": [], "order": "asc"},
        "operators": []})
}

fn with_index() -> Database {
    let database = memory();
    let mut schema = indexes("notes", vec![index("by_at", &["at"])]);
    if let Some(table) = schema.tables.get_mut("notes") {
        let field = ObjectField {
            validator: Validator::CommitTimestamp,
            optional: true,
        };
        let any = ObjectField {
            validator: Validator::Any,
            optional: true,
        };
        table.document = Some(Validator::Object(BTreeMap::from([
            ("at".to_owned(), field),
            ("list".to_owned(), any),
        ])));
    }
    database.apply_schema(&schema).unwrap();
    database
}

#[test]
fn the_placeholder_becomes_the_time_of_the_commit() {
    let database = with_index();
    let mut transaction = database.begin();
    let json = json!({"at": {"$commitTs": null}, "list": [{"$commitTs": null}]});
    let id = transaction
        .insert("notes", written(&json), seed(1), 0.0)
        .unwrap();
    // The transaction itself does not know the time.
    let own = transaction.get(id).unwrap().unwrap();
    assert_eq!(own["at"], Value::CommitTimestamp);
    let timestamp = block_on(database.commit(transaction)).unwrap();

    let mut read = database.latest().read();
    let document = read.get(id).unwrap().unwrap();
    assert_eq!(document["at"], time(timestamp));
    assert_eq!(document["list"], Value::Array(vec![time(timestamp)]));
    assert_eq!(all(&mut read, &by_time()), [document]);

    let mut transaction = database.begin();
    let patch = BTreeMap::from([("at".to_owned(), Some(Value::CommitTimestamp))]);
    transaction.patch(id, patch).unwrap();
    let later = block_on(database.commit(transaction)).unwrap();
    assert!(later > timestamp);
    let documents = all(&mut database.latest().read(), &by_time());
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0]["at"], time(later));
    assert_eq!(
        documents[0]["list"],
        Value::Array(vec![time(timestamp)]),
        "what was committed stays as it is"
    );
}

#[test]
fn commits_beside_others_get_their_own_time() {
    let database = with_index();
    let mut both: Vec<_> = (1..=2)
        .map(|number| {
            let mut transaction = database.begin();
            let json = json!({"at": {"$commitTs": null}});
            transaction
                .insert("notes", written(&json), seed(number), 0.0)
                .unwrap();
            transaction
        })
        .collect();
    // The second one is put on top of the first.
    let second = block_on(database.commit(both.remove(1))).unwrap();
    let first = block_on(database.commit(both.remove(0))).unwrap();
    let documents = all(&mut database.latest().read(), &by_time());
    let times: Vec<_> = documents
        .iter()
        .map(|document| document["at"].clone())
        .collect();
    assert_eq!(times, [time(second), time(first)]);
}

#[test]
fn a_file_holds_the_time_and_not_the_placeholder() {
    let directory = tempfile::tempdir().unwrap();
    let location = Location::File(directory.path().join("convex.sqlite"));
    let database = Database::open(&location, &clock()).unwrap();
    let mut transaction = database.begin();
    let json = json!({"at": {"$commitTs": null}});
    let id = transaction
        .insert("notes", written(&json), seed(1), 0.0)
        .unwrap();
    let timestamp = block_on(database.commit(transaction)).unwrap();
    drop(database);
    let database = Database::open(&location, &clock()).unwrap();
    let document = database.latest().read().get(id).unwrap().unwrap();
    assert_eq!(document["at"], time(timestamp));
}

#[test]
fn elsewhere_the_placeholder_is_no_value() {
    let json = json!({"at": {"$commitTs": null}});
    let refused = Value::from_json(&json).unwrap_err().to_string();
    assert!(refused.contains("commit timestamp"), "{refused}");
    assert!(Value::from_json_written(&json!({"$commitTs": 1})).is_err());
    let database = with_index();
    let mut transaction = database.begin();
    let refused = transaction.insert("notes", fields(json!({"at": 1.5})), seed(1), 0.0);
    assert_eq!(refused.unwrap_err().code(), "SchemaValidationError");
}
