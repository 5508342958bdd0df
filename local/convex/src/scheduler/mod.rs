//! Runs functions at their time: the rows of `_scheduled_functions`, and the jobs of `crons.ts`.

mod cron;
mod jobs;

pub(crate) use cron::{CronError, Schedule};

use crate::functions::Functions;

/// Starts both; they end with the runtime that they run on.
pub(crate) fn start(functions: &Functions) {
    tokio::spawn(jobs::run(functions.clone()));
    tokio::spawn(cron::run(functions.clone()));
}
