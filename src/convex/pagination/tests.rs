#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::{
    PaginatedResult, Pagination, PaginationIds, PaginationStatus, insert_at_bottom_if_loaded,
    insert_at_top, update_items,
};
use crate::convex::{
    error::FunctionError,
    function::{FunctionKind, QueryToken},
    sync::{Event, Moment, OptimisticUpdate, QueryResult, Scope, SyncClient, SyncOptions},
    values::EncodedValue,
};

/// What the deployment has answered, by the place of the page's query.
#[derive(Default)]
struct Answers(BTreeMap<QueryToken, Arc<QueryResult>>);

impl Answers {
    fn give(&mut self, token: &QueryToken, outcome: Result<Value, FunctionError>) {
        self.0.insert(
            token.clone(),
            Arc::new(QueryResult {
                outcome: outcome.map(EncodedValue::from),
                log_lines: Vec::new(),
            }),
        );
    }

    fn evaluate(&self, list: &mut Pagination) -> PaginatedResult {
        list.evaluate(|token| self.0.get(token).cloned())
    }
}

fn list() -> Pagination {
    Pagination::new(
        "messages:page".into(),
        Some(json!({ "channel": "general" })),
        2,
        &PaginationIds::default(),
    )
}

fn page(items: &[i32], done: bool, cursor: &str) -> Value {
    json!({ "page": items, "isDone": done, "continueCursor": cursor })
}

fn numbers(result: &PaginatedResult) -> Vec<i32> {
    let items = result.items.iter();
    items.map(|item| item.decode().unwrap()).collect()
}

fn tokens(list: &Pagination) -> Vec<QueryToken> {
    list.queries().map(|query| query.token.clone()).collect()
}

fn options(list: &Pagination) -> Vec<Value> {
    list.queries()
        .map(|query| query.arguments["paginationOpts"].clone())
        .collect()
}

fn error(message: &str, data: Option<Value>) -> FunctionError {
    FunctionError::new(
        FunctionKind::Query,
        "messages:page".into(),
        message.into(),
        data.map(EncodedValue::from),
    )
}

#[test]
fn pages_are_loaded_one_after_another() {
    let (mut list, mut answers) = (list(), Answers::default());
    assert_eq!(
        options(&list),
        [json!({ "numItems": 2, "cursor": null, "id": 0 })]
    );
    assert_eq!(
        answers.evaluate(&mut list).status,
        PaginationStatus::LoadingFirstPage
    );
    assert!(!list.load_more(2), "there is nothing to go on from");

    answers.give(&tokens(&list)[0], Ok(page(&[1, 2], false, "c1")));
    let result = answers.evaluate(&mut list);
    assert_eq!(
        (result.items.len(), result.status),
        (2, PaginationStatus::CanLoadMore)
    );
    assert!(list.load_more(3));
    assert!(!list.load_more(3), "once per result");
    assert_eq!(
        options(&list)[1],
        json!({ "numItems": 3, "cursor": "c1", "id": 0 })
    );
    let result = answers.evaluate(&mut list);
    assert_eq!(
        (result.items.len(), result.status),
        (2, PaginationStatus::LoadingMore)
    );
    assert!(result.status.is_loading());

    answers.give(&tokens(&list)[1], Ok(page(&[3], true, "c2")));
    let result = answers.evaluate(&mut list);
    assert_eq!(numbers(&result), [1, 2, 3]);
    assert_eq!(result.status, PaginationStatus::Exhausted);
    assert!(!list.load_more(1));
}

#[test]
fn a_page_that_has_become_too_long_is_split_behind_the_scenes() {
    let (mut list, mut answers) = (list(), Answers::default());
    let mut long = page(&[1, 2, 3, 4, 5], false, "c1");
    long["splitCursor"] = json!("middle");
    answers.give(&tokens(&list)[0], Ok(long));
    assert_eq!(
        answers.evaluate(&mut list).items.len(),
        5,
        "it stays visible"
    );
    assert_eq!(
        options(&list)[1..],
        [
            json!({ "numItems": 2, "cursor": null, "endCursor": "middle", "id": 0 }),
            json!({ "numItems": 2, "cursor": "middle", "endCursor": "c1", "id": 0 }),
        ]
    );
    answers.evaluate(&mut list);
    assert_eq!(list.queries().count(), 3, "it is split once");
    let halves = tokens(&list);
    answers.give(&halves[1], Ok(page(&[1, 2], false, "middle")));
    assert_eq!(answers.evaluate(&mut list).items.len(), 5);
    answers.give(&halves[2], Ok(page(&[3, 4, 5], false, "c1")));
    let result = answers.evaluate(&mut list);
    assert_eq!(numbers(&result), [1, 2, 3, 4, 5]);
    assert_eq!(tokens(&list), halves[1..]);
    assert!(list.load_more(2));
    assert_eq!(options(&list)[2]["cursor"], "c1");
}

#[test]
fn a_page_that_must_be_split_is_hidden_until_it_is() {
    let (mut list, mut answers) = (list(), Answers::default());
    let mut cut = page(&[1], false, "c1");
    cut["splitCursor"] = json!("middle");
    cut["pageStatus"] = json!("SplitRequired");
    answers.give(&tokens(&list)[0], Ok(cut));
    let result = answers.evaluate(&mut list);
    assert_eq!(
        (result.items.len(), result.status),
        (0, PaginationStatus::LoadingMore)
    );
    let halves = tokens(&list);
    answers.give(&halves[1], Ok(page(&[1, 2], false, "middle")));
    answers.give(&halves[2], Ok(page(&[3], true, "c1")));
    assert_eq!(numbers(&answers.evaluate(&mut list)), [1, 2, 3]);
}

#[test]
fn a_list_whose_cursors_are_no_longer_valid_starts_over() {
    for (message, data) in [
        ("InvalidCursor: no", None),
        (
            "other",
            Some(json!({ "isConvexSystemError": true, "paginationError": "InvalidCursor" })),
        ),
    ] {
        let (mut list, mut answers) = (list(), Answers::default());
        answers.give(&tokens(&list)[0], Ok(page(&[1], false, "c1")));
        answers.evaluate(&mut list);
        list.load_more(2);
        answers.give(&tokens(&list)[1], Err(error(message, data)));
        assert_eq!(answers.evaluate(&mut list), PaginatedResult::default());
        assert_eq!(
            options(&list),
            [json!({ "numItems": 2, "cursor": null, "id": 1 })]
        );
    }
}

#[test]
fn another_error_is_told() {
    let (mut list, mut answers) = (list(), Answers::default());
    answers.give(&tokens(&list)[0], Err(error("boom", None)));
    assert_eq!(answers.evaluate(&mut list).error, Some(error("boom", None)));
    answers.give(&tokens(&list)[0], Ok(json!("no page")));
    assert!(answers.evaluate(&mut list).error.is_some());
}

#[test]
fn other_arguments_start_over_and_equal_ones_do_not() {
    let ids = PaginationIds::default();
    let mut list = Pagination::new("messages:page".into(), None, 2, &ids);
    assert_eq!(list.queries().count(), 0);
    assert_eq!(
        list.evaluate(|_| None).status,
        PaginationStatus::LoadingFirstPage
    );
    list.update("messages:page".into(), Some(json!({ "channel": "a" })), 2);
    let before = tokens(&list);
    list.update("messages:page".into(), Some(json!({ "channel": "a" })), 50);
    assert_eq!(tokens(&list), before);
    list.update("messages:page".into(), Some(json!({ "channel": "b" })), 50);
    assert_eq!(options(&list)[0]["numItems"], 50);
    let other = Pagination::new(
        "messages:page".into(),
        Some(json!({ "channel": "b" })),
        50,
        &ids,
    );
    assert_ne!(
        tokens(&other),
        tokens(&list),
        "two lists have pages of their own"
    );
}

const MOMENT: Moment = Moment {
    now_ms: 0,
    random: 0.5,
};

/// A client with two loaded pages of one list, the first `[1, 2]`, the second `[3]` and the last.
fn client() -> (SyncClient, Vec<QueryToken>) {
    let mut client = SyncClient::new(SyncOptions::default(), "session");
    let (mut list, mut answers) = (list(), Answers::default());
    answers.give(&tokens(&list)[0], Ok(page(&[1, 2], false, "c1")));
    answers.evaluate(&mut list);
    list.load_more(2);
    for query in list.queries() {
        client.subscribe(&query.path, &query.arguments, Scope::Public, None, MOMENT);
    }
    client.start(MOMENT);
    let connection = client
        .take_effects()
        .into_iter()
        .find_map(|effect| match effect {
            crate::convex::sync::Effect::OpenSocket { connection } => Some(connection),
            _ => None,
        });
    let connection = connection.unwrap();
    client.handle(Event::SocketOpened { connection }, MOMENT);
    let zero = json!({ "querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA=" });
    let text = json!({
        "type": "Transition", "startVersion": zero,
        "endVersion": { "querySet": 1, "identity": 0, "ts": "6AMAAAAAAAA=" },
        "modifications": [
            { "type": "QueryUpdated", "queryId": 0, "value": page(&[1, 2], false, "c1"), "logLines": [], "journal": null },
            { "type": "QueryUpdated", "queryId": 1, "value": page(&[3], true, "c2"), "logLines": [], "journal": null },
        ],
    });
    client.handle(
        Event::SocketMessage {
            connection,
            text: text.to_string(),
        },
        MOMENT,
    );
    let tokens = tokens(&list);
    (client, tokens)
}

fn after(update: OptimisticUpdate) -> Vec<Value> {
    let (mut client, tokens) = client();
    client.mutation(
        &"messages:send".into(),
        json!({}),
        Scope::Public,
        Some(update),
        MOMENT,
    );
    tokens
        .iter()
        .map(|token| {
            let page = client.result(token).unwrap().outcome.clone().unwrap();
            page.decode::<Value>().unwrap()["page"].clone()
        })
        .collect()
}

#[test]
fn guesses_go_to_the_top_the_bottom_and_everywhere() {
    let general = json!({ "channel": "general" });
    let path = || "messages:page".into();
    let matching = general.clone();
    assert_eq!(
        after(Box::new(move |store| insert_at_top(
            store,
            &path(),
            &matching,
            &0
        ))),
        [json!([0, 1, 2]), json!([3])]
    );
    let matching = general.clone();
    assert_eq!(
        after(Box::new(move |store| insert_at_bottom_if_loaded(
            store,
            &path(),
            &matching,
            &4
        ))),
        [json!([1, 2]), json!([3, 4])]
    );
    let matching = general;
    assert_eq!(
        after(Box::new(move |store| update_items(
            store,
            &path(),
            &matching,
            |item: i64| item * 10
        ))),
        [json!([10, 20]), json!([30])]
    );
    let other = json!({ "channel": "other" });
    assert_eq!(
        after(Box::new(move |store| insert_at_top(
            store,
            &path(),
            &other,
            &0
        ))),
        [json!([1, 2]), json!([3])]
    );
}
