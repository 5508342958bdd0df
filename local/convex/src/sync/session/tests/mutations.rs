//! The order of mutations and of what follows them.

use super::*;

#[test]
fn mutations_run_one_after_another_and_answer_before_the_transition() {
    let mut bench = Bench::new();
    assert!(matches!(
        &bench.message(mutate(0))[..],
        [Effect::RunMutation {
            request: 0,
            key: None,
            ..
        }]
    ));
    assert!(bench.message(mutate(1)).is_empty());

    // The commit is visible before its response is there.
    bench.subscribe(0, vec![add(0)]);
    bench.latest = 2000;
    bench.snapshot();
    assert!(
        bench
            .handle(Event::UpdateComputed(Ok(vec![(0, given(1))])))
            .is_empty()
    );
    assert!(bench.session.holds_update());

    let effects = bench.handle(Event::MutationFinished {
        request: 0,
        result: committed(2000),
    });
    assert!(matches!(
        &effects[..],
        [
            Effect::Send(ServerMessage::MutationResponse { request_id: 0, .. }),
            Effect::Send(ServerMessage::Transition(_)),
            Effect::RunMutation { request: 1, .. },
        ]
    ));
    let failed = MutationResult {
        outcome: Err(CallErrorOf::function("no")),
        log_lines: vec!["[LOG] 'x'".to_owned()],
    };
    bench.snapshot();
    let effects = bench.handle(Event::MutationFinished {
        request: 1,
        result: failed,
    });
    assert!(matches!(
        &effects[..],
        [Effect::Send(ServerMessage::MutationResponse {
            ts: None,
            outcome: Outcome::Failure { .. },
            ..
        })]
    ));
    assert!(
        transition(&bench.snapshot()).modifications.is_empty(),
        "a failure is followed by a transition too"
    );
}

#[test]
fn a_slow_mutation_holds_a_transition_only_for_a_while() {
    let mut bench = Bench::new();
    bench.message(mutate(0));
    bench.subscribe(0, vec![add(0)]);
    bench.snapshot();
    assert!(
        bench
            .handle(Event::UpdateComputed(Ok(vec![(0, given(1))])))
            .is_empty()
    );
    transition(&bench.handle(Event::GraceOver));
    assert!(!bench.session.holds_update());
}
