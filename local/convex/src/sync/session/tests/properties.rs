//! Whatever comes in whatever order, the client's view stays whole.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use proptest::prelude::*;

use super::*;
use crate::sync::backend::QueryCall;

type Commits = Rc<RefCell<Vec<(u64, QueryId)>>>;
type Calls = Vec<(QueryId, QueryCall<Person>)>;

/// An answer that is a function of the commits before its timestamp and of the identity.
#[derive(Debug)]
struct Derived {
    query: QueryId,
    at: u64,
    value: u64,
    commits: Commits,
}

impl Answer for Derived {
    fn hash(&self) -> u64 {
        self.value
    }

    fn journal(&self) -> Option<&str> {
        None
    }

    fn valid_at(&self, timestamp: Timestamp) -> bool {
        let commits = self.commits.borrow();
        !commits
            .iter()
            .any(|(at, query)| *query == self.query && (self.at + 1..=timestamp.0).contains(at))
    }

    fn modification(&self, query_id: QueryId) -> StateModification {
        assert_eq!(query_id, self.query);
        StateModification::Updated {
            query_id,
            value: JsonText(self.value.to_string().into()),
            log_lines: Vec::new(),
            journal: None,
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Add,
    Remove(usize),
    AddAndRemove,
    Mutate,
    Act,
    SignIn,
    SignOut,
    CheckToken,
    Write(usize),
    CommitMutation(usize),
    FinishMutation(bool),
    FinishAction(usize, bool),
    Snapshot,
    Compute,
    Grace,
}

fn step() -> impl Strategy<Value = Step> {
    let index = 0..8_usize;
    prop_oneof![
        3 => Just(Step::Add),
        1 => index.clone().prop_map(Step::Remove),
        1 => Just(Step::AddAndRemove),
        2 => Just(Step::Mutate),
        1 => Just(Step::Act),
        1 => Just(Step::SignIn),
        1 => Just(Step::SignOut),
        2 => Just(Step::CheckToken),
        2 => index.clone().prop_map(Step::Write),
        2 => index.clone().prop_map(Step::CommitMutation),
        2 => any::<bool>().prop_map(Step::FinishMutation),
        1 => (index, any::<bool>()).prop_map(|(index, success)| Step::FinishAction(index, success)),
        5 => Just(Step::Snapshot),
        4 => Just(Step::Compute),
        1 => Just(Step::Grace),
    ]
}

/// The client, the database and the workers around one connection.
struct World {
    session: Session<Person, Derived>,
    commits: Commits,
    latest: u64,
    // The workers.
    checking: bool,
    mutation: Option<(RequestId, Option<u64>)>,
    actions: Vec<RequestId>,
    computing: Option<(u64, Calls)>,
    grace_was_over: bool,
    // The client.
    query_set: u32,
    identity: u32,
    next_query: QueryId,
    next_request: RequestId,
    sets: BTreeMap<u32, BTreeSet<QueryId>>,
    signed_in: Vec<bool>,
    version: StateVersion,
    view: BTreeMap<QueryId, u64>,
    unanswered: BTreeSet<RequestId>,
    mutations_sent: Vec<RequestId>,
    mutations_answered: Vec<RequestId>,
    transition_awaited: bool,
    highest_commit: u64,
}

impl World {
    fn new() -> Self {
        Self {
            session: Session::new(&Settings::default()),
            commits: Commits::default(),
            latest: 10,
            checking: false,
            mutation: None,
            actions: Vec::new(),
            computing: None,
            grace_was_over: false,
            query_set: 0,
            identity: 0,
            next_query: 0,
            next_request: 0,
            sets: BTreeMap::from([(0, BTreeSet::new())]),
            signed_in: vec![false],
            version: StateVersion::default(),
            view: BTreeMap::new(),
            unanswered: BTreeSet::new(),
            mutations_sent: Vec::new(),
            mutations_answered: Vec::new(),
            transition_awaited: false,
            highest_commit: 0,
        }
    }

    fn value(&self, query: QueryId, at: u64, signed_in: bool) -> u64 {
        let commits = self.commits.borrow();
        let count = commits
            .iter()
            .filter(|(ts, id)| *id == query && *ts <= at)
            .count();
        count as u64 * 2 + u64::from(signed_in)
    }

    fn handle(&mut self, event: Event<Person, Derived>) {
        let now = Now {
            nanoseconds: 1,
            latest: Timestamp(self.latest),
        };
        for effect in self.session.handle(event, now) {
            match effect {
                Effect::Send(message) => self.receive(message),
                Effect::Authenticate(_) => {
                    assert!(!self.checking);
                    self.checking = true;
                }
                Effect::RunMutation { request, .. } => {
                    assert!(self.mutation.is_none(), "one mutation at a time");
                    self.mutation = Some((request, None));
                }
                Effect::RunAction { request, .. } => self.actions.push(request),
                Effect::ComputeUpdate(calls) => {
                    assert!(self.computing.is_none(), "one update at a time");
                    self.computing = Some((self.latest, calls));
                }
                Effect::Close(close) => panic!("closed: {close:?}"),
            }
        }
    }

    fn receive(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::Transition(transition) => self.step_to(transition),
            ServerMessage::MutationResponse { request_id, ts, .. } => {
                assert!(self.unanswered.remove(&request_id), "answered once");
                self.mutations_answered.push(request_id);
                self.highest_commit = self.highest_commit.max(ts.map_or(0, |ts| ts.0));
                self.transition_awaited = true;
            }
            ServerMessage::ActionResponse { request_id, .. } => {
                assert!(self.unanswered.remove(&request_id), "answered once");
                self.transition_awaited = true;
            }
            other => panic!("{other:?}"),
        }
    }

    fn step_to(&mut self, transition: Transition) {
        let (start, end) = (transition.start_version, transition.end_version);
        assert_eq!(start, self.version, "no gap");
        assert!(
            end.query_set >= start.query_set
                && end.identity >= start.identity
                && end.ts >= start.ts
        );
        let set = &self.sets[&end.query_set];
        for modification in transition.modifications {
            match modification {
                StateModification::Updated {
                    query_id, value, ..
                } => {
                    assert!(set.contains(&query_id), "only of queries in the set");
                    self.view.insert(query_id, value.0.parse().unwrap());
                }
                StateModification::Removed { query_id } => {
                    assert!(!set.contains(&query_id));
                    self.view.remove(&query_id);
                }
                StateModification::Failed { .. } => panic!("no query fails here"),
            }
        }
        let signed_in = self.signed_in[end.identity as usize];
        let expected = set
            .iter()
            .map(|id| (*id, self.value(*id, end.ts.0, signed_in)));
        assert_eq!(
            self.view,
            expected.collect(),
            "all queries at one state of the database"
        );
        if let Some((_, Some(committed))) = self.mutation {
            assert!(
                self.grace_was_over || committed > end.ts.0,
                "response before transition"
            );
        }
        self.version = end;
        self.transition_awaited = false;
    }

    fn modify(&mut self, modifications: Vec<QuerySetModification>) {
        let mut set = self.sets[&self.query_set].clone();
        for modification in &modifications {
            match modification {
                QuerySetModification::Add { query_id, .. } => set.insert(*query_id),
                QuerySetModification::Remove { query_id } => set.remove(query_id),
            };
        }
        let base_version = self.query_set;
        self.query_set += 1;
        self.sets.insert(self.query_set, set);
        self.transition_awaited = true;
        self.handle(Event::Message(ClientMessage::ModifyQuerySet {
            base_version,
            new_version: self.query_set,
            modifications,
        }));
    }

    fn authenticate(&mut self, token: Credentials) {
        let base_version = self.identity;
        self.identity += 1;
        self.signed_in.push(token != Credentials::None);
        self.transition_awaited = true;
        self.handle(Event::Message(ClientMessage::Authenticate {
            base_version,
            token,
        }));
    }

    fn request(&mut self) -> RequestId {
        let request = self.next_request;
        self.next_request += 1;
        self.unanswered.insert(request);
        request
    }

    fn commit(&mut self, index: usize) {
        self.latest += 1;
        let query = index as QueryId;
        self.commits.borrow_mut().push((self.latest, query));
        self.handle(Event::QueryInvalidated);
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Add => {
                let id = self.next_query;
                self.next_query += 1;
                self.modify(vec![add(id)]);
            }
            Step::Remove(index) => {
                let set = &self.sets[&self.query_set];
                if let Some(id) = set.iter().nth(index).copied() {
                    self.modify(vec![remove(id)]);
                }
            }
            Step::AddAndRemove => {
                let id = self.next_query;
                self.next_query += 1;
                self.modify(vec![add(id), remove(id)]);
            }
            Step::Mutate => {
                let request = self.request();
                self.mutations_sent.push(request);
                self.handle(Event::Message(mutate(request)));
            }
            Step::Act => {
                let request_id = self.request();
                self.handle(Event::Message(ClientMessage::Action {
                    request_id,
                    function: function(None),
                }));
            }
            Step::SignIn => self.authenticate(token()),
            Step::SignOut => self.authenticate(Credentials::None),
            Step::CheckToken if self.checking => {
                self.checking = false;
                let person = Person {
                    name: Some("ada"),
                    until: None,
                };
                self.handle(Event::Authenticated(Ok(person)));
            }
            Step::Write(index) => self.commit(index),
            Step::CommitMutation(index) => {
                if let Some((request, None)) = self.mutation {
                    self.mutation = Some((request, Some(self.latest + 1)));
                    self.commit(index);
                }
            }
            Step::FinishMutation(success) => {
                if let Some((request, timestamp)) = self.mutation.take() {
                    self.grace_was_over = false;
                    let outcome = match timestamp {
                        Some(timestamp) => committed(timestamp),
                        None if success => committed(self.latest),
                        None => MutationResult {
                            outcome: Err(CallErrorOf::function("no")),
                            log_lines: Vec::new(),
                        },
                    };
                    self.handle(Event::MutationFinished {
                        request,
                        result: outcome,
                    });
                }
            }
            Step::FinishAction(index, success) if !self.actions.is_empty() => {
                let request = self.actions.remove(index % self.actions.len());
                let outcome = if success {
                    Ok("null".into())
                } else {
                    Err(CallErrorOf::function("no"))
                };
                let result = ActionResult {
                    outcome,
                    log_lines: Vec::new(),
                };
                self.handle(Event::ActionFinished { request, result });
            }
            Step::Snapshot if self.session.update_due() => {
                self.handle(Event::Snapshot(Timestamp(self.latest)));
            }
            Step::Compute => {
                if let Some((at, calls)) = self.computing.take() {
                    let answer = |(id, call): (QueryId, QueryCall<Person>)| {
                        let signed_in = call.function.identity.name.is_some();
                        let value = self.value(id, at, signed_in);
                        (
                            id,
                            Derived {
                                query: id,
                                at,
                                value,
                                commits: self.commits.clone(),
                            },
                        )
                    };
                    let answers = calls.into_iter().map(answer).collect();
                    self.handle(Event::UpdateComputed(Ok(answers)));
                }
            }
            Step::Grace if self.session.holds_update() => {
                self.grace_was_over = true;
                self.handle(Event::GraceOver);
            }
            Step::CheckToken | Step::FinishAction(..) | Step::Snapshot | Step::Grace => {}
        }
    }

    fn come_to_rest(&mut self) {
        for _ in 0..10_000 {
            self.take(Step::CheckToken);
            self.take(Step::FinishMutation(true));
            self.take(Step::FinishAction(0, true));
            self.take(Step::Snapshot);
            self.take(Step::Compute);
            let busy = self.checking || self.mutation.is_some() || !self.actions.is_empty();
            if !busy && !self.session.update_due() && self.computing.is_none() {
                return;
            }
        }
        panic!("no rest");
    }
}

proptest! {
    #[test]
    fn the_view_of_the_client_stays_whole(steps in prop::collection::vec(step(), 0..120)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
        world.come_to_rest();
        prop_assert!(world.unanswered.is_empty(), "everything is answered");
        prop_assert_eq!(&world.mutations_sent, &world.mutations_answered, "in order");
        prop_assert!(!world.transition_awaited, "a transition follows every change and response");
        prop_assert!(world.version.ts.0 >= world.highest_commit);
        prop_assert_eq!(world.version.query_set, world.query_set);
        prop_assert_eq!(world.version.identity, world.identity);
        let signed_in = *world.signed_in.last().unwrap();
        for (id, value) in &world.view {
            prop_assert_eq!(*value, world.value(*id, world.latest, signed_in), "nothing is missed");
        }
    }
}
