//! Mutations: tried on the newest data, committed when nothing they read has changed, else run again undisturbed.

use std::sync::Arc;

use super::transaction_host::TransactionHostState;
use super::workers::Worker;
use super::{Call, CallError, Code, Functions, MutationResult, log, random_bytes};
use crate::database::{CommitError, Transaction};
use crate::runtime::{FunctionKind, Invocation};
use crate::values::Timestamp;

/// What a client counts its mutations by: its session and the number of the request.
pub(crate) type RequestKey = (String, u32);

/// A mutation that ran and is not committed.
struct Staged {
    outcome: Result<Arc<str>, CallError>,
    log_lines: Vec<String>,
    transaction: Transaction,
    /// Files to remove once the commit is durable.
    removed_files: Vec<crate::values::DocumentId>,
}

impl Functions {
    /// Runs a mutation. With a request key, a request that was committed before is answered, not run again.
    pub(crate) async fn mutation(&self, call: &Call, request: Option<RequestKey>) -> MutationResult {
        if let Some((session, number)) = &request
            && let Some(stored) = self.0.database.stored_request(session, *number)
        {
            return MutationResult {
                outcome: Ok((Arc::from(stored.result), stored.timestamp)),
                log_lines: Vec::new(),
            };
        }
        let prepare = move |transaction: &mut Transaction, result: &Arc<str>| {
            if let Some((session, number)) = &request {
                transaction.record_request(session, *number, result.to_string());
            }
            Ok(())
        };
        self.mutation_with(call, Arc::new(prepare)).await
    }

    /// Runs a mutation and, in its transaction, `afterwards` with its result.
    pub(crate) async fn mutation_with(&self, call: &Call, afterwards: Afterwards) -> MutationResult {
        let result = self.run_mutation(call, afterwards).await;
        let error = result.outcome.as_ref().err();
        log::finished(FunctionKind::Mutation, &call.path, &call.request_id, &result.log_lines, error);
        result
    }

    async fn run_mutation(&self, call: &Call, afterwards: Afterwards) -> MutationResult {
        let staged = self.stage(call, &afterwards).await;
        let failed = |error| MutationResult { outcome: Err(error), log_lines: Vec::new() };
        let staged = match staged {
            Ok(staged) => staged,
            Err(error) => return failed(error),
        };
        match self.commit(staged).await {
            Ok(result) => result,
            Err(CommitError::Conflict) => match self.rerun(call, &afterwards).await {
                Ok(result) => result,
                Err(error) => failed(error),
            },
            Err(error) => failed(CallError::Internal(error.to_string())),
        }
    }

    /// Runs a mutation again while nobody else commits, so that it cannot conflict.
    async fn rerun(&self, call: &Call, afterwards: &Afterwards) -> Result<MutationResult, CallError> {
        let exclusive = self.0.database.exclusive().await;
        let staged = self.stage(call, afterwards).await?;
        let Staged { outcome, log_lines, transaction, removed_files } = staged;
        let outcome = match outcome {
            Ok(value) => {
                let timestamp = self
                    .0
                    .database
                    .commit_exclusive(exclusive, transaction)
                    .await
                    .map_err(|error| CallError::Internal(error.to_string()))?;
                self.0.files.remove(&removed_files);
                Ok((value, timestamp))
            }
            Err(error) => Err(error),
        };
        Ok(MutationResult { outcome, log_lines })
    }

    async fn stage(&self, call: &Call, afterwards: &Afterwards) -> Result<Staged, CallError> {
        let (functions, code) = (self.clone(), self.code());
        let (call, afterwards) = (call.clone(), Arc::clone(afterwards));
        self.0
            .workers
            .run(move |worker| {
                let transaction = functions.0.database.begin();
                run(&functions, worker, &code, &call, transaction, &afterwards)
            })
            .await
    }

    async fn commit(&self, staged: Staged) -> Result<MutationResult, CommitError> {
        let Staged { outcome, log_lines, transaction, removed_files } = staged;
        let outcome = match outcome {
            Ok(value) => {
                let timestamp: Timestamp = self.0.database.commit(transaction).await?;
                self.0.files.remove(&removed_files);
                Ok((value, timestamp))
            }
            Err(error) => Err(error),
        };
        Ok(MutationResult { outcome, log_lines })
    }
}

/// What else belongs in a mutation's transaction once it has succeeded.
pub(crate) type Afterwards =
    Arc<dyn Fn(&mut Transaction, &Arc<str>) -> Result<(), CallError> + Send + Sync>;

fn run(
    functions: &Functions,
    worker: &mut Worker,
    code: &Arc<Code>,
    call: &Call,
    transaction: Transaction,
    afterwards: &Afterwards,
) -> Staged {
    let mut host = TransactionHostState::new(functions.clone(), Arc::clone(code), transaction, call);
    let mut log_lines = Vec::new();
    let outcome = code
        .find(&call.path, FunctionKind::Mutation, call.caller)
        .and_then(|function| {
            function.check_arguments(&call.arguments, &host.tables())?;
            Ok(function)
        })
        .map_err(CallError::from)
        .and_then(|function| {
            let invocation = Invocation {
                kind: FunctionKind::Mutation,
                path: call.path.clone(),
                arguments: format!("[{}]", call.arguments),
                request_id: call.request_id.clone(),
                now_milliseconds: host.now_milliseconds(),
                seed: random_bytes(),
            };
            host.enter(FunctionKind::Mutation, &call.path);
            let execution = worker.engine(code)?.transact(&invocation, &mut host);
            log_lines = execution.log_lines;
            let returned = execution.result?;
            function.check_returned(&returned, &host.tables())?;
            Ok(Arc::<str>::from(returned))
        });
    let removed_files = host.removed_files();
    let (mut transaction, _) = host.finish();
    let outcome = outcome.and_then(|value| {
        afterwards(&mut transaction, &value)?;
        Ok(value)
    });
    Staged { outcome, log_lines, transaction, removed_files }
}
