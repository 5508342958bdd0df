//! One execution of a query or mutation on a worker's thread, from its arguments to its checked result.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::transaction_host::{Ended, HostOfTransaction};
use super::workers::Worker;
use super::{Call, CallError, Code, Functions, random_bytes};
use crate::database::Transaction;
use crate::runtime::{FunctionKind, Invocation};

/// What an execution left.
pub(super) struct Executed {
    /// The encoded value.
    pub(super) outcome: Result<Arc<str>, CallError>,
    pub(super) log_lines: Vec<String>,
    pub(super) ended: Ended,
}

/// Runs a function in `transaction`. The transaction comes back whatever happened in it.
pub(super) fn execute(
    functions: &Functions,
    worker: &mut Worker,
    code: &Arc<Code>,
    call: &Call,
    kind: FunctionKind,
    transaction: Transaction,
) -> Result<Executed, CallError> {
    let host = HostOfTransaction::new(functions.clone(), Arc::clone(code), transaction, call);
    let host = Rc::new(RefCell::new(host));
    let mut log_lines = Vec::new();
    let outcome = run(worker, code, call, kind, &host, &mut log_lines);
    let host = Rc::try_unwrap(host)
        .map_err(|_| CallError::Internal("the engine kept a transaction".to_owned()))?;
    Ok(Executed {
        outcome,
        log_lines,
        ended: host.into_inner().end(),
    })
}

fn run(
    worker: &mut Worker,
    code: &Arc<Code>,
    call: &Call,
    kind: FunctionKind,
    host: &Rc<RefCell<HostOfTransaction>>,
    log_lines: &mut Vec<String>,
) -> Result<Arc<str>, CallError> {
    let function = code.find(&call.path, kind, call.caller)?;
    function.check_arguments(&call.arguments, &host.borrow().tables())?;
    let invocation = Invocation {
        kind,
        path: call.path.clone(),
        arguments: format!("[{}]", call.arguments),
        request_id: String::new(),
        now_milliseconds: host.borrow().now_milliseconds(),
        seed: random_bytes(),
    };
    host.borrow_mut().enter(kind, &call.path);
    let execution = worker
        .engine(code)
        .transact(&invocation, Rc::clone(host) as _);
    log_lines.extend(execution.log_lines);
    let returned = execution.result?;
    function.check_returned(&returned, &host.borrow().tables())?;
    Ok(Arc::from(returned))
}
