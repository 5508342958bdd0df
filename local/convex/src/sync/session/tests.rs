#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod properties;

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::sync::backend::{ActionResult, MutationResult, Secret, SystemError, SystemErrorKind};
use crate::sync::protocol::{FunctionReference, JsonText, Outcome, StateModification, Transition};

/// Somebody, until a second of the clock.
#[derive(Clone, Debug, Default, PartialEq)]
struct Person {
    name: Option<&'static str>,
    until: Option<u64>,
}

impl Rights for Person {
    fn is_admin(&self) -> bool {
        false
    }

    fn expires_at_seconds(&self) -> Option<u64> {
        self.until
    }
}

#[derive(Debug)]
struct Given {
    value: u64,
    journal: Option<String>,
    valid_before: u64,
}

impl Answer for Given {
    fn hash(&self) -> u64 {
        self.value
    }

    fn journal(&self) -> Option<&str> {
        self.journal.as_deref()
    }

    fn valid_at(&self, timestamp: Timestamp) -> bool {
        timestamp.0 < self.valid_before
    }

    fn modification(&self, query_id: QueryId) -> StateModification {
        StateModification::Updated {
            query_id,
            value: JsonText(self.value.to_string().into()),
            log_lines: Vec::new(),
            journal: self.journal.clone(),
        }
    }
}

struct Bench {
    session: Session<Person, Given>,
    seconds: u64,
    latest: u64,
}

impl Bench {
    fn new() -> Self {
        Self {
            session: Session::new(&Settings::default()),
            seconds: 1000,
            latest: 1000,
        }
    }

    fn handle(&mut self, event: Event<Person, Given>) -> Vec<Effect<Person>> {
        let now = Now {
            nanoseconds: self.seconds * 1_000_000_000,
            latest: Timestamp(self.latest),
        };
        self.session.handle(event, now)
    }

    fn message(&mut self, message: ClientMessage) -> Vec<Effect<Person>> {
        self.handle(Event::Message(message))
    }

    fn subscribe(
        &mut self,
        base: u32,
        modifications: Vec<QuerySetModification>,
    ) -> Vec<Effect<Person>> {
        self.message(ClientMessage::ModifyQuerySet {
            base_version: base,
            new_version: base + 1,
            modifications,
        })
    }

    fn snapshot(&mut self) -> Vec<Effect<Person>> {
        self.handle(Event::Snapshot(Timestamp(self.latest)))
    }

    /// Answers an update that has begun.
    fn computed(&mut self, answers: Vec<(QueryId, Given)>) -> Transition {
        transition(&self.handle(Event::UpdateComputed(Ok(answers))))
    }

    fn sign_in(&mut self, base: u32, person: Person) {
        let effects = self.message(ClientMessage::Authenticate {
            base_version: base,
            token: token(),
        });
        assert!(
            matches!(&effects[..], [Effect::Authenticate(_)]),
            "{effects:?}"
        );
        assert!(self.handle(Event::Authenticated(Ok(person))).is_empty());
    }
}

fn token() -> Credentials {
    Credentials::User {
        value: Secret::new("token"),
    }
}

fn function(component: Option<&str>) -> FunctionReference {
    FunctionReference {
        udf_path: "messages:list".to_owned(),
        args: Arc::new(json!({})),
        component_path: component.map(str::to_owned),
    }
}

fn add(query_id: QueryId) -> QuerySetModification {
    QuerySetModification::Add {
        query_id,
        function: function(None),
        journal: None,
    }
}

fn remove(query_id: QueryId) -> QuerySetModification {
    QuerySetModification::Remove { query_id }
}

fn mutate(request_id: RequestId) -> ClientMessage {
    ClientMessage::Mutation {
        request_id,
        function: function(None),
    }
}

fn given(value: u64) -> Given {
    Given {
        value,
        journal: None,
        valid_before: u64::MAX,
    }
}

fn committed(timestamp: u64) -> MutationResult {
    MutationResult {
        outcome: Ok(("null".into(), Timestamp(timestamp))),
        log_lines: Vec::new(),
    }
}

fn transition(effects: &[Effect<Person>]) -> Transition {
    match effects {
        [Effect::Send(ServerMessage::Transition(transition))] => transition.clone(),
        other => panic!("a transition, not {other:?}"),
    }
}

fn closed(effects: &[Effect<Person>]) -> &Close {
    match effects.last() {
        Some(Effect::Close(close)) => close,
        other => panic!("a close, not {other:?}"),
    }
}

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

#[test]
fn what_follows_a_token_waits_for_it_and_has_its_identity() {
    let mut bench = Bench::new();
    bench.subscribe(0, vec![add(0)]);
    bench.message(ClientMessage::Authenticate {
        base_version: 0,
        token: token(),
    });
    assert!(bench.message(mutate(0)).is_empty());
    assert!(bench.snapshot().is_empty());
    let ada = Person {
        name: Some("ada"),
        until: None,
    };
    let effects = bench.handle(Event::Authenticated(Ok(ada.clone())));
    let [Effect::RunMutation { call, .. }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(call.identity, ada);
    let effects = bench.snapshot();
    assert!(
        matches!(&effects[..], [Effect::ComputeUpdate(calls)] if calls[0].1.function.identity == ada)
    );
}

#[test]
fn a_new_identity_runs_everything_again() {
    let mut bench = Bench::new();
    bench.subscribe(0, vec![add(0), add(1)]);
    bench.snapshot();
    bench.computed(vec![(0, given(1)), (1, given(2))]);
    bench.sign_in(0, Person::default());
    assert!(matches!(&bench.snapshot()[..], [Effect::ComputeUpdate(calls)] if calls.len() == 2));
    let transition = bench.computed(vec![(0, given(1)), (1, given(3))]);
    assert_eq!(
        (
            transition.start_version.identity,
            transition.end_version.identity
        ),
        (0, 1)
    );
    assert_eq!(transition.modifications.len(), 1);
    assert!(
        bench
            .message(ClientMessage::Authenticate {
                base_version: 1,
                token: Credentials::None
            })
            .is_empty()
    );
    assert!(matches!(&bench.snapshot()[..], [Effect::ComputeUpdate(calls)] if calls.len() == 2));
}

#[test]
fn a_refused_token_ends_the_connection() {
    let mut bench = Bench::new();
    bench.sign_in(0, Person::default());
    transition(&bench.snapshot());
    bench.message(ClientMessage::Authenticate {
        base_version: 1,
        token: token(),
    });
    let failure = AuthenticationFailure {
        code: "NoAuthProvider".to_owned(),
        message: "nobody knows it".to_owned(),
    };
    let effects = bench.handle(Event::Authenticated(Err(failure)));
    let [Effect::Send(message), Effect::Close(close)] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert!(matches!(
        message,
        ServerMessage::AuthError {
            base_version: 1,
            auth_update_attempted: true,
            ..
        }
    ));
    assert_eq!(close.code, None);
}

/// Something that needs an identity.
type Work = fn(&mut Bench) -> Vec<Effect<Person>>;

#[test]
fn expiry_is_noticed_at_the_next_work_only() {
    let expired: [Work; 3] = [
        |bench| bench.message(mutate(0)),
        |bench| {
            bench.message(ClientMessage::Action {
                request_id: 0,
                function: function(None),
            })
        },
        |bench| {
            bench.handle(Event::QueryInvalidated);
            bench.snapshot()
        },
    ];
    for work in expired {
        let mut bench = Bench::new();
        bench.sign_in(
            0,
            Person {
                name: Some("ada"),
                until: Some(1060),
            },
        );
        transition(&bench.snapshot());
        bench.seconds = 1060;
        let effects = work(&mut bench);
        assert!(
            matches!(
                &effects[..],
                [
                    Effect::Send(ServerMessage::AuthError {
                        base_version: 1,
                        auth_update_attempted: false,
                        ..
                    }),
                    Effect::Close(Close { code: None, .. }),
                ]
            ),
            "{effects:?}"
        );
    }
}

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

/// Short names for what functions throw.
struct CallErrorOf;

impl CallErrorOf {
    fn function(message: &str) -> crate::sync::backend::CallError {
        crate::sync::backend::FunctionFailure {
            message: message.to_owned(),
            data: None,
        }
        .into()
    }
}
