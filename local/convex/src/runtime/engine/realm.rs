//! One context and what belongs to it.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use rquickjs::{
    Context, Ctx, Error, Function, Module, Object, Persistent, Promise, Value,
    promise::PromiseState,
};

use super::{
    failure::{Failure, describe},
    machine::Machine,
};
use crate::runtime::{
    call::{FunctionError, FunctionKind, Invocation},
    host::{self, Phase, State},
};

/// The time that the modules of a bundle may take to be evaluated.
const IMPORT_TIME: Duration = Duration::from_secs(5);

type Handle<T> = Persistent<T>;
pub(super) type SavedPromise = Handle<Promise<'static>>;

/// A context. Dropping it gives up all that Rust holds inside of it.
pub(super) struct Realm {
    pub(super) state: Rc<State>,
    /// What the module exports that was imported last.
    exports: RefCell<Option<Handle<Object<'static>>>>,
    _functions: host::Kept,
    /// How many there are of `state`: one here, the others in functions that JavaScript can call.
    pub(super) references: usize,
    context: Context,
}

impl Drop for Realm {
    fn drop(&mut self) {
        self.state.clear();
    }
}

impl Realm {
    pub(super) fn new(machine: &Machine, is_transaction: bool) -> rquickjs::Result<Self> {
        let context = Context::full(&machine.runtime)?;
        let state = Rc::new(State::new(
            Arc::clone(&machine.bundle),
            is_transaction,
            Rc::clone(&machine.watch),
        ));
        let functions = context.with(|context| host::install(&context, &state))?;
        Ok(Self {
            references: Rc::strong_count(&state),
            state,
            exports: RefCell::default(),
            _functions: functions,
            context,
        })
    }

    /// Runs `work` in the context; what it throws becomes a failure.
    pub(super) fn enter<T>(
        &self,
        work: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<T>,
    ) -> Result<T, Failure> {
        self.context
            .with(|context| work(&context).map_err(|error| self.failure(&context, &error)))
    }

    fn failure(&self, context: &Ctx<'_>, error: &Error) -> Failure {
        if self.state.watch.is_over() {
            drop(context.catch());
            return Failure::OutOfTime;
        }
        if error.is_exception() {
            describe(context, &context.catch(), &self.state)
        } else {
            Failure::from(error)
        }
    }

    /// Evaluates a module, and what it imports.
    pub(super) fn import(&self, machine: &Machine, id: &str) -> Result<(), Failure> {
        let may_import = machine.may_import.replace(true);
        self.state.watch.start(Instant::now() + IMPORT_TIME);
        let result = self.evaluate(machine, id);
        self.state.watch.stop();
        machine.may_import.set(may_import);
        if let Err(failure) = &result
            && failure.spoils()
        {
            machine.spoil();
        }
        result
    }

    fn evaluate(&self, machine: &Machine, id: &str) -> Result<(), Failure> {
        let promise =
            self.enter(|context| Ok(Persistent::save(context, Module::import(context, id)?)))?;
        self.run_jobs(machine)?;
        let exports = self.outcome(promise, |context, exports| {
            Ok(Persistent::save(context, Object::from_value(exports)?))
        })?;
        match exports {
            Some(exports) => {
                *self.exports.borrow_mut() = Some(exports);
                Ok(())
            }
            None => Err(FunctionError::new(format!(
                "{id} awaits something at its top level that never happens."
            ))
            .into()),
        }
    }

    /// Runs what promises have made ready.
    pub(super) fn run_jobs(&self, machine: &Machine) -> Result<(), Failure> {
        loop {
            if self.state.watch.is_over() {
                return Err(Failure::OutOfTime);
            }
            match machine.runtime.execute_pending_job() {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(exception) => {
                    let failure = exception
                        .0
                        .with(|context| self.failure(&context, &Error::Exception));
                    if failure.spoils() {
                        return Err(failure);
                    }
                }
            }
        }
    }

    /// What a promise was resolved with; `None` while it is pending.
    pub(super) fn outcome<T>(
        &self,
        promise: SavedPromise,
        read: impl for<'js> FnOnce(&Ctx<'js>, Value<'js>) -> rquickjs::Result<T>,
    ) -> Result<Option<T>, Failure> {
        self.enter(|context| {
            let promise = promise.restore(context)?;
            match promise.result::<Value<'_>>() {
                None => Ok(None),
                Some(value) => read(context, value?).map(Some),
            }
        })
    }

    pub(super) fn is_settled(&self, promise: &SavedPromise) -> Result<bool, Failure> {
        self.enter(|context| Ok(promise.clone().restore(context)?.state() != PromiseState::Pending))
    }

    /// The namespace of the module that was imported last.
    pub(super) fn exports<'js>(&self, context: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        match self.exports.borrow().clone() {
            Some(exports) => exports.restore(context),
            None => Object::new(context.clone()),
        }
    }

    /// Lets user code see the call's time and randomness, and make syscalls.
    pub(super) fn begin(&self, invocation: &Invocation) {
        self.state.begin_at(invocation.now_milliseconds);
        *self.state.random.borrow_mut() = host::Random::new(invocation.seed);
        self.state.phase.set(Phase::Running);
    }

    /// Calls the registered function; what it returns is a promise.
    pub(super) fn start(&self, invocation: &Invocation) -> Result<SavedPromise, Failure> {
        let function = self.enter(|context| {
            let exported: Value<'_> = self
                .exports(context)?
                .get(invocation.path.function.as_str())?;
            let Some(function) = exported.as_object() else {
                return Ok(None);
            };
            let kind = kind(function)?;
            Ok(kind.map(|kind| (kind, Persistent::save(context, function.clone()))))
        })?;
        let Some((kind, function)) = function else {
            return Err(missing(invocation).into());
        };
        if kind != invocation.kind {
            return Err(FunctionError::new(format!(
                "Trying to run {} as a {}, but it is a {kind}.",
                invocation.path, invocation.kind
            ))
            .into());
        }
        self.enter(|context| {
            let function = function.restore(context)?;
            let invoke: Function<'_> = function.get(kind.invoke())?;
            let arguments = invocation.arguments.as_str();
            let promise: Promise<'_> = match kind {
                FunctionKind::Action => invoke.call((invocation.request_id.as_str(), arguments))?,
                _ => invoke.call((arguments,))?,
            };
            Ok(Persistent::save(context, promise))
        })
    }
}

/// What an exported value is registered as; `None` for anything that is no function of Convex.
fn kind(function: &Object<'_>) -> rquickjs::Result<Option<FunctionKind>> {
    for (flag, kind) in [
        ("isQuery", FunctionKind::Query),
        ("isMutation", FunctionKind::Mutation),
        ("isAction", FunctionKind::Action),
        ("isHttp", FunctionKind::HttpAction),
    ] {
        if function.get::<_, Option<bool>>(flag)? == Some(true) {
            return Ok(Some(kind));
        }
    }
    Ok(None)
}

pub(super) fn missing(invocation: &Invocation) -> FunctionError {
    FunctionError::coded(
        "FunctionNotFound",
        format!(
            "Could not find function for '{}'. Is it exported from convex/{}?",
            invocation.path, invocation.path.module
        ),
    )
}
