//! Mutations and actions, from the call to the answer.

use std::{borrow::Cow, sync::Arc};

use litemap::LiteMap;
use serde_json::Value;

use super::{RequestId, Scope};
use crate::convex::{
    error::{FunctionError, RequestError},
    function::{FunctionKind, FunctionPath},
    json::string,
    protocol::{ClientMessage, FunctionCall, FunctionResponse, Timestamp},
    values::EncodedValue,
};

/// A call whose caller still waits.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) kind: FunctionKind,
    pub(super) path: FunctionPath,
    arguments: Arc<Value>,
    scope: Scope,
    state: RequestState,
    since_ms: i64,
    /// Whether the identity that made it is still the one in force: nobody may run it in another's name.
    current: bool,
}

#[derive(Debug, PartialEq)]
enum RequestState {
    NotSent,
    Requested,
    /// Done, but its effects are not visible yet.
    Completed {
        ts: Timestamp,
        value: EncodedValue,
    },
}

/// A finished call.
pub(super) type Settled = (RequestId, Result<EncodedValue, RequestError>);

/// The calls in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Requests {
    requests: LiteMap<RequestId, Request>,
    next: u32,
    /// Made before this connection and not finished.
    outstanding: LiteMap<RequestId, ()>,
}

impl Requests {
    pub(super) fn new_id(&mut self) -> RequestId {
        let id = RequestId(self.next);
        self.next += 1;
        id
    }

    pub(super) fn add(
        &mut self,
        id: RequestId,
        kind: FunctionKind,
        path: FunctionPath,
        arguments: Value,
        scope: Scope,
        now_ms: i64,
    ) {
        let request = Request {
            kind,
            path,
            arguments: Arc::new(arguments),
            scope,
            state: RequestState::NotSent,
            since_ms: now_ms,
            current: true,
        };
        self.requests.insert(id, request);
    }

    /// What has not been sent and may be.
    pub(super) fn unsent(&mut self, authenticated: bool) -> Vec<ClientMessage> {
        self.requests
            .iter_mut()
            .filter(|(_, request)| {
                request.state == RequestState::NotSent
                    && (authenticated || request.scope == Scope::Public)
            })
            .map(|(id, request)| {
                request.state = RequestState::Requested;
                message(*id, request)
            })
            .collect()
    }

    /// For a new connection: every mutation again, which the deployment knows by its id, and what was never sent. An action
    /// that was sent may have run, and so may a mutation of somebody else: they are lost.
    pub(super) fn replay(&mut self, authenticated: bool) -> (Vec<ClientMessage>, Vec<Settled>) {
        let lost: Vec<_> = self
            .requests
            .iter()
            .filter(|(_, request)| {
                request.state == RequestState::Requested
                    && (request.kind == FunctionKind::Action || !request.current)
            })
            .map(|(id, _)| *id)
            .collect();
        let settled = lost
            .into_iter()
            .filter_map(|id| {
                let Request { kind, path, .. } = self.requests.remove(&id)?;
                Some((id, Err(RequestError::ConnectionLost { kind, path })))
            })
            .collect();
        let mut messages = Vec::new();
        for (id, request) in &mut self.requests {
            if request.current && (authenticated || request.scope == Scope::Public) {
                if request.state == RequestState::NotSent {
                    request.state = RequestState::Requested;
                }
                messages.push(message(*id, request));
            }
        }
        self.outstanding.clear();
        for (id, request) in &self.requests {
            if request.state != RequestState::NotSent {
                self.outstanding.insert(*id, ());
            }
        }
        (messages, settled)
    }

    /// Takes the answer to a call. A mutation that succeeded waits for a transition that shows its effects.
    pub(super) fn answered(&mut self, response: FunctionResponse) -> Option<Settled> {
        let id = RequestId(response.request_id);
        let request = self.requests.get_mut(&id)?;
        if matches!(request.state, RequestState::Completed { .. }) {
            return None;
        }
        if let (true, FunctionKind::Mutation, Some(ts)) =
            (response.success, request.kind, response.ts)
        {
            request.state = RequestState::Completed {
                ts,
                value: response.result,
            };
            return None;
        }
        let Request { kind, path, .. } = self.remove(id)?;
        if response.success {
            return Some((id, Ok(response.result)));
        }
        let text = response.result.as_json();
        let message = string(text).map_or_else(|| text.to_owned(), Cow::into_owned);
        let error = FunctionError::new(kind, path, message, response.error_data);
        Some((id, Err(error.into())))
    }

    /// The data is as of `ts` now: mutations up to then are visible.
    pub(super) fn visible(&mut self, ts: Timestamp) -> Vec<Settled> {
        let done: Vec<_> = self
            .requests
            .iter()
            .filter(|(_, request)| matches!(request.state, RequestState::Completed { ts: done, .. } if done <= ts))
            .map(|(id, _)| *id)
            .collect();
        done.into_iter()
            .filter_map(|id| match self.remove(id)?.state {
                RequestState::Completed { value, .. } => Some((id, Ok(value))),
                RequestState::NotSent | RequestState::Requested => None,
            })
            .collect()
    }

    /// The identity in force has changed: what was not sent never will be, and nothing is sent again.
    pub(super) fn identity_changed(&mut self) -> Vec<Settled> {
        for (_, request) in &mut self.requests {
            request.current = false;
        }
        self.settle_where(
            |request| request.state == RequestState::NotSent,
            &RequestError::IdentityChanged,
        )
    }

    /// Calls that need a confirmed identity, and will not get one.
    pub(super) fn refuse_authenticated(&mut self, error: &RequestError) -> Vec<Settled> {
        self.settle_where(
            |request| {
                request.scope == Scope::Authenticated
                    && !matches!(request.state, RequestState::Completed { .. })
            },
            error,
        )
    }

    pub(super) fn settle_all(&mut self, error: &RequestError) -> Vec<Settled> {
        self.settle_where(|_| true, error)
    }

    fn settle_where(
        &mut self,
        matches: impl Fn(&Request) -> bool,
        error: &RequestError,
    ) -> Vec<Settled> {
        let ids: Vec<_> = self
            .requests
            .iter()
            .filter(|(_, request)| matches(request))
            .map(|(id, _)| *id)
            .collect();
        ids.into_iter()
            .filter_map(|id| self.remove(id).map(|_| (id, Err(error.clone()))))
            .collect()
    }

    fn remove(&mut self, id: RequestId) -> Option<Request> {
        self.outstanding.remove(&id);
        self.requests.remove(&id)
    }

    pub(super) fn find(&self, id: u32) -> Option<&Request> {
        self.requests.get(&RequestId(id))
    }

    pub(super) fn has_caught_up(&self) -> bool {
        self.outstanding.is_empty()
    }

    pub(super) fn count(&self, kind: FunctionKind) -> usize {
        self.requests
            .values()
            .filter(|request| request.kind == kind)
            .count()
    }

    pub(super) fn oldest_ms(&self) -> Option<i64> {
        self.requests.values().map(|request| request.since_ms).min()
    }

    /// Whether something would be lost if the page were closed now.
    pub(super) fn has_unsaved(&self) -> bool {
        self.requests
            .values()
            .any(|request| !matches!(request.state, RequestState::Completed { .. }))
    }
}

fn message(id: RequestId, request: &Request) -> ClientMessage {
    let call = FunctionCall {
        request_id: id.0,
        udf_path: request.path.clone(),
        args: vec![request.arguments.as_ref().clone()],
    };
    match request.kind {
        FunctionKind::Action => ClientMessage::Action(call),
        FunctionKind::Query | FunctionKind::Mutation => ClientMessage::Mutation(call),
    }
}
