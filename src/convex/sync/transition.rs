//! What the deployment says, taken in.

use std::sync::Arc;

use super::{Moment, QueryResult, Report, SyncClient, effect::Effect, requests::Settled};
use crate::convex::{
    error::{FunctionError, ProtocolError, RequestError},
    function::{FunctionKind, FunctionPath},
    protocol::{FunctionResponse, ServerMessage, StateModification, Timestamp, Transition},
    values::EncodedValue,
};

impl SyncClient {
    pub(super) fn socket_message(&mut self, text: &str, moment: Moment) {
        self.heard(moment);
        let taken = ServerMessage::from_json(text).and_then(|message| self.take(message, moment));
        if let Err(error) = taken {
            self.report(Report::Protocol(error));
            self.drop_socket("InvalidServerMessage", moment);
        } else if self.connection.introduced && self.has_caught_up() {
            self.connection.caught_up();
        }
    }

    fn has_caught_up(&self) -> bool {
        self.queries.has_caught_up() && self.requests.has_caught_up() && self.auth.has_caught_up()
    }

    fn take(&mut self, message: ServerMessage, moment: Moment) -> Result<(), ProtocolError> {
        if !matches!(
            message,
            ServerMessage::TransitionChunk(_) | ServerMessage::Ping
        ) {
            self.chunks.interrupt()?;
        }
        match message {
            ServerMessage::Transition(transition) => self.transition(transition, moment)?,
            ServerMessage::TransitionChunk(part) => {
                if let Some(text) = self.chunks.add(&part)? {
                    let ServerMessage::Transition(transition) = ServerMessage::from_json(&text)?
                    else {
                        return Err(ProtocolError::Chunks("together they are no transition"));
                    };
                    self.transition(transition, moment)?;
                }
            }
            ServerMessage::MutationResponse(response) => self.response(response),
            ServerMessage::ActionResponse(response) => self.response(FunctionResponse {
                ts: None,
                ..response
            }),
            ServerMessage::AuthError {
                error,
                base_version,
                auth_update_attempted,
            } => {
                self.auth_error(error, base_version, auth_update_attempted, moment);
            }
            ServerMessage::FatalError { error } => self.terminate(error),
            ServerMessage::Ping | ServerMessage::Unknown => {}
        }
        Ok(())
    }

    fn transition(&mut self, transition: Transition, moment: Moment) -> Result<(), ProtocolError> {
        let Transition {
            start_version: start,
            end_version: end,
            modifications,
            client_clock_skew,
            ..
        } = transition;
        if start != self.version {
            return Err(ProtocolError::VersionMismatch);
        }
        self.version = end;
        self.observe(end.ts);
        if let Some(skew_ms) = client_clock_skew {
            self.clock_skew_ms = skew_ms;
        }
        self.identity_moved(start, end, moment);
        for modification in modifications {
            self.modification(modification);
        }
        let settled = self.requests.visible(end.ts);
        self.finish(settled);
        self.flush(moment);
        Ok(())
    }

    fn modification(&mut self, modification: StateModification) {
        match modification {
            StateModification::QueryUpdated {
                query_id,
                value,
                log_lines,
                journal,
            } => {
                self.query_answered(query_id, log_lines, journal, |_| Ok(value));
            }
            StateModification::QueryFailed {
                query_id,
                error_message,
                log_lines,
                error_data,
                journal,
            } => {
                self.query_answered(query_id, log_lines, journal, |path| {
                    Err(FunctionError::new(
                        FunctionKind::Query,
                        path.clone(),
                        error_message,
                        error_data,
                    ))
                });
            }
            StateModification::QueryRemoved { query_id } => {
                self.queries.answered(query_id, None, |_| None)
            }
        }
    }

    fn query_answered(
        &mut self,
        id: u32,
        log_lines: Vec<String>,
        journal: Option<String>,
        outcome: impl FnOnce(&FunctionPath) -> Result<EncodedValue, FunctionError>,
    ) {
        let mut logged = None;
        self.queries.answered(id, journal, |path| {
            if !log_lines.is_empty() {
                logged = Some((path.clone(), log_lines.clone()));
            }
            Some(Arc::new(QueryResult {
                outcome: outcome(path),
                log_lines,
            }))
        });
        if let Some((path, lines)) = logged {
            self.log(FunctionKind::Query, &path, &lines);
        }
    }

    fn response(&mut self, response: FunctionResponse) {
        if let (true, Some(ts)) = (response.success, response.ts) {
            self.observe(ts);
        }
        if let Some(request) = self.requests.find(response.request_id) {
            let (kind, path) = (request.kind, request.path.clone());
            self.log(kind, &path, &response.log_lines);
        }
        if let Some(settled) = self.requests.answered(response) {
            self.finish(vec![settled]);
        }
    }

    fn observe(&mut self, ts: Timestamp) {
        self.observed = self.observed.max(Some(ts));
    }

    /// Shows what is left when these calls are finished, and tells their callers: in one step, so that whoever waited for a
    /// mutation reads its effects.
    pub(super) fn finish(&mut self, settled: Vec<Settled>) {
        let finished: Vec<_> = settled.iter().map(|(id, _)| *id).collect();
        self.optimistic.drop_layers(&finished);
        let (changed, failures) = self.optimistic.rebuild(&mut self.queries);
        if !changed.is_empty() {
            self.effects.push(Effect::QueriesChanged(changed));
        }
        for failure in failures {
            self.report(Report::OptimisticUpdate(failure));
        }
        for (id, result) in settled {
            self.effects.push(Effect::RequestSettled { id, result });
        }
    }

    pub(super) fn terminate(&mut self, reason: String) {
        self.end_socket();
        let settled = self
            .requests
            .settle_all(&RequestError::Terminated(reason.clone()));
        self.finish(settled);
        self.effects.push(Effect::Terminated(reason));
    }

    pub(super) fn report(&mut self, report: Report) {
        self.effects.push(Effect::Report(report));
    }

    fn log(&mut self, kind: FunctionKind, path: &FunctionPath, lines: &[String]) {
        if !lines.is_empty() {
            self.report(Report::Logs {
                kind,
                path: path.clone(),
                lines: lines.to_vec(),
            });
        }
    }
}
