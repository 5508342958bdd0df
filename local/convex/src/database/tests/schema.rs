use super::*;
use crate::schema::{ObjectField, Validator};

fn strings(field: &str) -> Schema {
    let validator = Validator::Object(BTreeMap::from([(
        field.to_owned(),
        ObjectField {
            validator: Validator::String,
            optional: false,
        },
    )]));
    let table = TableSchema {
        indexes: Vec::new(),
        document: Some(validator),
    };
    Schema {
        tables: BTreeMap::from([("notes".to_owned(), table)]),
        validate: true,
    }
}

fn by(index: &str) -> Json {
    json!({"source": {"type": "IndexRange", "indexName": format!("notes.{index}"), "range": [], "order": "asc"},
        "operators": []})
}

#[test]
fn documents_are_checked_before_and_after() {
    let database = memory();
    let id = put(&database, "notes", 1, json!({"text": 1}));
    let refused = database
        .apply_schema(&strings("text"))
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("notes") && refused.contains(&id.to_string()) && refused.contains(".text"),
        "{refused}"
    );
    let mut transaction = database.begin();
    let text = BTreeMap::from([("text".to_owned(), Some(Value::from("a")))]);
    transaction.patch(id, text).unwrap();
    block_on(database.commit(transaction)).unwrap();
    database.apply_schema(&strings("text")).unwrap();
    let mut transaction = database.begin();
    let wrong = transaction
        .insert("notes", fields(json!({"text": 1})), seed(2), 0.0)
        .unwrap_err();
    assert_eq!(wrong.code(), "SchemaValidationError");
    let removal = BTreeMap::from([("text".to_owned(), None)]);
    assert_eq!(
        transaction.patch(id, removal).unwrap_err().code(),
        "SchemaValidationError"
    );
    let off = Schema {
        validate: false,
        ..strings("text")
    };
    database.apply_schema(&off).unwrap();
    put(&database, "notes", 3, json!({"text": 1}));
}

#[test]
fn a_write_of_the_old_schema_conflicts() {
    let database = memory();
    put(&database, "notes", 1, json!({"text": "a"}));
    let mut old = database.begin();
    insert(&mut old, "notes", 2, json!({"text": 1}));
    database.apply_schema(&strings("text")).unwrap();
    assert_eq!(block_on(database.commit(old)), Err(CommitError::Conflict));
}

#[test]
fn indexes_come_fill_and_go() {
    let database = memory();
    for (number, text) in ["c", "a", "b"].into_iter().enumerate() {
        put(&database, "notes", number as u64, json!({"text": text}));
    }
    let missing = |index: &str| {
        database
            .latest()
            .read()
            .open_query(&by(index))
            .map_err(|error| error.code())
    };
    assert_eq!(missing("by_text"), Err("IndexNotFound"));
    database
        .apply_schema(&indexes("notes", vec![index("by_text", &["text"])]))
        .unwrap();
    let before = database.latest().timestamp();
    database
        .apply_schema(&indexes("notes", vec![index("by_text", &["text"])]))
        .unwrap();
    assert_eq!(database.latest().timestamp(), before);
    let texts = |index: &str| -> Vec<_> {
        let documents = all(&mut database.latest().read(), &by(index));
        documents
            .iter()
            .map(|document| document["text"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(texts("by_text"), ["a", "b", "c"]);
    put(&database, "notes", 9, json!({"text": "aa"}));
    assert_eq!(texts("by_text"), ["a", "aa", "b", "c"]);
    database
        .apply_schema(&indexes("notes", vec![index("other", &["text"])]))
        .unwrap();
    assert_eq!(missing("by_text"), Err("IndexNotFound"));
    assert_eq!(texts("other"), ["a", "aa", "b", "c"]);
}

#[test]
fn a_query_learns_that_its_index_came() {
    let database = memory();
    let mut read = database.latest().read();
    read.open_query(&by("by_text")).unwrap_err();
    let reads = Arc::new(read.into_reads());
    let (sender, receiver) = mpsc::channel();
    let since = database.latest().timestamp();
    let _subscription =
        database.subscribe(reads, since, Box::new(move |at| sender.send(at).unwrap()));
    database
        .apply_schema(&indexes("notes", vec![index("by_text", &["text"])]))
        .unwrap();
    assert_eq!(receiver.try_recv(), Ok(database.latest().timestamp()));
}
