use proptest::prelude::*;

use super::model::{Indexes, Model, Operation, operation, run, select};
use super::*;

fn numbers(database: &Database, numbers: impl IntoIterator<Item = u64>) {
    let mut transaction = database.begin();
    for number in numbers {
        insert(&mut transaction, "notes", number, json!({"n": number}));
    }
    block_on(database.commit(transaction)).unwrap();
}

fn by_n(order: &str) -> PageRequest {
    PageRequest {
        query: json!({"source": {"type": "IndexRange", "indexName": "notes.by_n", "range": [], "order": order},
            "operators": []}),
        page_size: 3,
        ..PageRequest::default()
    }
}

fn prepared() -> Database {
    let database = memory();
    database
        .apply_schema(&indexes("notes", vec![index("by_n", &["n"])]))
        .unwrap();
    numbers(&database, (0..10).map(|number| number * 10));
    database
}

fn values(page: &Page) -> Vec<f64> {
    let number = |document: &Document| match document["n"] {
        Value::Float64(number) => number,
        _ => panic!(),
    };
    page.documents.iter().map(number).collect()
}

#[test]
fn pages_follow_one_another_to_the_end() {
    let database = prepared();
    for (order, last) in [("asc", 90.0), ("desc", 0.0)] {
        let mut request = by_n(order);
        let mut lengths = Vec::new();
        loop {
            let page = database.latest().read().page(&request).unwrap();
            lengths.push(page.documents.len());
            if page.is_done {
                assert_eq!(values(&page), [last]);
                break;
            }
            request.cursor = Some(page.continue_cursor);
        }
        assert_eq!(lengths, [3, 3, 3, 1]);
    }
}

#[test]
fn a_page_that_runs_again_ends_where_it_ended() {
    let database = prepared();
    let mut first = database.latest().read();
    let page = first.page(&by_n("asc")).unwrap();
    let journal = first.journal();
    numbers(&database, [5, 15, 25]);
    let again = |journal: Option<String>| {
        let mut read = database.latest().read();
        read.set_journal(journal);
        let page = read.page(&by_n("asc")).unwrap();
        (values(&page), page.continue_cursor, read.journal())
    };
    let (grown, cursor, journal_again) = again(journal.clone());
    assert_eq!(grown, [0.0, 5.0, 10.0, 15.0, 20.0]);
    assert_eq!((cursor, journal_again), (page.continue_cursor, journal));
    assert_eq!(again(None).0, [0.0, 5.0, 10.0]);
    let mut plain = database.latest().read();
    all(&mut plain, &by_n("asc").query);
    assert_eq!(plain.journal(), None);
}

#[test]
fn a_split_page_is_its_two_halves() {
    let database = prepared();
    let request = PageRequest {
        page_size: 8,
        ..by_n("desc")
    };
    let whole = database.latest().read().page(&request).unwrap();
    let half = |cursor: Option<String>, end_cursor: Option<String>| {
        let request = PageRequest {
            cursor,
            end_cursor,
            ..request.clone()
        };
        values(&database.latest().read().page(&request).unwrap())
    };
    let first = half(None, whole.split_cursor.clone());
    let second = half(
        whole.split_cursor.clone(),
        Some(whole.continue_cursor.clone()),
    );
    assert!(!first.is_empty() && !second.is_empty());
    assert_eq!([first, second].concat(), values(&whole));
}

#[test]
fn rows_left_out_count_as_read() {
    let database = prepared();
    let mut request = PageRequest {
        maximum_rows_read: Some(4),
        ..by_n("asc")
    };
    request.query["operators"] = json!([{"filter": {"$gte": [{"$field": "n"}, 60.0]}}]);
    let page = database.latest().read().page(&request).unwrap();
    assert!(page.documents.is_empty() && !page.is_done);
    assert_eq!(page.status, Some(PageStatus::SplitRequired));
    request.cursor = Some(page.continue_cursor);
    let next = database.latest().read().page(&request).unwrap();
    assert_eq!(
        (values(&next), next.status),
        (vec![60.0, 70.0], Some(PageStatus::SplitRequired))
    );
    request.maximum_rows_read = Some(5);
    let next = database.latest().read().page(&request).unwrap();
    assert_eq!(
        (values(&next), next.status),
        (vec![60.0, 70.0, 80.0], Some(PageStatus::SplitRecommended))
    );
}

#[test]
fn wrong_requests_are_refused() {
    let database = prepared();
    let cursor = database
        .latest()
        .read()
        .page(&by_n("asc"))
        .unwrap()
        .continue_cursor;
    let refused =
        |request: PageRequest| database.latest().read().page(&request).unwrap_err().code();
    let with = |cursor: &str, order| PageRequest {
        cursor: Some(cursor.to_owned()),
        ..by_n(order)
    };
    assert_eq!(refused(with(&cursor, "desc")), "InvalidCursor");
    assert_eq!(refused(with("garbage", "asc")), "InvalidCursor");
    assert_eq!(refused(with("", "asc")), "InvalidCursor");
    assert_eq!(
        refused(PageRequest {
            page_size: 0,
            ..by_n("asc")
        }),
        "InvalidPageSize"
    );
    let other = prepared();
    let foreign = other
        .latest()
        .read()
        .page(&with(&cursor, "asc"))
        .unwrap_err();
    assert_eq!(foreign.code(), "InvalidCursor");
    let mut read = database.latest().read();
    read.set_journal(Some("garbage".to_owned()));
    assert_eq!(read.page(&by_n("asc")).unwrap_err().code(), "InvalidCursor");
    let again = read.page(&by_n("asc")).unwrap_err();
    assert_eq!(again.code(), "MultiplePaginatedDatabaseQueries");
    read.begin_nested(LIMITS);
    assert_eq!(read.page(&by_n("asc")).unwrap().documents.len(), 3);
    read.keep_nested();
    assert_eq!(
        read.page(&by_n("asc")).unwrap_err().code(),
        "MultiplePaginatedDatabaseQueries"
    );
}

fn paged(
    database: &Database,
    request: &PageRequest,
    journal: Option<String>,
) -> (Page, Option<String>) {
    let mut read = database.latest().read();
    read.set_journal(journal);
    let page = read.page(request).unwrap();
    (page, read.journal())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Pages that are run again after writes still cover the range without gap or overlap.
    #[test]
    fn pages_stay_adjacent(
        mut select in select(),
        before in prop::collection::vec(operation(), 0..20),
        between in prop::collection::vec(prop::collection::vec(operation(), 0..4), 3),
        size in 1..4_usize,
    ) {
        (select.limit, select.take) = (None, usize::MAX);
        let database = memory();
        database.apply_schema(&Indexes::Both.schema()).unwrap();
        let mut model = Model::new(Indexes::Both);
        let mut write = |operations: &[Operation]| {
            let mut transaction = database.begin();
            run(&mut transaction, operations, Indexes::Both);
            block_on(database.commit(transaction)).unwrap();
            model.run(operations);
        };
        write(&before);
        let mut request = PageRequest {
            query: select.json(Indexes::Both),
            page_size: size,
            ..PageRequest::default()
        };
        let mut pages = Vec::new();
        for operations in &between {
            let (page, journal) = paged(&database, &request, None);
            prop_assert!(page.documents.len() <= size);
            pages.push((request.clone(), journal));
            request.cursor = Some(page.continue_cursor);
            write(operations);
        }
        // The last page has everything that is left.
        pages.push((PageRequest { page_size: 1000, ..request }, None));
        let mut documents = Vec::new();
        for (request, journal) in pages {
            documents.extend(paged(&database, &request, journal).0.documents);
        }
        let documents: Vec<_> = documents.iter().map(|document| (**document).clone()).collect();
        prop_assert_eq!(Ok(documents), model.select(&select));
    }
}
