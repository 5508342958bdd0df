//! The JavaScript of one worker thread. Every execution has a fresh context, so nothing leaks from one to the next.

mod act;
mod analysis;
mod failure;
mod instance;
mod machine;
mod memory;
mod realm;
mod transact;

use std::{cell::RefCell, fmt, rc::Rc, sync::Arc, time::Duration};

use tokio::runtime::Handle;

pub(crate) use self::analysis::Analysis;
#[cfg(test)]
pub(crate) use self::analysis::Unavailable;
use self::{instance::Instances, machine::Machine};
use super::{
    bundle::{Bundle, LoadError},
    call::{ActionHost, Execution, HttpExecution, HttpRequest, Invocation, TransactionHost},
    host::Clients,
};

/// What an execution may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The time a query or mutation may run, not counting syscalls.
    pub transaction: Duration,
    /// The time an action may take altogether.
    pub action: Duration,
    /// The JavaScript heap, in bytes.
    pub memory: usize,
    /// The JavaScript stack, in bytes. The thread needs four times as much.
    pub stack: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            transaction: Duration::from_secs(1),
            action: Duration::from_secs(600),
            memory: 64 << 20,
            stack: 512 << 10,
        }
    }
}

/// The JavaScript engine did not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The JavaScript engine did not start: {0}")]
pub(crate) struct EngineError(String);

impl From<rquickjs::Error> for EngineError {
    fn from(error: rquickjs::Error) -> Self {
        Self(error.to_string())
    }
}

/// Runs the functions of a bundle. Belongs to the thread that made it.
pub(crate) struct Engine {
    bundle: Arc<Bundle>,
    limits: Limits,
    /// For actions and the analysis; replaced after one that ran out of time or memory.
    machine: RefCell<Option<Rc<Machine>>>,
    instances: Instances,
    clients: Rc<Clients>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) fn new(bundle: Arc<Bundle>, limits: Limits) -> Self {
        Self {
            bundle,
            limits,
            machine: RefCell::default(),
            instances: Instances::default(),
            clients: Rc::default(),
        }
    }

    /// Evaluates every module once and collects what the deployment has to know about them.
    pub(crate) fn analyze(&self) -> Result<Analysis, LoadError> {
        analysis::analyze(self)
    }

    /// Runs a query or mutation.
    pub(crate) fn transact(
        &self,
        invocation: &Invocation,
        host: Rc<RefCell<dyn TransactionHost>>,
    ) -> Execution {
        transact::run(self, invocation, &host)
    }

    /// Runs an action. Blocks the thread until it is over; `tokio` is where its network requests run.
    pub(crate) fn act(
        &self,
        invocation: &Invocation,
        host: Arc<dyn ActionHost>,
        tokio: Handle,
    ) -> Execution {
        match self.machine() {
            Ok(machine) => act::run(&machine, invocation, host, tokio, &self.clients),
            Err(error) => Execution::failed(error.into()),
        }
    }

    /// Answers a request with the HTTP action that `convex/http.ts` routes it to, or with 404. Of `invocation` only the
    /// time, the seed and the request id count.
    pub(crate) fn respond(
        &self,
        request: &HttpRequest,
        invocation: &Invocation,
        host: Arc<dyn ActionHost>,
        tokio: Handle,
    ) -> HttpExecution {
        match self.machine() {
            Ok(machine) => act::respond(&machine, request, invocation, host, tokio, &self.clients),
            Err(error) => HttpExecution {
                result: Err(error.into()),
                log_lines: Vec::new(),
            },
        }
    }

    fn machine(&self) -> Result<Rc<Machine>, EngineError> {
        let mut slot = self.machine.borrow_mut();
        if let Some(machine) = slot.as_ref().filter(|machine| !machine.is_spoiled()) {
            return Ok(Rc::clone(machine));
        }
        let machine = Rc::new(Machine::new(&self.bundle, self.limits)?);
        *slot = Some(Rc::clone(&machine));
        Ok(machine)
    }
}
