//! A QuickJS runtime with its limits and its module loader.

use std::{cell::Cell, rc::Rc, sync::Arc};

use rquickjs::{
    Ctx, Error, Module, Runtime,
    loader::{ImportAttributes, Loader, Resolver},
    module::Declared,
};

use super::{EngineError, Limits, memory::Memory};
use crate::runtime::{bundle::Bundle, host::Watch};

/// Garbage that may pile up before it is collected in the middle of an execution, in bytes.
const GARBAGE: usize = 8 << 20;

/// A QuickJS runtime.
pub(super) struct Machine {
    pub(super) runtime: Runtime,
    pub(super) bundle: Arc<Bundle>,
    pub(super) limits: Limits,
    pub(super) watch: Rc<Watch>,
    /// Whether `import()` may load modules just now.
    pub(super) may_import: Rc<Cell<bool>>,
    is_spoiled: Cell<bool>,
}

impl Machine {
    pub(super) fn new(bundle: &Arc<Bundle>, limits: Limits) -> Result<Self, EngineError> {
        Self::with_runtime(Runtime::new()?, bundle, limits)
    }

    pub(super) fn in_memory(
        memory: &Memory,
        bundle: &Arc<Bundle>,
        limits: Limits,
    ) -> Result<Self, EngineError> {
        Self::with_runtime(Runtime::new_with_alloc(memory.clone())?, bundle, limits)
    }

    fn with_runtime(
        runtime: Runtime,
        bundle: &Arc<Bundle>,
        limits: Limits,
    ) -> Result<Self, EngineError> {
        let watch = Rc::<Watch>::default();
        let may_import = Rc::new(Cell::new(true));
        runtime.set_memory_limit(limits.memory + GARBAGE);
        runtime.set_max_stack_size(limits.stack);
        runtime.set_gc_threshold(GARBAGE);
        let modules = Modules {
            bundle: Arc::clone(bundle),
            may_import: Rc::clone(&may_import),
        };
        runtime.set_loader(modules.clone(), modules);
        let interrupt = Rc::clone(&watch);
        runtime.set_interrupt_handler(Some(Box::new(move || interrupt.is_over())));
        Ok(Self {
            runtime,
            bundle: Arc::clone(bundle),
            limits,
            watch,
            may_import,
            is_spoiled: Cell::new(false),
        })
    }

    /// Marks the runtime as one to be replaced.
    pub(super) fn spoil(&self) {
        self.is_spoiled.set(true);
    }

    pub(super) fn is_spoiled(&self) -> bool {
        self.is_spoiled.get()
    }
}

/// Gives the engine the modules of a bundle, and nothing else.
#[derive(Clone)]
struct Modules {
    bundle: Arc<Bundle>,
    may_import: Rc<Cell<bool>>,
}

impl Resolver for Modules {
    fn resolve<'js>(
        &mut self,
        _context: &Ctx<'js>,
        base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        if !self.may_import.get() {
            let message = "import() is not available in queries and mutations: import at the top of the module.";
            return Err(Error::new_resolving_message(base, name, message));
        }
        let link = self
            .bundle
            .module(base)
            .and_then(|module| module.links.get(name));
        match link {
            Some(Ok(id)) => Ok(id.clone()),
            Some(Err(message)) => Err(Error::new_resolving_message(base, name, message.as_str())),
            // Rust itself asks by id.
            None if self.bundle.module(name).is_some() && !name.starts_with("prelude:") => {
                Ok(name.to_owned())
            }
            None => Err(Error::new_resolving_message(
                base,
                name,
                "only paths written as a plain string can be imported.",
            )),
        }
    }
}

impl Loader for Modules {
    fn load<'js>(
        &mut self,
        context: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<Module<'js, Declared>> {
        let module = self
            .bundle
            .module(name)
            .ok_or_else(|| Error::new_loading(name))?;
        module.bytecode.declare(context)
    }
}
