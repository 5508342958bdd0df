//! Queries and mutations: JavaScript until it waits, one syscall, JavaScript again.

use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

use super::{
    Engine, Limits,
    failure::Failure,
    instance::{Failed, Instance},
    machine::Machine,
    realm::{Realm, SavedPromise, missing},
};
use crate::runtime::{
    bundle::Bundle,
    call::{Execution, FunctionError, HostError, Invocation, Reply, TransactionHost},
    host::Side,
};

type Host = Rc<RefCell<dyn TransactionHost>>;

/// Runs one query or mutation in a context of its own.
pub(super) fn run(engine: &Engine, invocation: &Invocation, host: &Host) -> Execution {
    let Engine {
        bundle,
        limits,
        instances,
        ..
    } = engine;
    let Some(id) = bundle.function_module(&invocation.path.module) else {
        return Execution::failed(unknown_module(bundle, invocation));
    };
    let ran = instances.with(bundle, *limits, id, |instance| {
        let Instance { machine, realm, .. } = instance;
        let call = Call {
            engine,
            machine,
            realm,
            host,
            left: limits.transaction,
        };
        let result = call.run(invocation);
        let log_lines = realm.state.log.borrow_mut().take();
        (result, log_lines)
    });
    let (result, log_lines) =
        ran.unwrap_or_else(|Failed { failure, log_lines }| (Err(failure), log_lines));
    Execution {
        result: result.map_err(|failure| explained(limits, failure)),
        log_lines,
    }
}

/// The error for a call into a module that does not exist, or that is for Node.js.
pub(super) fn unknown_module(bundle: &Bundle, invocation: &Invocation) -> FunctionError {
    if bundle.node_modules().contains_key(&invocation.path.module) {
        return FunctionError::coded(
            "NodeModuleUnavailable",
            format!(
                "{} is in a module that starts with \"use node\". The local deployment does not run Node.js; a Convex deployment does.",
                invocation.path
            ),
        );
    }
    missing(invocation)
}

/// Words for a failure, with the limit that was reached.
pub(super) fn explained(limits: &Limits, failure: Failure) -> FunctionError {
    match failure {
        Failure::Thrown(error) => error,
        Failure::OutOfTime => FunctionError::coded(
            "FunctionTimedOut",
            format!(
                "Function execution timed out: a query or mutation may run for {:?} besides its database calls, an action for {:?}.",
                limits.transaction, limits.action
            ),
        ),
        Failure::Null => FunctionError::new(format!(
            "Uncaught null: the function threw null, or ran out of memory, of which it may use {} MiB.",
            limits.memory >> 20
        )),
        Failure::OutOfMemory => FunctionError::coded(
            "OutOfMemory",
            format!(
                "The function ran out of memory: it may use {} MiB.",
                limits.memory >> 20
            ),
        ),
    }
}

struct Call<'a> {
    engine: &'a Engine,
    machine: &'a Machine,
    realm: &'a Realm,
    host: &'a Host,
    left: Duration,
}

impl Call<'_> {
    fn run(mut self, invocation: &Invocation) -> Result<String, Failure> {
        let realm = self.realm;
        *realm.state.side.borrow_mut() = Side::Transaction(Rc::clone(self.host));
        realm.begin(invocation);
        let promise = self.timed(|call| call.realm.start(invocation))?;
        loop {
            self.timed(|call| call.realm.run_jobs(call.machine))?;
            if realm.is_settled(&promise)? {
                break;
            }
            if !self.perform_next()? {
                return Err(never_resolves().into());
            }
        }
        let result = self.result(promise)?;
        self.drain()?;
        Ok(result)
    }

    /// Runs JavaScript on the time that is left.
    fn timed<T>(&mut self, work: impl FnOnce(&Self) -> Result<T, Failure>) -> Result<T, Failure> {
        let watch = &self.realm.state.watch;
        watch.start(Instant::now() + self.left);
        let result = work(self);
        let is_over = watch.is_over();
        self.left = watch.stop();
        if is_over {
            Err(Failure::OutOfTime)
        } else {
            result
        }
    }

    /// Answers the oldest syscall that waits. False when none does.
    fn perform_next(&mut self) -> Result<bool, Failure> {
        let Some(next) = self.realm.state.pending.borrow_mut().pop_front() else {
            return Ok(false);
        };
        let reply = self
            .host
            .borrow_mut()
            .async_syscall(&next.operation, next.arguments);
        let answer = match reply {
            Ok(Reply::Value(value)) => Ok(value),
            Ok(Reply::Call(invocation)) => self.nested(&invocation),
            Err(error) => Err(error),
        };
        self.timed(|call| {
            call.realm
                .enter(|context| next.settle.answer(context, &call.realm.state, answer))
        })?;
        Ok(true)
    }

    fn nested(&self, invocation: &Invocation) -> Result<serde_json::Value, HostError> {
        let mut execution = run(self.engine, invocation, self.host);
        self.realm
            .state
            .log
            .borrow_mut()
            .extend(std::mem::take(&mut execution.log_lines));
        self.host.borrow_mut().nested_done(execution)
    }

    fn result(&mut self, promise: SavedPromise) -> Result<String, Failure> {
        let result = self.timed(|call| {
            call.realm.outcome(promise, |_, value| {
                value
                    .as_string()
                    .map_or_else(|| Ok(String::new()), |text| text.to_string())
            })
        })?;
        result.ok_or_else(|| never_resolves().into())
    }

    /// Syscalls that nobody awaited still count, because they were made before the function returned.
    fn drain(&mut self) -> Result<(), Failure> {
        let count = self.realm.state.pending.borrow().len();
        if count == 0 {
            return Ok(());
        }
        self.realm.state.log.borrow_mut().push(
            "WARN",
            &format!("'{count} unawaited operation(s) when the function returned: await every promise of ctx.'"),
        );
        for _ in 0..count {
            self.perform_next()?;
            self.timed(|call| call.realm.run_jobs(call.machine))?;
        }
        Ok(())
    }
}

pub(super) fn never_resolves() -> FunctionError {
    FunctionError::new(
        "The function returned a promise that will never resolve: it waits for something that nothing can settle any more.",
    )
}
