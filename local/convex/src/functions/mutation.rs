//! Mutations: tried on the newest data, committed when nothing they read has changed, else run again undisturbed.

use std::sync::Arc;

use super::execute::{Executed, execute};
use super::{Call, CallError, Functions, MutationResult, log};
use crate::database::{CommitError, ExclusiveGuard, Transaction};
use crate::runtime::FunctionKind;

/// What a client counts its mutations by: its session and the number of the request.
pub(crate) type RequestKey = (String, u32);

impl Functions {
    /// Runs a mutation. With a request key, a request that was committed before is answered, not run again.
    pub(crate) async fn mutation(
        &self,
        call: &Call,
        request: Option<RequestKey>,
    ) -> MutationResult {
        if let Some((session, number)) = &request
            && let Some(stored) = self.0.database.stored_request(session, *number)
        {
            return MutationResult {
                outcome: Ok((stored.result, stored.timestamp)),
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
    pub(crate) async fn mutation_with(
        &self,
        call: &Call,
        afterwards: Afterwards,
    ) -> MutationResult {
        let result = self.run_mutation(call, afterwards).await;
        let error = result.outcome.as_ref().err();
        log::finished(
            FunctionKind::Mutation,
            &call.path,
            &call.request_id,
            &result.log_lines,
            error,
        );
        result
    }

    async fn run_mutation(&self, call: &Call, afterwards: Afterwards) -> MutationResult {
        let result = async {
            let staged = self.stage(call, &afterwards).await?;
            match self.finish(staged, None).await {
                Err(CommitError::Conflict) => {}
                finished => return finished.map_err(CallError::from),
            }
            // Nobody else commits meanwhile, so that this time it cannot conflict.
            let exclusive = self.0.database.exclusive().await;
            let staged = self.stage(call, &afterwards).await?;
            Ok(self.finish(staged, Some(exclusive)).await?)
        };
        result.await.unwrap_or_else(|error| MutationResult {
            outcome: Err(error),
            log_lines: Vec::new(),
        })
    }

    /// Commits what a mutation did, unless it failed.
    async fn finish(
        &self,
        staged: Executed,
        exclusive: Option<ExclusiveGuard>,
    ) -> Result<MutationResult, CommitError> {
        let Executed {
            outcome,
            log_lines,
            ended,
        } = staged;
        let outcome = match outcome {
            Ok(value) => {
                let database = &self.0.database;
                let committed = match exclusive {
                    Some(guard) => database.commit_exclusive(guard, ended.transaction).await,
                    None => database.commit(ended.transaction).await,
                };
                match committed {
                    Ok(timestamp) => {
                        self.0.files.remove(&ended.removed_files);
                        Ok((value, timestamp))
                    }
                    // The same request, sent twice, was committed while this run was under way.
                    Err(CommitError::Repeated(stored)) => Ok((stored.result, stored.timestamp)),
                    Err(error) => return Err(error),
                }
            }
            Err(error) => Err(error),
        };
        Ok(MutationResult { outcome, log_lines })
    }

    async fn stage(&self, call: &Call, afterwards: &Afterwards) -> Result<Executed, CallError> {
        let (functions, code) = (self.clone(), self.code());
        let (call, afterwards) = (call.clone(), Arc::clone(afterwards));
        self.0
            .workers
            .run(move |worker| {
                let transaction = functions.0.database.begin();
                let kind = FunctionKind::Mutation;
                let mut staged = execute(&functions, worker, &code, &call, kind, transaction)?;
                if let Ok(value) = &staged.outcome
                    && let Err(error) = afterwards(&mut staged.ended.transaction, value)
                {
                    staged.outcome = Err(error);
                }
                Ok(staged)
            })
            .await?
    }
}

/// What else belongs in a mutation's transaction once it has succeeded.
pub(crate) type Afterwards =
    Arc<dyn Fn(&mut Transaction, &Arc<str>) -> Result<(), CallError> + Send + Sync>;
