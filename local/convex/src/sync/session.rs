//! One connection as a pure machine: what happened goes in, what has to be done comes out. It knows no socket, no clock
//! and no database.

mod event;
mod requests;
#[cfg(test)]
mod tests;
mod update;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub(crate) use event::{Answer, Close, Effect, Event, Now};
use requests::Request;
use update::{Query, Update};

use super::backend::{AuthenticationFailure, Credentials, Rights};
use super::protocol::{
    ClientMessage, QueryId, QuerySetModification, RequestId, ServerMessage, StateVersion,
};
use super::settings::Settings;
use crate::values::Timestamp;

/// A connection's state. `I` is who calls, `A` the answer to a query.
#[derive(Debug)]
pub(crate) struct Session<I, A> {
    maximum_mutations: usize,
    maximum_actions: usize,
    closed: bool,
    /// From `Connect`, which one version of the npm client forgets in one case.
    id: Option<Arc<str>>,
    clock_skew: Option<i64>,
    identity: I,
    /// Versions of the query set and the identity that were accepted, transitions to which may be yet to come.
    accepted_query_set: u32,
    accepted_identity: u32,
    /// Where the last transition ended.
    sent: StateVersion,
    authenticating: bool,
    /// What came while the identity was being checked, and may depend on it.
    backlog: VecDeque<ClientMessage>,
    queries: BTreeMap<QueryId, Query<A>>,
    /// Accepted changes to `queries`, which the next update applies.
    changes: Vec<QuerySetModification>,
    /// The ids in `queries` once `changes` are applied.
    subscribed: BTreeSet<QueryId>,
    mutations: VecDeque<Request<I>>,
    running_mutation: Option<RequestId>,
    running_actions: usize,
    update: Option<Update<A>>,
    /// Something may have changed for this client.
    update_due: bool,
    /// The client waits for a transition, even for an empty one.
    transition_owed: bool,
    /// A request was answered, and a transition that is not older than this has to follow.
    response_followed_by: Option<Timestamp>,
    identity_changed: bool,
}

impl<I: Rights, A: Answer> Session<I, A> {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            maximum_mutations: settings.maximum_mutations,
            maximum_actions: settings.maximum_actions,
            closed: false,
            id: None,
            clock_skew: None,
            identity: I::default(),
            accepted_query_set: 0,
            accepted_identity: 0,
            sent: StateVersion::default(),
            authenticating: false,
            backlog: VecDeque::new(),
            queries: BTreeMap::new(),
            changes: Vec::new(),
            subscribed: BTreeSet::new(),
            mutations: VecDeque::new(),
            running_mutation: None,
            running_actions: 0,
            update: None,
            update_due: false,
            transition_owed: false,
            response_followed_by: None,
            identity_changed: false,
        }
    }

    /// Takes one event. After a [`Effect::Close`] nothing has an effect any more.
    pub(crate) fn handle(&mut self, event: Event<I, A>, now: Now) -> Vec<Effect<I>> {
        let mut effects = Vec::new();
        if self.closed {
            return effects;
        }
        match event {
            Event::Message(message) if self.authenticating => self.backlog.push_back(message),
            Event::Message(message) => self.receive(message, now, &mut effects),
            Event::Malformed(error) => self.refuse(&mut effects, error),
            Event::Authenticated(result) => self.authenticated(result, now, &mut effects),
            Event::MutationFinished { request, result } => {
                self.mutation_finished(request, result, now, &mut effects);
            }
            Event::ActionFinished { request, result } => {
                self.action_finished(request, result, &mut effects);
            }
            Event::QueryInvalidated => self.update_due = true,
            Event::Snapshot(target) => self.begin_update(target, now, &mut effects),
            Event::UpdateComputed(result) => self.computed(result, now, &mut effects),
            Event::GraceOver => self.finish_update(now, &mut effects),
        }
        effects
    }

    /// Whether [`Event::Snapshot`] would begin an update.
    pub(crate) fn update_due(&self) -> bool {
        self.update_due && self.update.is_none() && !self.authenticating && !self.closed
    }

    /// Whether a computed transition waits for the response of a mutation, or for [`Event::GraceOver`].
    pub(crate) fn holds_update(&self) -> bool {
        self.update.as_ref().is_some_and(Update::is_held)
    }

    /// How many messages wait for the identity to be checked.
    pub(crate) fn backlog(&self) -> usize {
        self.backlog.len()
    }

    fn receive(&mut self, message: ClientMessage, now: Now, effects: &mut Vec<Effect<I>>) {
        match message {
            ClientMessage::Connect {
                session_id,
                max_observed_timestamp,
                client_ts,
            } => {
                if max_observed_timestamp.unwrap_or(Timestamp::ZERO) > now.latest {
                    return self.close(effects, Close::database_reset());
                }
                self.id = Some(session_id);
                // The Rust client has no clock to tell and sends zero.
                self.clock_skew = client_ts
                    .filter(|client| *client != 0)
                    .map(|client| client.saturating_sub(now.milliseconds()));
            }
            ClientMessage::ModifyQuerySet {
                base_version,
                new_version,
                modifications,
            } => self.modify_query_set(base_version, new_version, modifications, effects),
            ClientMessage::Authenticate {
                base_version,
                token,
            } => self.authenticate(base_version, token, effects),
            ClientMessage::Mutation {
                request_id,
                function,
            } => self.queue_mutation(request_id, function, now, effects),
            ClientMessage::Action {
                request_id,
                function,
            } => self.start_action(request_id, function, now, effects),
            ClientMessage::Event {} => {}
        }
    }

    fn modify_query_set(
        &mut self,
        base: u32,
        new: u32,
        modifications: Vec<QuerySetModification>,
        effects: &mut Vec<Effect<I>>,
    ) {
        if base != self.accepted_query_set {
            return self.version_mismatch(effects, "query set", base, self.accepted_query_set);
        }
        if new <= base {
            let reason = format!("the query set can't go from version {base} to {new}");
            return self.close(effects, Close::without_code(reason));
        }
        for modification in &modifications {
            let (known, id) = match modification {
                QuerySetModification::Add { query_id, .. } => {
                    (self.subscribed.insert(*query_id), *query_id)
                }
                QuerySetModification::Remove { query_id } => {
                    (self.subscribed.remove(query_id), *query_id)
                }
            };
            if !known {
                let reason = format!("query {id} is added twice, or removed without being there");
                return self.close(effects, Close::internal(&reason));
            }
        }
        self.changes.extend(modifications);
        self.accepted_query_set = new;
        self.owe_transition();
    }

    fn authenticate(&mut self, base: u32, token: Credentials, effects: &mut Vec<Effect<I>>) {
        if base != self.accepted_identity {
            return self.version_mismatch(effects, "identity", base, self.accepted_identity);
        }
        match token {
            Credentials::None => self.adopt(I::default()),
            credentials => {
                self.authenticating = true;
                effects.push(Effect::Authenticate(credentials));
            }
        }
    }

    fn authenticated(
        &mut self,
        result: Result<I, AuthenticationFailure>,
        now: Now,
        effects: &mut Vec<Effect<I>>,
    ) {
        self.authenticating = false;
        match result {
            Ok(identity) => self.adopt(identity),
            Err(failure) => return self.auth_error(effects, failure.to_string(), true),
        }
        while !self.authenticating
            && !self.closed
            && let Some(message) = self.backlog.pop_front()
        {
            self.receive(message, now, effects);
        }
    }

    fn adopt(&mut self, identity: I) {
        self.identity = identity;
        self.accepted_identity = self.accepted_identity.saturating_add(1);
        self.identity_changed = true;
        self.owe_transition();
    }

    fn owe_transition(&mut self) {
        self.update_due = true;
        self.transition_owed = true;
    }

    /// Clients settle a request with the transition after its response; a mutation's must not be older than its commit.
    fn owe_transition_after_response(&mut self, commit: Timestamp) {
        self.update_due = true;
        self.response_followed_by = self.response_followed_by.max(Some(commit));
    }

    /// Ends the connection because of a token: one that was just shown (`attempted`), or the one in use, which expired.
    fn auth_error(&mut self, effects: &mut Vec<Effect<I>>, error: String, attempted: bool) {
        effects.push(Effect::Send(ServerMessage::AuthError {
            error: error.clone(),
            base_version: self.sent.identity,
            auth_update_attempted: attempted,
        }));
        self.close(effects, Close::without_code(error));
    }

    /// Whether the work of `identity` may go on. If not, the connection is at its end.
    fn still_valid(&mut self, identity: &I, now: Now, effects: &mut Vec<Effect<I>>) -> bool {
        let valid = identity
            .expires_at_seconds()
            .is_none_or(|expiry| now.seconds() < expiry);
        if !valid {
            self.auth_error(
                effects,
                "TokenExpired: the token has expired".to_owned(),
                false,
            );
        }
        valid
    }

    fn version_mismatch(
        &mut self,
        effects: &mut Vec<Effect<I>>,
        what: &str,
        base: u32,
        accepted: u32,
    ) {
        self.refuse(
            effects,
            format!("BaseVersionMismatch: the {what} is at version {accepted}, the message builds on {base}"),
        );
    }

    /// Tells the client that it must not come back like this, and ends the connection.
    fn refuse(&mut self, effects: &mut Vec<Effect<I>>, error: String) {
        effects.push(Effect::Send(ServerMessage::FatalError {
            error: error.clone(),
        }));
        self.close(effects, Close::without_code(error));
    }

    fn close(&mut self, effects: &mut Vec<Effect<I>>, close: Close) {
        self.closed = true;
        effects.push(Effect::Close(close));
    }
}
