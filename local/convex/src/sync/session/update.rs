//! Updates: every query that may have changed is run at one state of the database, and the client gets the differences
//! in one transition.

use super::requests::component_refusal;
use super::{Answer, Close, Effect, Now, Session};
use crate::sync::backend::{FunctionCall, QueryCall, Rights, SystemError};
use crate::sync::protocol::{
    FunctionReference, QueryId, QuerySetModification, ServerMessage, StateModification,
    StateVersion, Transition,
};
use crate::values::Timestamp;

/// A subscribed query.
#[derive(Debug)]
pub(super) struct Query<A> {
    function: FunctionReference,
    /// Whether it is never run.
    refused: bool,
    journal: Option<String>,
    /// What the client was sent last, or something equal to it.
    answer: Option<A>,
}

/// A transition in the making. While there is one, changes wait for the next.
#[derive(Debug)]
pub(super) struct Update<A> {
    end: StateVersion,
    modifications: Vec<StateModification>,
    /// What the queries gave, when all is there and only the response of a mutation is waited for.
    held: Option<Vec<(QueryId, A)>>,
}

impl<A> Update<A> {
    pub(super) fn is_held(&self) -> bool {
        self.held.is_some()
    }
}

impl<I: Rights, A: Answer> Session<I, A> {
    pub(super) fn begin_update(
        &mut self,
        target: Timestamp,
        now: Now,
        effects: &mut Vec<Effect<I>>,
    ) {
        if !self.update_due() {
            return;
        }
        let identity = self.identity.clone();
        if !self.still_valid(&identity, now, effects) {
            return;
        }
        self.update_due = false;
        let modifications = self.apply_changes();
        let calls = self.calls(target, &identity);
        self.identity_changed = false;
        let owed = std::mem::take(&mut self.transition_owed) | self.response_followed_by.is_some();
        if calls.is_empty() && modifications.is_empty() && !owed {
            return;
        }
        self.update = Some(Update {
            end: StateVersion {
                query_set: self.accepted_query_set,
                identity: self.accepted_identity,
                ts: target.max(self.sent.ts),
            },
            modifications,
            held: None,
        });
        if calls.is_empty() {
            self.computed(Ok(Vec::new()), now, effects);
        } else {
            effects.push(Effect::ComputeUpdate(calls));
        }
    }

    /// Brings the set of queries up to date, and tells what the client learns of that at once.
    fn apply_changes(&mut self) -> Vec<StateModification> {
        let mut modifications = Vec::new();
        let mut refused = Vec::new();
        for change in std::mem::take(&mut self.changes) {
            match change {
                QuerySetModification::Add {
                    query_id,
                    function,
                    journal,
                } => {
                    let refusal = component_refusal(&function);
                    let query = Query {
                        function,
                        refused: refusal.is_some(),
                        journal,
                        answer: None,
                    };
                    self.queries.insert(query_id, query);
                    refused.extend(refusal.map(|failure| (query_id, failure)));
                }
                QuerySetModification::Remove { query_id } => {
                    self.queries.remove(&query_id);
                    modifications.push(StateModification::Removed { query_id });
                }
            }
        }
        refused.retain(|(query_id, _)| self.queries.contains_key(query_id));
        modifications.extend(refused.into_iter().map(|(query_id, failure)| {
            StateModification::Failed {
                query_id,
                error_message: failure.message,
                error_data: failure.data,
                log_lines: Vec::new(),
                journal: None,
            }
        }));
        modifications
    }

    /// The queries whose answers do not hold at `target`, or not for this identity.
    fn calls(&self, target: Timestamp, identity: &I) -> Vec<(QueryId, QueryCall<I>)> {
        let stale = |query: &&Query<A>| {
            !query.refused
                && (self.identity_changed
                    || query
                        .answer
                        .as_ref()
                        .is_none_or(|answer| !answer.valid_at(target)))
        };
        self.queries
            .iter()
            .filter(|(_, query)| stale(query))
            .map(|(id, query)| (*id, query.call(identity)))
            .collect()
    }

    pub(super) fn computed(
        &mut self,
        result: Result<Vec<(QueryId, A)>, SystemError>,
        now: Now,
        effects: &mut Vec<Effect<I>>,
    ) {
        let answers = match result {
            Ok(answers) => answers,
            Err(error) => return self.close(effects, Close::from(&error)),
        };
        let Some(update) = self.update.as_mut() else {
            return;
        };
        update.held = Some(answers);
        // The running mutation's commit may be in here already. Its response has to come first: else the page shows the
        // new state with the optimistic update still on top.
        if self.running_mutation.is_none() || update.end.ts == self.sent.ts {
            self.finish_update(now, effects);
        }
    }

    /// Sends the transition that is held, if one is.
    pub(super) fn finish_update(&mut self, now: Now, effects: &mut Vec<Effect<I>>) {
        let Some(update) = self.update.take_if(|update| update.is_held()) else {
            return;
        };
        let mut modifications = update.modifications;
        for (id, answer) in update.held.into_iter().flatten() {
            if let Some(query) = self.queries.get_mut(&id) {
                modifications.extend(query.take(id, answer));
            }
        }
        // One that was computed while the request ran, and is sent after its response, is as good as another.
        if self.response_followed_by <= Some(update.end.ts) {
            self.response_followed_by = None;
        }
        self.update_due |= self.response_followed_by.is_some();
        let transition = Transition {
            start_version: std::mem::replace(&mut self.sent, update.end),
            end_version: update.end,
            modifications,
            client_clock_skew: self.clock_skew,
            server_ts: self.clock_skew.map(|_| now.nanoseconds),
        };
        effects.push(Effect::Send(ServerMessage::Transition(transition)));
    }
}

impl<A: Answer> Query<A> {
    fn call<I: Clone>(&self, identity: &I) -> QueryCall<I> {
        QueryCall {
            function: FunctionCall {
                path: self.function.udf_path.clone(),
                arguments: self.function.args.clone(),
                identity: identity.clone(),
            },
            journal: self.journal.clone(),
        }
    }

    /// Keeps a new answer. The client hears of it only when it differs.
    fn take(&mut self, id: QueryId, answer: A) -> Option<StateModification> {
        let same = self
            .answer
            .as_ref()
            .is_some_and(|last| last.hash() == answer.hash());
        let modification = (!same).then(|| answer.modification(id));
        self.journal = answer.journal().map(str::to_owned);
        self.answer = Some(answer);
        modification
    }
}
