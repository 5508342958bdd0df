//! A deployment, as far as a client can tell: one process in memory, with versions, identities and idempotent mutations.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::driver::{Driver, auth_error, transition};
use crate::convex::{
    function::FunctionPath,
    protocol::{
        ClientMessage, Credential, FunctionCall, FunctionResponse, QuerySetModification,
        ServerMessage, StateModification, StateVersion, Timestamp,
    },
};

#[derive(Default)]
pub(super) struct Deployment {
    pub(super) clock: u64,
    /// Tokens of these people are refused.
    pub(super) refuses: BTreeSet<String>,
    /// Who ran which mutation; each runs once.
    pub(super) ran: BTreeMap<u32, Option<String>>,
    committed: BTreeMap<u32, u64>,
    conversation: Conversation,
}

/// What is known of one connection.
#[derive(Default)]
struct Conversation {
    version: StateVersion,
    query_set: u32,
    identity_version: u32,
    identity: Option<String>,
    queries: BTreeMap<u32, FunctionPath>,
    changed: BTreeSet<u32>,
}

impl Deployment {
    pub(super) fn new_conversation(&mut self) {
        self.conversation = Conversation::default();
    }

    /// Takes in what the client has sent; says whether the connection is still good.
    pub(super) fn serve(&mut self, driver: &mut Driver) -> bool {
        let messages: Vec<_> = driver.sent.drain(..).collect();
        let mut answers = Vec::new();
        for message in messages {
            match message {
                ClientMessage::Connect {
                    max_observed_timestamp,
                    ..
                } => {
                    assert!(
                        max_observed_timestamp <= Some(Timestamp(self.clock)),
                        "a future was seen"
                    );
                }
                ClientMessage::ModifyQuerySet {
                    base_version,
                    new_version,
                    modifications,
                } => {
                    assert_eq!(base_version, self.conversation.query_set);
                    self.conversation.query_set = new_version;
                    modifications
                        .iter()
                        .for_each(|modification| self.modify(modification));
                }
                ClientMessage::Authenticate {
                    base_version,
                    credential,
                } => {
                    assert_eq!(base_version, self.conversation.identity_version);
                    let identity = subject(&credential);
                    if identity
                        .as_ref()
                        .is_some_and(|person| self.refuses.contains(person))
                    {
                        let base = self.conversation.version.identity;
                        driver.receives(&auth_error("Could not verify token", base, Some(true)));
                        return false;
                    }
                    self.conversation.identity_version += 1;
                    self.conversation.identity = identity;
                    self.conversation.changed = self.conversation.queries.keys().copied().collect();
                }
                ClientMessage::Mutation(call) => answers.push(self.mutate(&call)),
                ClientMessage::Action(call) => {
                    answers.push(ServerMessage::ActionResponse(done(call.request_id, None)))
                }
                ClientMessage::Event { .. } => {}
            }
        }
        answers.iter().for_each(|answer| driver.receives(answer));
        self.step(driver);
        true
    }

    fn modify(&mut self, modification: &QuerySetModification) {
        match modification {
            QuerySetModification::Add {
                query_id, udf_path, ..
            } => {
                let before = self
                    .conversation
                    .queries
                    .insert(*query_id, udf_path.clone());
                assert_eq!(before, None, "added twice");
                self.conversation.changed.insert(*query_id);
            }
            QuerySetModification::Remove { query_id } => {
                assert!(
                    self.conversation.queries.remove(query_id).is_some(),
                    "removed without being there"
                );
                self.conversation.changed.remove(query_id);
            }
        }
    }

    fn mutate(&mut self, call: &FunctionCall) -> ServerMessage {
        let identity = self.conversation.identity.clone();
        let clock = &mut self.clock;
        let ts = *self.committed.entry(call.request_id).or_insert_with(|| {
            *clock += 1;
            self.ran.insert(call.request_id, identity);
            *clock
        });
        ServerMessage::MutationResponse(done(call.request_id, Some(ts)))
    }

    /// Tells the client where everything is now.
    fn step(&mut self, driver: &mut Driver) {
        let Conversation {
            version,
            query_set,
            identity_version,
            identity,
            queries,
            changed,
        } = &mut self.conversation;
        self.clock += 1;
        let end = StateVersion {
            query_set: *query_set,
            identity: *identity_version,
            ts: Timestamp(self.clock),
        };
        let modifications = std::mem::take(changed)
            .into_iter()
            .map(|query_id| {
                let needs_person = queries[&query_id].as_str().starts_with("authenticated");
                assert!(
                    !needs_person || identity.is_some(),
                    "asked for a person without naming one"
                );
                StateModification::QueryUpdated {
                    query_id,
                    value: json!({ "seen by": identity }).into(),
                    log_lines: Vec::new(),
                    journal: None,
                }
            })
            .collect();
        let start = std::mem::replace(version, end);
        driver.receives(&transition(start, end, modifications));
    }
}

fn done(request_id: u32, ts: Option<u64>) -> FunctionResponse {
    FunctionResponse {
        request_id,
        success: true,
        result: Value::Null.into(),
        ts: ts.map(Timestamp),
        log_lines: Vec::new(),
        error_data: None,
    }
}

fn subject(credential: &Credential) -> Option<String> {
    let Credential::User { value } = credential else {
        return None;
    };
    let claims = URL_SAFE_NO_PAD
        .decode(value.split('.').nth(1).unwrap())
        .unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    Some(claims["sub"].as_str().unwrap().to_owned())
}
