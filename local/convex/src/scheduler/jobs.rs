//! The rows of `_scheduled_functions`: each mutation exactly once, each action at most once.

use std::sync::Arc;

use crate::auth::Identity;
use crate::functions::{
    Call, CallError, Caller, Functions, JobState, ScheduledJob, new_request_id,
};
use crate::runtime::{FunctionKind, HostError};

/// How many due jobs are started at a time.
const BATCH: usize = 32;
/// Finished rows are kept for a week, as Convex keeps them.
const KEPT_MILLISECONDS: f64 = 7.0 * 24.0 * 3600.0 * 1000.0;

pub(super) async fn run(functions: Functions) {
    if let Err(error) = fail_interrupted(&functions).await {
        tracing::error!(
            error = error.message,
            "interrupted jobs could not be marked as failed"
        );
    }
    let mut commits = functions.database().commits();
    loop {
        commits.borrow_and_update();
        let now = functions.now_milliseconds();
        let pending = pending(&functions);
        let next = pending.first().map(|job| job.scheduled_time);
        let due: Vec<_> = pending
            .into_iter()
            .filter(|job| job.scheduled_time <= now)
            .collect();
        if due.is_empty() {
            let next_is_due = functions.clock().sleep_until(next.unwrap_or(f64::INFINITY));
            tokio::select! {
                () = next_is_due => {}
                changed = commits.changed() => if changed.is_err() { return },
            }
            continue;
        }
        let started = due.into_iter().map(|job| {
            let functions = functions.clone();
            tokio::spawn(async move { run_job(&functions, &job).await })
        });
        let started: Vec<_> = started.collect();
        for job in started {
            let _ = job.await;
        }
        forget_old(&functions, now).await;
    }
}

/// The jobs that come next, the earliest first.
fn pending(functions: &Functions) -> Vec<ScheduledJob> {
    let jobs = functions
        .database()
        .latest()
        .read()
        .jobs("pending", None, BATCH);
    let jobs = jobs.unwrap_or_else(|error| {
        tracing::error!(%error, "scheduled functions cannot be read");
        Vec::new()
    });
    jobs.iter()
        .filter_map(|fields| ScheduledJob::read(fields))
        .collect()
}

/// Actions that were running when the deployment stopped may have done anything: they are not run again.
async fn fail_interrupted(functions: &Functions) -> Result<(), HostError> {
    let interrupted = functions
        .database()
        .latest()
        .read()
        .jobs("inProgress", None, usize::MAX)?;
    let now = functions.now_milliseconds();
    for job in interrupted
        .iter()
        .filter_map(|fields| ScheduledJob::read(fields))
    {
        let failed = JobState::Failed("The deployment stopped while the action ran.".to_owned());
        functions
            .write(|transaction| {
                Ok(job.advance(transaction, &JobState::InProgress, &failed, now)?)
            })
            .await?;
    }
    Ok(())
}

async fn run_job(functions: &Functions, job: &ScheduledJob) {
    let call = Call {
        path: job.path.clone(),
        arguments: job.arguments.clone(),
        identity: Identity::None,
        caller: Caller::Inside,
        request_id: new_request_id(),
    };
    let kind = functions
        .code()
        .function(&job.path)
        .map(|function| function.kind);
    let ended = match kind {
        Some(FunctionKind::Mutation) => run_mutation(functions, job, &call).await,
        Some(FunctionKind::Action) => run_action(functions, job, &call).await,
        Some(_) => {
            fail(
                functions,
                job,
                &JobState::Pending,
                "Only mutations and actions can be scheduled.",
            )
            .await
        }
        None => {
            fail(
                functions,
                job,
                &JobState::Pending,
                &format!("There is no function {}.", job.path),
            )
            .await
        }
    };
    if let Err(error) = ended {
        tracing::error!(id = %job.id, function = %job.path, error = error.message, "a scheduled function's state could not be written");
    }
}

/// The job's row changes in the mutation's own transaction, so that it can neither be lost nor run twice.
async fn run_mutation(
    functions: &Functions,
    job: &ScheduledJob,
    call: &Call,
) -> Result<(), HostError> {
    let row = job.clone();
    let now = functions.now_milliseconds();
    let done = move |transaction: &mut crate::database::Transaction, _: &Arc<str>| match row
        .advance(transaction, &JobState::Pending, &JobState::Success, now)
    {
        Ok(true) => Ok(()),
        Ok(false) => Err(CallError::Stopping),
        Err(error) => Err(CallError::Internal(error.to_string())),
    };
    let result = functions.mutation_with(call, Arc::new(done)).await;
    match result.outcome {
        // Canceled, or run by somebody else, in the meantime.
        Ok(_) | Err(CallError::Stopping) => Ok(()),
        Err(error) => {
            fail(
                functions,
                job,
                &JobState::Pending,
                &error.for_client(&call.request_id),
            )
            .await
        }
    }
}

async fn run_action(
    functions: &Functions,
    job: &ScheduledJob,
    call: &Call,
) -> Result<(), HostError> {
    let now = functions.now_milliseconds();
    let begun = functions
        .write(|transaction| {
            Ok(job.advance(transaction, &JobState::Pending, &JobState::InProgress, now)?)
        })
        .await?;
    if !begun {
        return Ok(());
    }
    // An action may take minutes; the jobs after it do not wait.
    let (functions, job, call) = (functions.clone(), job.clone(), call.clone());
    tokio::spawn(async move {
        let result = functions.scheduled_action(&call, job.id).await;
        let state = match result.outcome {
            Ok(_) => JobState::Success,
            Err(error) => JobState::Failed(error.for_client(&call.request_id)),
        };
        let now = functions.now_milliseconds();
        let written = functions
            .write(|transaction| {
                Ok(job.advance(transaction, &JobState::InProgress, &state, now)?)
            })
            .await;
        if let Err(error) = written {
            tracing::error!(id = %job.id, error = error.message, "a scheduled action's end could not be written");
        }
    });
    Ok(())
}

async fn fail(
    functions: &Functions,
    job: &ScheduledJob,
    from: &JobState,
    why: &str,
) -> Result<(), HostError> {
    let now = functions.now_milliseconds();
    let failed = JobState::Failed(why.to_owned());
    functions
        .write(|transaction| Ok(job.advance(transaction, from, &failed, now)?))
        .await
        .map(|_| ())
}

async fn forget_old(functions: &Functions, now: f64) {
    let mut read = functions.database().latest().read();
    let finished = ["success", "failed", "canceled"].map(|state| {
        read.jobs(state, Some(now - KEPT_MILLISECONDS), BATCH)
            .unwrap_or_default()
    });
    let old: Vec<_> = finished
        .iter()
        .flatten()
        .filter_map(|fields| ScheduledJob::read(fields))
        .collect();
    if old.is_empty() {
        return;
    }
    let forgotten = functions
        .write(|transaction| {
            for job in &old {
                if transaction.get(job.id)?.is_some() {
                    transaction.remove_system(job.id)?;
                }
            }
            Ok(())
        })
        .await;
    if let Err(error) = forgotten {
        tracing::warn!(
            error = error.message,
            "old rows of finished jobs could not be removed"
        );
    }
}
