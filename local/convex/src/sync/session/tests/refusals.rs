//! What is refused, and what closes a connection.

use super::*;

#[test]
fn components_are_refused_by_name() {
    let mut bench = Bench::new();
    let in_component = || function(Some("workflow"));
    let effects = bench.message(ClientMessage::Mutation {
        request_id: 0,
        function: in_component(),
    });
    assert!(matches!(
        &effects[..],
        [Effect::Send(ServerMessage::MutationResponse { outcome: Outcome::Failure { message, .. }, .. })]
            if message.contains("Components") && message.contains("workflow")
    ));
    let effects = bench.message(ClientMessage::Action {
        request_id: 1,
        function: in_component(),
    });
    assert!(matches!(
        &effects[..],
        [Effect::Send(ServerMessage::ActionResponse { .. })]
    ));
    let query = QuerySetModification::Add {
        query_id: 3,
        function: in_component(),
        journal: None,
    };
    bench.subscribe(0, vec![query]);
    let transition = transition(&bench.snapshot());
    assert!(matches!(
        &transition.modifications[..],
        [StateModification::Failed { query_id: 3, .. }]
    ));
}

#[test]
fn too_much_at_once_closes() {
    let mut bench = Bench::new();
    for request in 0..=1000 {
        let effects = bench.message(mutate(request));
        assert!(
            !effects
                .iter()
                .any(|effect| matches!(effect, Effect::Close(_)))
        );
    }
    let effects = bench.message(mutate(1001));
    let close = closed(&effects);
    assert_eq!(
        (close.code, close.reason.as_str()),
        (Some(1013), "TooManyConcurrentMutations")
    );

    let mut bench = Bench::new();
    let act = |request_id| ClientMessage::Action {
        request_id,
        function: function(None),
    };
    for request in 0..1000 {
        bench.message(act(request));
    }
    assert_eq!(closed(&bench.message(act(1000))).code, Some(1013));
}

#[test]
fn the_deployments_own_failures_close() {
    let failure = |kind, code| SystemError {
        kind,
        code,
        message: "details stay here".to_owned(),
    };
    let mut bench = Bench::new();
    bench.message(mutate(0));
    let effects = bench.handle(Event::MutationFinished {
        request: 0,
        result: MutationResult {
            outcome: Err(failure(SystemErrorKind::Overloaded, "CommitterFullError").into()),
            log_lines: Vec::new(),
        },
    });
    assert_eq!(
        closed(&effects),
        &Close {
            code: Some(1013),
            reason: "CommitterFullError".to_owned()
        }
    );

    let mut bench = Bench::new();
    bench.subscribe(0, vec![add(0)]);
    bench.snapshot();
    let effects = bench.handle(Event::UpdateComputed(Err(SystemError::internal("details"))));
    assert_eq!(
        closed(&effects),
        &Close {
            code: Some(1011),
            reason: "InternalServerError".to_owned()
        }
    );
}
