#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod identity;
mod mutations;
mod properties;
mod queries;
mod refusals;

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::secret::Secret;
use crate::sync::backend::{ActionResult, MutationResult, SystemError, SystemErrorKind};
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
