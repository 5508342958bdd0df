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

use rquickjs::{Ctx, Exception, Function, Object, Persistent, Result, function::IntoJsFunc};

pub(super) use self::{
    bytes::Binary,
    log::Log,
    network::{Clients, Fetched},
    random::Random,
    state::{ActionSide, Event, Phase, Settle, Side, State, Watch},
};

/// The functions that JavaScript may call. They must outlive all JavaScript of their context, whatever it does to its
/// globals: an image of its memory refers to them.
pub(super) type Kept = Vec<Persistent<Function<'static>>>;

/// The object that the prelude works with, while functions are put into it.
struct Host<'js> {
    context: Ctx<'js>,
    object: Object<'js>,
    kept: Kept,
}

impl<'js> Host<'js> {
    fn add<P>(&mut self, name: &str, function: impl IntoJsFunc<'js, P> + 'js) -> Result<()> {
        let function = Function::new(self.context.clone(), function)?;
        self.object.set(name, function.clone())?;
        self.kept.push(Persistent::save(&self.context, function));
        Ok(())
    }
}

/// Makes the object that the prelude works with, and lets the prelude set up the globals of a context.
pub(super) fn install(context: &Ctx<'_>, state: &Rc<State>) -> Result<Kept> {
    let mut host = Host {
        context: context.clone(),
        object: Object::new(context.clone())?,
        kept: Kept::new(),
    };
    host.object.set("isTransaction", state.is_transaction)?;
    bytes::install(&mut host)?;
    crypto::install(&mut host)?;
    network::install(&mut host, state)?;
    syscalls::install(&mut host, state)?;
    timers::install(&mut host, state)?;
    url::install(&mut host)?;
    install_basics(&mut host, state)?;
    prelude(context, state, "base")?.call::<_, ()>((host.object,))?;
    Ok(host.kept)
}

fn install_basics<'js>(host: &mut Host<'js>, state: &Rc<State>) -> Result<()> {
    let shared = Rc::clone(state);
    host.add("load", move |context: Ctx<'js>, name: String| {
        prelude(&context, &shared, &name)
    })?;
    let shared = Rc::clone(state);
    host.add("now", move || shared.now_milliseconds())?;
    let shared = Rc::clone(state);
    host.add("random", move || shared.random.borrow_mut().fraction())?;
    let shared = Rc::clone(state);
    host.add("environment", move || {
        shared.bundle.environment().to_owned()
    })?;
    let shared = Rc::clone(state);
    host.add("log", move |level: String, text: String| {
        shared.log.borrow_mut().push(&level, &text);
    })
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
