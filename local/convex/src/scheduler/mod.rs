//! Runs functions at their time: the rows of `_scheduled_functions`, and the jobs of `crons.ts`.

mod cron;
mod jobs;

pub(crate) use cron::{CronError, Schedule};

use tokio::task::JoinHandle;

use crate::functions::Functions;

/// Starts both; they run until they are aborted.
pub(crate) fn start(functions: &Functions) -> [JoinHandle<()>; 2] {
    [
        tokio::spawn(jobs::run(functions.clone())),
        tokio::spawn(cron::run(functions.clone())),
    ]
}
