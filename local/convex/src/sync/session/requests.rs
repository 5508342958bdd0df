//! Mutations, one after another, and actions, side by side.

use super::{Answer, Close, Effect, Now, Session};
use crate::sync::backend::{
    ActionResult, CallError, FunctionCall, FunctionFailure, MutationResult, RequestKey, Rights,
    SystemError, SystemErrorKind,
};
use crate::sync::protocol::{FunctionReference, JsonText, Outcome, RequestId, ServerMessage};
use crate::values::Timestamp;

/// A mutation that waits for its turn, with the identity of the moment it was sent.
#[derive(Debug)]
pub(super) struct Request<I> {
    id: RequestId,
    function: FunctionReference,
    identity: I,
}

impl<I: Rights, A: Answer> Session<I, A> {
    pub(super) fn queue_mutation(
        &mut self,
        id: RequestId,
        function: FunctionReference,
        now: Now,
        effects: &mut Vec<Effect<I>>,
    ) {
        if self.mutations.len() >= self.maximum_mutations {
            return self.close(effects, Close::overloaded("TooManyConcurrentMutations"));
        }
        self.mutations.push_back(Request {
            id,
            function,
            identity: self.identity.clone(),
        });
        self.next_mutation(now, effects);
    }

    fn next_mutation(&mut self, now: Now, effects: &mut Vec<Effect<I>>) {
        while self.running_mutation.is_none()
            && let Some(request) = self.mutations.pop_front()
        {
            if !self.still_valid(&request.identity, now, effects) {
                return;
            }
            match call(request.function, request.identity) {
                Ok(call) => {
                    self.running_mutation = Some(request.id);
                    let session = self.id.clone();
                    effects.push(Effect::RunMutation {
                        request: request.id,
                        call,
                        key: session.map(|session| RequestKey {
                            session,
                            request: request.id,
                        }),
                    });
                }
                Err(failure) => {
                    effects.push(mutation_failed(request.id, failure, Vec::new()));
                    self.owe_transition_after_response(Timestamp::ZERO);
                }
            }
        }
    }

    pub(super) fn mutation_finished(
        &mut self,
        request: RequestId,
        result: MutationResult,
        now: Now,
        effects: &mut Vec<Effect<I>>,
    ) {
        if self.running_mutation != Some(request) {
            return;
        }
        self.running_mutation = None;
        let commit = result
            .outcome
            .as_ref()
            .map_or(Timestamp::ZERO, |(_, timestamp)| *timestamp);
        effects.push(match result.outcome {
            Ok((value, timestamp)) => Effect::Send(ServerMessage::MutationResponse {
                request_id: request,
                outcome: Outcome::Success(JsonText(value)),
                ts: Some(timestamp),
                log_lines: result.log_lines,
            }),
            Err(error) => match told(error) {
                Ok(failure) => mutation_failed(request, failure, result.log_lines),
                Err(error) => return self.close(effects, Close::from(&error)),
            },
        });
        self.owe_transition_after_response(commit);
        self.finish_update(now, effects);
        self.next_mutation(now, effects);
    }

    pub(super) fn start_action(
        &mut self,
        request: RequestId,
        function: FunctionReference,
        now: Now,
        effects: &mut Vec<Effect<I>>,
    ) {
        if self.running_actions >= self.maximum_actions {
            return self.close(effects, Close::overloaded("TooManyConcurrentRequests"));
        }
        let identity = self.identity.clone();
        if !self.still_valid(&identity, now, effects) {
            return;
        }
        match call(function, identity) {
            Ok(call) => {
                self.running_actions += 1;
                effects.push(Effect::RunAction { request, call });
            }
            Err(failure) => {
                effects.push(action_responded(
                    request,
                    Outcome::from(failure),
                    Vec::new(),
                ));
                self.owe_transition_after_response(Timestamp::ZERO);
            }
        }
    }

    pub(super) fn action_finished(
        &mut self,
        request: RequestId,
        result: ActionResult,
        effects: &mut Vec<Effect<I>>,
    ) {
        self.running_actions = self.running_actions.saturating_sub(1);
        let outcome = match result.outcome {
            Ok(value) => Outcome::Success(JsonText(value)),
            Err(error) => match told(error) {
                Ok(failure) => Outcome::from(failure),
                Err(error) => return self.close(effects, Close::from(&error)),
            },
        };
        effects.push(action_responded(request, outcome, result.log_lines));
        self.owe_transition_after_response(Timestamp::ZERO);
    }
}

/// What has to be run, unless it is in a component, of which this deployment has none.
fn call<I>(function: FunctionReference, identity: I) -> Result<FunctionCall<I>, FunctionFailure> {
    match component_refusal(&function) {
        Some(failure) => Err(failure),
        None => Ok(FunctionCall {
            path: function.udf_path,
            arguments: function.args,
            identity,
        }),
    }
}

pub(super) fn component_refusal(function: &FunctionReference) -> Option<FunctionFailure> {
    let component = function.component_path.as_deref()?;
    (!component.is_empty()).then(|| FunctionFailure {
        message: format!(
            "Components are not supported by the local deployment: `{}` of the component `{component}` was called",
            function.udf_path
        ),
        data: None,
    })
}

/// Divides what is the caller's to know from what ends the connection.
fn told(error: CallError) -> Result<FunctionFailure, SystemError> {
    match error {
        CallError::Function(failure) => Ok(failure),
        CallError::System(error) if error.kind == SystemErrorKind::BadRequest => {
            Ok(FunctionFailure {
                message: error.to_string(),
                data: None,
            })
        }
        CallError::System(error) => Err(error),
    }
}

impl From<FunctionFailure> for Outcome {
    fn from(failure: FunctionFailure) -> Self {
        Self::Failure {
            message: failure.message,
            data: failure.data,
        }
    }
}

fn mutation_failed<I>(
    request_id: RequestId,
    failure: FunctionFailure,
    log_lines: Vec<String>,
) -> Effect<I> {
    Effect::Send(ServerMessage::MutationResponse {
        request_id,
        outcome: Outcome::from(failure),
        ts: None,
        log_lines,
    })
}

fn action_responded<I>(
    request_id: RequestId,
    outcome: Outcome,
    log_lines: Vec<String>,
) -> Effect<I> {
    Effect::Send(ServerMessage::ActionResponse {
        request_id,
        outcome,
        log_lines,
    })
}
