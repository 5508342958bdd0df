//! A QuickJS runtime with its limits, its module loader and the contexts that were made ahead.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
    sync::Arc,
};

use rquickjs::{
    Ctx, Error, Module, Runtime,
    loader::{ImportAttributes, Loader, Resolver},
    module::Declared,
};

use super::{EngineError, Limits, realm::Realm};
use crate::runtime::{bundle::Bundle, host::Watch};

/// Garbage that may pile up before it is collected in the middle of an execution, in bytes.
const GARBAGE: usize = 8 << 20;
/// For how many modules a context is kept ready.
const PREPARED: usize = 4;

/// A QuickJS runtime.
pub(super) struct Machine {
    // Contexts go before the runtime they live in.
    prepared: RefCell<Vec<(String, Realm)>>,
    /// The modules of queries and mutations that were called last, the newest first.
    recent: RefCell<VecDeque<String>>,
    pub(super) runtime: Runtime,
    pub(super) bundle: Arc<Bundle>,
    pub(super) limits: Limits,
    pub(super) watch: Rc<Watch>,
    /// Whether `import()` may load modules just now.
    pub(super) may_import: Rc<Cell<bool>>,
    is_spoiled: Cell<bool>,
    has_garbage: Cell<bool>,
}

impl Machine {
    pub(super) fn new(bundle: &Arc<Bundle>, limits: Limits) -> Result<Self, EngineError> {
        let runtime = Runtime::new()?;
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
            prepared: RefCell::default(),
            recent: RefCell::default(),
            runtime,
            bundle: Arc::clone(bundle),
            limits,
            watch,
            may_import,
            is_spoiled: Cell::new(false),
            has_garbage: Cell::new(false),
        })
    }

    /// Marks the runtime as one to be replaced.
    pub(super) fn spoil(&self) {
        self.is_spoiled.set(true);
    }

    pub(super) fn is_spoiled(&self) -> bool {
        self.is_spoiled.get()
    }

    /// A context for a query or mutation in `module`: a prepared one in which it is evaluated already, or a new one.
    pub(super) fn realm(&self, module: &str) -> rquickjs::Result<(Realm, bool)> {
        let mut recent = self.recent.borrow_mut();
        if recent.front().is_none_or(|newest| newest != module) {
            recent.retain(|other| other != module);
            recent.push_front(module.to_owned());
            recent.truncate(PREPARED);
        }
        self.has_garbage.set(true);
        // The collector raises its threshold whenever it runs.
        self.runtime.set_gc_threshold(GARBAGE);
        let mut prepared = self.prepared.borrow_mut();
        if let Some(index) = prepared.iter().position(|(ready, _)| ready == module) {
            return Ok((prepared.swap_remove(index).1, true));
        }
        drop(prepared);
        Ok((Realm::new(self, true)?, false))
    }

    /// Makes one context ahead, or collects garbage. Answers whether there was anything to do.
    pub(super) fn prepare(&self) -> bool {
        let missing = {
            let prepared = self.prepared.borrow();
            let is_ready = |module: &&String| prepared.iter().any(|(ready, _)| ready == *module);
            self.recent
                .borrow()
                .iter()
                .find(|module| !is_ready(module))
                .cloned()
        };
        if let Some(module) = missing {
            match Realm::new(self, true) {
                Ok(realm) if realm.import(self, &module).is_ok() => self.keep(module, realm),
                // The next call finds out what is wrong, and can tell somebody.
                _ => self.recent.borrow_mut().retain(|other| *other != module),
            }
            return true;
        }
        if self.has_garbage.replace(false) {
            self.runtime.run_gc();
            return true;
        }
        false
    }

    fn keep(&self, module: String, realm: Realm) {
        let mut prepared = self.prepared.borrow_mut();
        prepared.push((module, realm));
        if prepared.len() > PREPARED {
            let recent = self.recent.borrow();
            let unused = prepared
                .iter()
                .position(|(module, _)| !recent.contains(module))
                .unwrap_or(0);
            prepared.remove(unused);
        }
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
