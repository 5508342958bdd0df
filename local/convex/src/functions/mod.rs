//! Functions as callers see them: looked up, checked, run in a transaction or as an action, their results shared.

mod action;
mod action_host;
mod address;
mod code;
mod error;
mod execute;
mod log;
mod metrics;
mod mutation;
mod query;
mod query_result;
mod scheduling;
mod syscall;
mod transaction_host;
mod workers;

use std::sync::Arc;

use serde_json::Value as Json;
use tokio::sync::{Semaphore, watch};

use crate::auth::Identity;
use crate::clock::Clock;
use crate::database::Database;
use crate::files::Files;
use crate::runtime::{FunctionPath, Limits};

pub(crate) use code::{Caller, Code, CodeError, Cron};
pub(crate) use error::CallError;
pub(crate) use query_result::{QueryResult, Watch};
pub(crate) use scheduling::{JobState, ScheduledJob};

/// The most actions that run at once; more wait. Nested actions are not counted, so that none waits for its caller.
const CONCURRENT_ACTIONS: usize = 64;

/// Runs the functions of the code in force. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Functions(Arc<Inner>);

struct Inner {
    database: Database,
    files: Files,
    clock: Clock,
    code: watch::Sender<Arc<Code>>,
    queries: query::QueryCache,
    workers: workers::Workers,
    actions: Arc<Semaphore>,
    addresses: Addresses,
    limits: Limits,
}

/// Where the deployment is reached, as functions and storage URLs say it.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    /// `CONVEX_CLOUD_URL`.
    pub(crate) cloud: String,
    /// `CONVEX_SITE_URL`.
    pub(crate) site: String,
}

/// A call of a function.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) path: FunctionPath,
    /// The one argument object, encoded.
    pub(crate) arguments: Json,
    pub(crate) identity: Identity,
    pub(crate) caller: Caller,
    /// 16 hexadecimal digits, in errors and in the log.
    pub(crate) request_id: String,
}

/// A call of a query that may be one of many subscriptions.
#[derive(Clone, Debug)]
pub(crate) struct QueryCall {
    pub(crate) call: Call,
    pub(crate) journal: Option<String>,
}

/// How a mutation ended.
#[derive(Debug)]
pub(crate) struct MutationResult {
    /// The encoded value and when it was committed.
    pub(crate) outcome: Result<(Arc<str>, crate::values::Timestamp), CallError>,
    pub(crate) log_lines: Vec<String>,
}

/// How an action ended.
#[derive(Debug)]
pub(crate) struct ActionResult {
    /// The encoded value.
    pub(crate) outcome: Result<Arc<str>, CallError>,
    pub(crate) log_lines: Vec<String>,
}

impl Functions {
    pub(crate) fn new(
        database: Database,
        files: Files,
        clock: Clock,
        code: Arc<Code>,
        addresses: Addresses,
        limits: Limits,
    ) -> Self {
        Self(Arc::new(Inner {
            workers: workers::Workers::start(&limits),
            queries: query::QueryCache::default(),
            actions: Arc::new(Semaphore::new(CONCURRENT_ACTIONS)),
            code: watch::Sender::new(code),
            database,
            files,
            clock,
            addresses,
            limits,
        }))
    }

    /// The code in force.
    pub(crate) fn code(&self) -> Arc<Code> {
        Arc::clone(&self.0.code.borrow())
    }

    /// The code in force, as it changes.
    pub(crate) fn code_changes(&self) -> watch::Receiver<Arc<Code>> {
        self.0.code.subscribe()
    }

    /// Puts other code in force: whoever is subscribed to a query gets its result anew.
    pub(crate) fn replace_code(&self, code: Arc<Code>) {
        self.0.code.send_replace(code);
        self.0.queries.forget_everything();
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    pub(crate) fn files(&self) -> &Files {
        &self.0.files
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn now_milliseconds(&self) -> f64 {
        self.0.clock.milliseconds()
    }
}

/// The stack of a thread that runs JavaScript.
fn thread_stack(limits: &Limits) -> usize {
    limits.stack * 4 + (512 << 10)
}

/// 16 random hexadecimal digits.
pub(crate) fn new_request_id() -> String {
    let bytes: [u8; 8] = random_bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Random bytes from the system. Without any, zeros: ids then collide and are refused, which is better than a panic.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        tracing::error!("the system gave no random bytes");
    }
    bytes
}
