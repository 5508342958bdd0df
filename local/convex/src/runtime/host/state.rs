//! What belongs to one context: its clock, randomness, log, open operations and limits.

use std::{
    cell::{Cell, RefCell, RefMut},
    collections::{BTreeMap, VecDeque},
    fmt,
    rc::Rc,
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use rquickjs::{Ctx, Exception, Function, IntoJs, Persistent, Result};
use serde_json::Value as Json;
use tokio::runtime::Handle;

use super::{Clients, Fetched, Log, Random};
use crate::runtime::{
    bundle::Bundle,
    call::{ActionHost, HostError, TransactionHost},
};

/// Whether user code is still being imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::runtime) enum Phase {
    Loading,
    Running,
}

/// Both ends of a promise that Rust will settle.
pub(in crate::runtime) struct Settle {
    resolve: Persistent<Function<'static>>,
    reject: Persistent<Function<'static>>,
    /// The stack when the promise was made: an error that comes later knows nothing of it.
    asked: Option<String>,
}

impl Settle {
    pub(in crate::runtime) fn new<'js>(
        context: &Ctx<'js>,
        resolve: Function<'js>,
        reject: Function<'js>,
    ) -> Self {
        let asked = Exception::from_message(context.clone(), "")
            .ok()
            .and_then(|here| here.stack());
        Self {
            resolve: Persistent::save(context, resolve),
            reject: Persistent::save(context, reject),
            asked,
        }
    }

    pub(in crate::runtime) fn resolve<'js>(
        self,
        context: &Ctx<'js>,
        value: impl IntoJs<'js>,
    ) -> Result<()> {
        self.resolve.restore(context)?.call((value,))
    }

    pub(in crate::runtime) fn answer(
        self,
        context: &Ctx<'_>,
        state: &State,
        answer: std::result::Result<Json, HostError>,
    ) -> Result<()> {
        match answer {
            Ok(value) => self.resolve(context, value.to_string()),
            Err(error) => {
                *state.refused.borrow_mut() =
                    Some((error.message.clone(), self.asked.unwrap_or_default()));
                self.reject
                    .restore(context)?
                    .call((exception(context, &error)?,))
            }
        }
    }

    pub(in crate::runtime) fn reject_type(self, context: &Ctx<'_>, message: &str) -> Result<()> {
        // A `TypeError`, which is what `fetch` fails with.
        let _ = Exception::throw_type(context, message);
        let error = context.catch();
        self.reject.restore(context)?.call((error,))
    }
}

/// A host's error as an object that can be thrown.
pub(super) fn exception<'js>(context: &Ctx<'js>, error: &HostError) -> Result<Exception<'js>> {
    let exception = Exception::from_message(context.clone(), &error.message)?;
    if let Some(data) = &error.data {
        exception
            .as_object()
            .set("data", context.json_parse(data.to_string())?)?;
    }
    if let Some(code) = &error.code {
        exception.as_object().set("code", code.as_str())?;
    }
    Ok(exception)
}

/// An asynchronous syscall of a query or mutation that waits for its turn.
pub(in crate::runtime) struct Pending {
    pub operation: String,
    pub arguments: Json,
    pub settle: Settle,
}

/// What reaches an action from outside.
pub(in crate::runtime) enum Event {
    Answer(u64, std::result::Result<Json, HostError>),
    Fetched(u64, std::result::Result<Fetched, String>),
}

/// What an action has under way.
pub(in crate::runtime) struct ActionSide {
    pub host: Arc<dyn ActionHost>,
    pub tokio: Handle,
    pub clients: Rc<Clients>,
    pub sender: mpsc::Sender<Event>,
    pub open: BTreeMap<u64, Settle>,
    pub fetches: BTreeMap<u64, tokio::task::AbortHandle>,
    pub timers: BTreeMap<(Instant, u64), Timer>,
    pub last_number: u64,
}

impl ActionSide {
    pub(super) fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Begins an operation: its number, and where its outcome goes.
    pub(super) fn begin(&mut self, settle: Settle) -> (u64, mpsc::Sender<Event>) {
        let number = self.number();
        self.open.insert(number, settle);
        (number, self.sender.clone())
    }
}

/// A callback that waits for its time.
pub(in crate::runtime) struct Timer {
    pub callback: Persistent<Function<'static>>,
    pub every: Option<Duration>,
}

/// Who answers the syscalls of a context.
pub(in crate::runtime) enum Side {
    Nobody,
    Transaction(Rc<RefCell<dyn TransactionHost>>),
    Action(Box<ActionSide>),
}

/// When JavaScript has to stop. The interrupt handler of the engine looks at it.
#[derive(Debug, Default)]
pub(in crate::runtime) struct Watch {
    deadline: Cell<Option<Instant>>,
    expired: Cell<bool>,
}

impl Watch {
    pub(in crate::runtime) fn start(&self, deadline: Instant) {
        self.deadline.set(Some(deadline));
        self.expired.set(false);
    }

    /// Ends a stretch of JavaScript and answers how much of its time is left.
    pub(in crate::runtime) fn stop(&self) -> Duration {
        let deadline = self.deadline.take();
        deadline.map_or(Duration::ZERO, |deadline| {
            deadline.saturating_duration_since(Instant::now())
        })
    }

    /// Time that Rust took does not count.
    fn postpone(&self, by: Duration) {
        self.deadline
            .set(self.deadline.get().map(|deadline| deadline + by));
    }

    pub(in crate::runtime) fn is_over(&self) -> bool {
        if self
            .deadline
            .get()
            .is_some_and(|deadline| Instant::now() >= deadline)
        {
            self.expired.set(true);
        }
        self.expired.get()
    }
}

/// All that Rust knows about one context.
pub(in crate::runtime) struct State {
    pub bundle: Arc<Bundle>,
    pub is_transaction: bool,
    pub phase: Cell<Phase>,
    now: Cell<f64>,
    begun: Cell<Instant>,
    pub random: RefCell<Random>,
    pub log: RefCell<Log>,
    pub pending: RefCell<VecDeque<Pending>>,
    pub side: RefCell<Side>,
    pub watch: Rc<Watch>,
    /// The message of the syscall that failed last, and the stack of its caller.
    pub refused: RefCell<Option<(String, String)>>,
}

impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("State")
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

impl State {
    pub(in crate::runtime) fn new(
        bundle: Arc<Bundle>,
        is_transaction: bool,
        watch: Rc<Watch>,
    ) -> Self {
        Self {
            now: Cell::new(bundle.loaded_milliseconds()),
            begun: Cell::new(Instant::now()),
            bundle,
            is_transaction,
            phase: Cell::new(Phase::Loading),
            random: RefCell::new(Random::new([0; 32])),
            log: RefCell::default(),
            pending: RefCell::default(),
            side: RefCell::new(Side::Nobody),
            watch,
            refused: RefCell::default(),
        }
    }

    /// Sets the time at which a call begins.
    pub(in crate::runtime) fn begin_at(&self, milliseconds: f64) {
        self.now.set(milliseconds);
        self.begun.set(Instant::now());
    }

    /// Frozen in queries and mutations; goes on in actions, from the deployment's time at their beginning.
    pub(super) fn now_milliseconds(&self) -> f64 {
        if self.is_transaction {
            return self.now.get();
        }
        self.now.get() + self.begun.get().elapsed().as_secs_f64() * 1000.0
    }

    /// Lets Rust work without using up the time of user code.
    pub(super) fn uncounted<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.watch.postpone(start.elapsed());
        result
    }

    /// What the action has under way; `None` outside of a running action.
    pub(super) fn action(&self) -> Option<RefMut<'_, ActionSide>> {
        RefMut::filter_map(self.side.borrow_mut(), |side| match side {
            Side::Action(side) => Some(&mut **side),
            _ => None,
        })
        .ok()
    }

    /// As [`State::action`], for an operation that only makes sense there.
    pub(super) fn expect_action(
        &self,
        context: &Ctx<'_>,
        operation: &str,
    ) -> Result<RefMut<'_, ActionSide>> {
        self.action().ok_or_else(|| {
            let message = format!("{operation} is not available while a module is imported.");
            Exception::throw_message(context, &message)
        })
    }

    /// Gives up everything that points into the context. Has to happen before the engine goes.
    pub(in crate::runtime) fn clear(&self) {
        self.pending.take();
        if let Side::Action(side) = self.side.replace(Side::Nobody) {
            side.fetches
                .values()
                .for_each(tokio::task::AbortHandle::abort);
        }
    }
}
