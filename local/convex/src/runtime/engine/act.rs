//! Actions: JavaScript with the network, timers and any number of syscalls under way at the same time.

use std::{
    collections::BTreeMap,
    rc::Rc,
    sync::{Arc, mpsc},
    time::Instant,
};

use rquickjs::{Array, Function, Object, Persistent, Promise, TypedArray, Value};
use tokio::runtime::Handle;

use super::{
    failure::Failure,
    machine::Machine,
    realm::{Realm, SavedPromise},
    transact::{explained, never_resolves, unknown_module},
};
use crate::runtime::{
    call::{ActionHost, Execution, HttpExecution, HttpRequest, HttpResponse, Invocation},
    host::{ActionSide, Binary, Clients, Event, Side, prelude},
};

/// Runs one action in a context of its own.
pub(super) fn run(
    machine: &Machine,
    invocation: &Invocation,
    host: Arc<dyn ActionHost>,
    tokio: Handle,
    clients: &Rc<Clients>,
) -> Execution {
    let Some(id) = machine.bundle.function_module(&invocation.path.module) else {
        return Execution::failed(unknown_module(&machine.bundle, invocation));
    };
    let (result, log_lines) = with_realm(machine, id, host, tokio, clients, |action| {
        action.realm.begin(invocation);
        let promise = action.realm.start(invocation)?;
        action.finish(&promise)?;
        let text = action.realm.outcome(promise, |_, value| {
            value
                .as_string()
                .map_or_else(|| Ok(String::new()), |text| text.to_string())
        })?;
        text.ok_or_else(|| never_resolves().into())
    });
    Execution { result, log_lines }
}

/// Looks a request's route up and runs its HTTP action.
pub(super) fn respond(
    machine: &Machine,
    request: &HttpRequest,
    invocation: &Invocation,
    host: Arc<dyn ActionHost>,
    tokio: Handle,
    clients: &Rc<Clients>,
) -> HttpExecution {
    let Some(id) = machine.bundle.function_module("http") else {
        return HttpExecution {
            result: Ok(no_route()),
            log_lines: Vec::new(),
        };
    };
    let (result, log_lines) = with_realm(machine, id, host, tokio, clients, |action| {
        let realm = action.realm;
        realm.begin(invocation);
        let promise = realm.enter(|context| {
            let router: Value<'_> = realm.exports(context)?.get("default")?;
            let entry: Object<'_> = prelude(context, &realm.state, "entry")?.call(())?;
            let respond: Function<'_> = entry.get("respond")?;
            let headers = Array::new(context.clone())?;
            for (index, (name, value)) in request.headers.iter().enumerate() {
                headers.set(index, vec![name.as_str(), value.as_str()])?;
            }
            let body = TypedArray::<u8>::new_copy(context.clone(), &request.body)?;
            let promise: Promise<'_> = respond.call((
                router,
                request.method.as_str(),
                request.url.as_str(),
                headers,
                body,
            ))?;
            Ok(Persistent::save(context, promise))
        })?;
        action.finish(&promise)?;
        let response = realm.outcome(promise, |_, value| read_response(&value))?;
        Ok(response
            .ok_or_else(|| Failure::from(never_resolves()))?
            .unwrap_or_else(no_route))
    });
    HttpExecution { result, log_lines }
}

fn no_route() -> HttpResponse {
    HttpResponse {
        status: 404,
        headers: vec![(
            "content-type".to_owned(),
            "text/plain; charset=utf-8".to_owned(),
        )],
        body: b"No HTTP action is routed to this path and method.".to_vec(),
    }
}

/// `null` means that there is no route.
fn read_response(value: &Value<'_>) -> rquickjs::Result<Option<HttpResponse>> {
    let Some(object) = value.as_object() else {
        return Ok(None);
    };
    let headers: Vec<Vec<String>> = object.get("headers")?;
    let body: Binary = object.get("body")?;
    let pairs = headers.into_iter().filter_map(|pair| {
        let [name, value]: [String; 2] = pair.try_into().ok()?;
        Some((name, value))
    });
    Ok(Some(HttpResponse {
        status: object.get("status")?,
        headers: pairs.collect(),
        body: body.0,
    }))
}

/// An action that is running.
struct Action<'a> {
    machine: &'a Machine,
    realm: &'a Realm,
    events: mpsc::Receiver<Event>,
    deadline: Instant,
}

fn with_realm<T>(
    machine: &Machine,
    id: &str,
    host: Arc<dyn ActionHost>,
    tokio: Handle,
    clients: &Rc<Clients>,
    work: impl FnOnce(&Action<'_>) -> Result<T, Failure>,
) -> (Result<T, crate::runtime::FunctionError>, Vec<String>) {
    let attempt = || {
        let realm =
            Realm::new(machine, false).map_err(|error| (Failure::from(&error), Vec::new()))?;
        let (sender, events) = mpsc::channel();
        let result = realm.import(machine, id).and_then(|()| {
            *realm.state.side.borrow_mut() = Side::Action(Box::new(ActionSide {
                host,
                tokio,
                clients: Rc::clone(clients),
                sender,
                open: BTreeMap::new(),
                fetches: BTreeMap::new(),
                timers: BTreeMap::new(),
                last_number: 0,
            }));
            machine.may_import.set(true);
            let deadline = Instant::now() + machine.limits.action;
            machine.watch.start(deadline);
            let result = work(&Action {
                machine,
                realm: &realm,
                events,
                deadline,
            });
            let is_over = machine.watch.is_over();
            machine.watch.stop();
            if is_over {
                Err(Failure::OutOfTime)
            } else {
                result
            }
        });
        let log_lines = realm.state.log.borrow_mut().take();
        result
            .map(|value| (value, log_lines.clone()))
            .map_err(|failure| (failure, log_lines))
    };
    match attempt() {
        Ok((value, log_lines)) => (Ok(value), log_lines),
        Err((failure, log_lines)) => {
            if failure.spoils() {
                machine.spoil();
            }
            (Err(explained(&machine.limits, failure)), log_lines)
        }
    }
}

impl Action<'_> {
    /// Runs until the promise is settled, or nothing is left that could settle it.
    fn finish(&self, promise: &SavedPromise) -> Result<(), Failure> {
        loop {
            self.realm.run_jobs(self.machine)?;
            if self.realm.is_settled(promise)? {
                return Ok(());
            }
            if self.run_due_timer()? {
                continue;
            }
            let Some(until) = self.waits_until() else {
                return Err(never_resolves().into());
            };
            let patience = until.saturating_duration_since(Instant::now());
            if let Ok(event) = self.events.recv_timeout(patience) {
                self.deliver(event)?;
            }
        }
    }

    /// When to stop waiting for events; `None` when none can come.
    fn waits_until(&self) -> Option<Instant> {
        let side = self.realm.state.side.borrow();
        let Side::Action(side) = &*side else {
            return None;
        };
        let timer = side.timers.keys().next().map(|(due, _)| *due);
        match timer {
            Some(due) => Some(due.min(self.deadline)),
            None if side.open.is_empty() => None,
            None => Some(self.deadline),
        }
    }

    fn run_due_timer(&self) -> Result<bool, Failure> {
        let callback = {
            let mut side = self.realm.state.side.borrow_mut();
            let Side::Action(side) = &mut *side else {
                return Ok(false);
            };
            let now = Instant::now();
            let Some(first) = side
                .timers
                .first_entry()
                .filter(|entry| entry.key().0 <= now)
            else {
                return Ok(false);
            };
            let ((_, number), timer) = first.remove_entry();
            let callback = timer.callback.clone();
            if let Some(every) = timer.every {
                side.timers.insert((now + every, number), timer);
            }
            callback
        };
        let called = self
            .realm
            .enter(|context| callback.restore(context)?.call::<_, ()>(()));
        self.tolerated(called)?;
        Ok(true)
    }

    fn deliver(&self, event: Event) -> Result<(), Failure> {
        let number = match &event {
            Event::Answer(number, _) | Event::Fetched(number, _) => *number,
        };
        let settle = {
            let mut side = self.realm.state.side.borrow_mut();
            let Side::Action(side) = &mut *side else {
                return Ok(());
            };
            side.fetches.remove(&number);
            side.open.remove(&number)
        };
        // None: it was aborted in the meantime.
        let Some(settle) = settle else { return Ok(()) };
        let settled = self.realm.enter(|context| match event {
            Event::Answer(_, answer) => settle.answer(context, &self.realm.state, answer),
            Event::Fetched(_, Ok(fetched)) => settle.resolve(context, fetched),
            Event::Fetched(_, Err(message)) => settle.reject_type(context, &message),
        });
        self.tolerated(settled)
    }

    /// What a callback throws has no one to catch it: it is logged, as other runtimes do.
    fn tolerated(&self, called: Result<(), Failure>) -> Result<(), Failure> {
        match called {
            Err(Failure::Thrown(error)) => {
                self.realm
                    .state
                    .log
                    .borrow_mut()
                    .push("ERROR", &error.message);
                Ok(())
            }
            other => other,
        }
    }
}
