//! Query sets, their versions, and what a transition holds.

use super::*;

#[test]
fn an_empty_query_set_is_answered() {
    let mut bench = Bench::new();
    assert!(bench.subscribe(0, Vec::new()).is_empty());
    let transition = transition(&bench.snapshot());
    assert_eq!(transition.start_version, StateVersion::default());
    assert_eq!(
        transition.end_version,
        StateVersion {
            query_set: 1,
            identity: 0,
            ts: Timestamp(1000)
        }
    );
    assert!(transition.modifications.is_empty());
    assert_eq!(
        (transition.client_clock_skew, transition.server_ts),
        (None, None)
    );
    assert!(bench.snapshot().is_empty());
}

#[test]
fn the_clock_of_a_client_that_has_one_is_compared() {
    for (client_ts, skew) in [(Some(999_996), Some(-4)), (Some(0), None), (None, None)] {
        let mut bench = Bench::new();
        bench.message(ClientMessage::Connect {
            session_id: "s".into(),
            max_observed_timestamp: Some(Timestamp(1000)),
            client_ts,
        });
        bench.subscribe(0, Vec::new());
        let transition = transition(&bench.snapshot());
        assert_eq!(transition.client_clock_skew, skew);
        assert_eq!(transition.server_ts.is_some(), skew.is_some());
    }
}

#[test]
fn a_client_from_the_future_is_refused() {
    let mut bench = Bench::new();
    let effects = bench.message(ClientMessage::Connect {
        session_id: "s".into(),
        max_observed_timestamp: Some(Timestamp(1001)),
        client_ts: None,
    });
    let close = closed(&effects);
    assert_eq!(close.code, Some(1011));
    assert!(
        close.reason.contains("reset") && close.reason.len() <= 123,
        "{close:?}"
    );
}

#[test]
fn adding_and_removing_at_once_is_only_removing() {
    let mut bench = Bench::new();
    bench.subscribe(0, vec![add(7), remove(7)]);
    let transition = transition(&bench.snapshot());
    assert_eq!(
        transition.modifications,
        [StateModification::Removed { query_id: 7 }]
    );
}

#[test]
fn unknown_and_doubled_queries_close() {
    for modifications in [vec![remove(1)], vec![add(1), add(1)]] {
        let effects = Bench::new().subscribe(0, modifications);
        assert_eq!(closed(&effects).code, Some(1011));
    }
}

#[test]
fn versions_are_checked_against_what_was_accepted() {
    let mut bench = Bench::new();
    bench.subscribe(0, Vec::new());
    bench.subscribe(1, vec![add(0)]);
    let effects = bench.subscribe(1, Vec::new());
    let [
        Effect::Send(ServerMessage::FatalError { error }),
        Effect::Close(close),
    ] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert!(error.starts_with("BaseVersionMismatch"));
    assert_eq!(close.code, None);
    assert!(bench.snapshot().is_empty(), "nothing happens after the end");

    let effects = Bench::new().message(ClientMessage::Authenticate {
        base_version: 4,
        token: Credentials::None,
    });
    assert!(matches!(
        &effects[..],
        [
            Effect::Send(ServerMessage::FatalError { .. }),
            Effect::Close(_)
        ]
    ));

    let effects = Bench::new().message(ClientMessage::ModifyQuerySet {
        base_version: 0,
        new_version: 0,
        modifications: Vec::new(),
    });
    assert_eq!(closed(&effects).code, None);
}

#[test]
fn equal_results_are_not_sent_again_but_their_journal_is_kept() {
    let mut bench = Bench::new();
    bench.subscribe(0, vec![add(0), add(1)]);
    bench.snapshot();
    let answer = |value, journal: &str, valid_before| Given {
        value,
        journal: Some(journal.to_owned()),
        valid_before,
    };
    let first = bench.computed(vec![(0, answer(1, "a", 1001)), (1, given(5))]);
    assert_eq!(first.modifications.len(), 2);

    bench.latest = 1001;
    bench.handle(Event::QueryInvalidated);
    let effects = bench.snapshot();
    let [Effect::ComputeUpdate(calls)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(calls.len(), 1, "the other one is still valid");
    assert_eq!(calls[0].1.journal.as_deref(), Some("a"));
    let second = bench.computed(vec![(0, answer(1, "b", 1002))]);
    assert!(second.modifications.is_empty());

    bench.latest = 1002;
    bench.handle(Event::QueryInvalidated);
    let effects = bench.snapshot();
    let [Effect::ComputeUpdate(calls)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(calls[0].1.journal.as_deref(), Some("b"));
}

#[test]
fn changes_during_an_update_are_folded_into_the_next() {
    let mut bench = Bench::new();
    bench.subscribe(0, vec![add(0)]);
    assert!(matches!(&bench.snapshot()[..], [Effect::ComputeUpdate(_)]));
    bench.subscribe(1, vec![add(1)]);
    bench.subscribe(2, vec![add(2), remove(0)]);
    assert!(bench.snapshot().is_empty());
    let first = bench.computed(vec![(0, given(1))]);
    assert_eq!(first.end_version.query_set, 1);
    assert!(matches!(&bench.snapshot()[..], [Effect::ComputeUpdate(calls)] if calls.len() == 2));
    let second = bench.computed(vec![(1, given(1)), (2, given(1))]);
    assert_eq!(second.start_version, first.end_version);
    assert_eq!(second.end_version.query_set, 3);
    assert_eq!(second.modifications.len(), 3);
}
