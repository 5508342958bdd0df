//! What JavaScript can ask of Rust: the functions behind `Convex`, the console and the web platform.

mod bytes;
mod crypto;
mod log;
mod network;
mod random;
mod state;
mod syscalls;
mod timers;
mod url;

use std::rc::Rc;

use rquickjs::{Ctx, Exception, Function, Object, Result};

pub(super) use self::{
    bytes::Binary,
    log::Log,
    network::{Clients, Fetched},
    random::Random,
    state::{ActionSide, Event, Phase, Settle, Side, State, Watch},
};

/// Makes the object that the prelude works with, and lets the prelude set up the globals of a context.
pub(super) fn install<'js>(context: &Ctx<'js>, state: &Rc<State>) -> Result<()> {
    let host = Object::new(context.clone())?;
    host.set("isTransaction", state.is_transaction)?;
    syscalls::install(context, &host, state)?;
    let shared = Rc::clone(state);
    host.set(
        "load",
        Function::new(
            context.clone(),
            move |context: Ctx<'js>, name: String, host: Object<'js>| {
                load(&context, &name, &host, &shared)
            },
        )?,
    )?;
    let shared = Rc::clone(state);
    host.set(
        "now",
        Function::new(context.clone(), move || shared.now_milliseconds())?,
    )?;
    let shared = Rc::clone(state);
    host.set(
        "random",
        Function::new(context.clone(), move || {
            shared.random.borrow_mut().fraction()
        })?,
    )?;
    let shared = Rc::clone(state);
    host.set(
        "environment",
        Function::new(context.clone(), move || {
            shared.bundle.environment().to_owned()
        })?,
    )?;
    let shared = Rc::clone(state);
    host.set(
        "log",
        Function::new(context.clone(), move |level: String, text: String| {
            shared.log.borrow_mut().push(&level, &text);
        })?,
    )?;
    prelude(context, state, "base")?.call::<_, ()>((host,))
}

/// Evaluates a file of the prelude and gives it the functions of Rust that it needs.
fn load<'js>(
    context: &Ctx<'js>,
    name: &str,
    host: &Object<'js>,
    state: &Rc<State>,
) -> Result<Function<'js>> {
    match name {
        "crypto" => crypto::install(context, host)?,
        "events" => timers::install(context, host, state)?,
        "fetch" => network::install(context, host, state)?,
        "text" | "storage" => bytes::install(context, host)?,
        "url" => url::install(context, host)?,
        _ => {}
    }
    prelude(context, state, name)
}

/// The function that a file of the prelude exports.
pub(super) fn prelude<'js>(context: &Ctx<'js>, state: &State, name: &str) -> Result<Function<'js>> {
    let module = state
        .bundle
        .module(&format!("prelude:{name}"))
        .ok_or_else(|| Exception::throw_internal(context, "a part of the runtime is missing"))?;
    let (module, evaluated) = module.bytecode.declare(context)?.eval()?;
    if let Some(Err(error)) = evaluated.result::<()>() {
        return Err(error);
    }
    module.get("default")
}
