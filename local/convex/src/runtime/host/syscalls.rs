//! The functions behind the global `Convex`.

use std::rc::Rc;

use rquickjs::{Ctx, Exception, Result, Value};
use serde_json::Value as Json;

use super::{
    Event, Host, Phase, Side, State,
    state::{Pending, Settle, exception},
};

pub(super) fn install<'js>(host: &mut Host<'js>, state: &Rc<State>) -> Result<()> {
    let shared = Rc::clone(state);
    host.add(
        "syscall",
        move |context: Ctx<'js>, operation: String, arguments: String| {
            syscall(&context, &shared, &operation, &arguments)
        },
    )?;
    let shared = Rc::clone(state);
    host.add(
        "asyncSyscall",
        move |context: Ctx<'js>, operation: String, arguments: String| {
            async_syscall(&context, &shared, operation, &arguments)
        },
    )
}

fn syscall(context: &Ctx<'_>, state: &State, operation: &str, arguments: &str) -> Result<String> {
    let arguments = permitted(context, state, operation, arguments)?;
    let answer = state.uncounted(|| match &*state.side.borrow() {
        Side::Transaction(host) => Some(host.borrow_mut().syscall(operation, arguments)),
        Side::Action(side) => Some(side.host.syscall(operation, arguments)),
        Side::Nobody => None,
    });
    match answer {
        Some(Ok(value)) => Ok(value.to_string()),
        Some(Err(error)) => Err(exception(context, &error)?.throw()),
        None => Err(unavailable(context, operation)),
    }
}

fn async_syscall<'js>(
    context: &Ctx<'js>,
    state: &State,
    operation: String,
    arguments: &str,
) -> Result<Value<'js>> {
    let arguments = permitted(context, state, &operation, arguments)?;
    let (promise, resolve, reject) = context.promise()?;
    let settle = Settle::new(context, resolve, reject);
    match &mut *state.side.borrow_mut() {
        Side::Transaction(_) => {
            state.pending.borrow_mut().push_back(Pending {
                operation,
                arguments,
                settle,
            });
        }
        Side::Action(side) => {
            let (number, sender) = side.begin(settle);
            // Nobody listens any more when the action is over.
            side.host.start(
                operation,
                arguments,
                Box::new(move |answer| drop(sender.send(Event::Answer(number, answer)))),
            );
        }
        Side::Nobody => return Err(unavailable(context, &operation)),
    }
    Ok(promise.into_value())
}

fn permitted(context: &Ctx<'_>, state: &State, operation: &str, arguments: &str) -> Result<Json> {
    if state.phase.get() == Phase::Loading {
        return Err(unavailable(context, operation));
    }
    serde_json::from_str(arguments).map_err(|error| {
        Exception::throw_type(
            context,
            &format!("The arguments of {operation} are not valid: {error}"),
        )
    })
}

fn unavailable(context: &Ctx<'_>, operation: &str) -> rquickjs::Error {
    let message = format!(
        "{operation} is not available while a module is imported: call it inside of a function."
    );
    Exception::throw_message(context, &message)
}
