//! Optimistic updates, against a model that keeps every value and every guess.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::driver::{Driver, transition, updated, version};
use crate::convex::{
    error::RequestError,
    function::Query,
    protocol::{FunctionResponse, ServerMessage, StateVersion, Timestamp},
    sync::{OptimisticUpdate, Report, RequestId, Scope, SyncOptions},
    values::ValueError,
};

const READ: Query<(), i64> = Query::new("counter:read");

fn add(amount: i64) -> OptimisticUpdate {
    Box::new(move |store| {
        if let Some(value) = store.query(READ, &())? {
            store.set_query(READ, &(), Some(&(value + amount)))?;
        }
        Ok(())
    })
}

fn call(driver: &mut Driver, guess: OptimisticUpdate) -> RequestId {
    driver.act(|client, moment| {
        client.mutation(
            &"counter:add".into(),
            json!({}),
            Scope::Public,
            Some(guess),
            moment,
        )
    })
}

fn answer(request_id: u32, ts: Option<u64>) -> ServerMessage {
    ServerMessage::MutationResponse(FunctionResponse {
        request_id,
        success: ts.is_some(),
        result: json!(null).into(),
        ts: ts.map(Timestamp),
        log_lines: Vec::new(),
        error_data: None,
    })
}

#[test]
fn a_guess_is_seen_at_once_and_replaced_without_a_gap() {
    let mut driver = Driver::open(SyncOptions::default());
    let (_, token) = driver.subscribe("counter:read", Scope::Public);
    driver.receives(&transition(
        version(0, 0, 0),
        version(2, 0, 1),
        vec![updated(0, json!(1))],
    ));
    driver.changed.clear();
    let request = call(&mut driver, add(1));
    assert_eq!(driver.value(&token), Some(json!(2)));
    assert_eq!(driver.changed, std::slice::from_ref(&token));
    driver.receives(&answer(0, Some(2)));
    assert_eq!(driver.value(&token), Some(json!(2)));
    driver.receives(&transition(
        version(2, 0, 1),
        version(2, 0, 2),
        vec![updated(0, json!(2))],
    ));
    assert_eq!(driver.value(&token), Some(json!(2)));
    assert_eq!(
        driver.changed,
        [token],
        "the guess was right, so nothing changed again"
    );
    assert_eq!(driver.settled[&request], Ok(json!(null).into()));
}

#[test]
fn a_wrong_guess_goes_when_the_mutation_fails() {
    let mut driver = Driver::open(SyncOptions::default());
    let (_, token) = driver.subscribe("counter:read", Scope::Public);
    driver.receives(&transition(
        version(0, 0, 0),
        version(2, 0, 1),
        vec![updated(0, json!(1))],
    ));
    let request = call(&mut driver, add(1));
    driver.receives(&answer(0, None));
    assert_eq!(driver.value(&token), Some(json!(1)));
    assert!(matches!(
        driver.settled[&request],
        Err(RequestError::Function(_))
    ));
}

#[test]
fn a_guess_that_fails_leaves_nothing_behind() {
    let mut driver = Driver::open(SyncOptions::default());
    let (_, token) = driver.subscribe("counter:read", Scope::Public);
    driver.receives(&transition(
        version(0, 0, 0),
        version(2, 0, 1),
        vec![updated(0, json!(1))],
    ));
    call(
        &mut driver,
        Box::new(|store| {
            store.set_query(READ, &(), Some(&7))?;
            Err(ValueError::ArgumentsNotAnObject)
        }),
    );
    assert_eq!(driver.value(&token), Some(json!(1)));
    assert_eq!(
        driver.reports,
        [Report::OptimisticUpdate(ValueError::ArgumentsNotAnObject)]
    );
    assert!(
        driver.take_sent().contains(&"Mutation 0".to_owned()),
        "the mutation is called all the same"
    );
}

#[test]
fn a_guess_can_make_a_query_loading_and_see_all_of_a_function() {
    let mut driver = Driver::open(SyncOptions::default());
    let (_, token) = driver.subscribe("counter:read", Scope::Public);
    driver.receives(&transition(
        version(0, 0, 0),
        version(2, 0, 1),
        vec![updated(0, json!(1))],
    ));
    call(
        &mut driver,
        Box::new(|store| {
            let all =
                store.all_queries(Query::<BTreeMap<String, i64>, i64>::new("counter:read"))?;
            assert_eq!(all, [(BTreeMap::new(), Some(1))]);
            store.set_query(READ, &(), None)
        }),
    );
    assert_eq!(driver.value(&token), None);
}

#[derive(Clone, Debug)]
enum Step {
    Call(i64),
    Fail(usize),
    Commit,
    Show,
    Elsewhere(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (-5..5_i64).prop_map(Step::Call),
        (0..8_usize).prop_map(Step::Fail),
        Just(Step::Commit),
        Just(Step::Show),
        (-5..5_i64).prop_map(Step::Elsewhere),
    ];
    prop::collection::vec(step, 0..40)
}

/// Guesses multiply as well as add, so that their order matters.
fn guess(value: i64, amount: i64) -> i64 {
    if amount % 2 == 0 {
        value.wrapping_mul(3).wrapping_add(amount) % 1000
    } else {
        value + amount
    }
}

proptest! {
    #[test]
    fn what_is_shown_is_the_deployment_s_value_with_every_open_guess(steps in steps()) {
        let mut driver = Driver::open(SyncOptions::default());
        let (_, token) = driver.subscribe("counter:read", Scope::Public);
        driver.receives(&transition(version(0, 0, 0), version(2, 0, 1), vec![updated(0, json!(0))]));
        let (mut shown, mut stored, mut clock) = (0_i64, 0_i64, 1_u64);
        let mut at = version(2, 0, 1);
        // Open calls: id, amount, and when it was committed.
        let mut open: Vec<(RequestId, i64, Option<u64>)> = Vec::new();
        for step in steps {
            match step {
                Step::Call(amount) => {
                    let update: OptimisticUpdate = Box::new(move |store| {
                        let value = store.query(READ, &())?.unwrap_or_default();
                        store.set_query(READ, &(), Some(&guess(value, amount)))
                    });
                    open.push((call(&mut driver, update), amount, None));
                }
                Step::Fail(place) => {
                    let running = open.iter().position(|(_, _, done)| done.is_none());
                    if let Some(first) = running.filter(|_| place % 2 == 0) {
                        let (id, _, _) = open.remove(first);
                        driver.receives(&answer(id.0, None));
                    }
                }
                Step::Commit => {
                    if let Some((id, amount, done)) = open.iter_mut().find(|(_, _, done)| done.is_none()) {
                        clock += 1;
                        stored = guess(stored, *amount);
                        *done = Some(clock);
                        driver.receives(&answer(id.0, Some(clock)));
                    }
                }
                Step::Show => {
                    shown = stored;
                    let end = StateVersion { ts: Timestamp(clock), ..at };
                    driver.receives(&transition(at, end, vec![updated(0, json!(stored))]));
                    at = end;
                    open.retain(|(id, _, done)| {
                        let finished = done.is_some_and(|ts| ts <= clock);
                        assert_eq!(driver.settled.contains_key(id), finished);
                        !finished
                    });
                }
                Step::Elsewhere(amount) => {
                    clock += 1;
                    stored += amount;
                }
            }
            let expected = open.iter().fold(shown, |value, (_, amount, _)| guess(value, *amount));
            prop_assert_eq!(driver.value(&token), Some(json!(expected)));
        }
    }
}
