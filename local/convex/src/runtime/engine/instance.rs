//! Contexts for queries and mutations: made once for each module, and put back to how they were after every execution.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use super::{
    Limits,
    failure::Failure,
    machine::Machine,
    memory::{Image, Memory},
    realm::Realm,
};
use crate::runtime::bundle::Bundle;

/// How many instances wait for their next execution.
const IDLE: usize = 8;

/// A runtime with one context in which a module was evaluated.
pub(super) struct Instance {
    /// The module's id.
    module: String,
    /// What the module logged meanwhile.
    log_lines: Vec<String>,
    // Contexts go before the runtime they live in.
    pub(super) realm: Realm,
    pub(super) machine: Machine,
    memory: Memory,
    image: Image,
}

impl Instance {
    fn new(bundle: &Arc<Bundle>, limits: Limits, module: &str) -> Result<Self, Failed> {
        let failed = |failure: Failure| Failed {
            failure,
            log_lines: Vec::new(),
        };
        let memory = Memory::default();
        let machine = Machine::in_memory(&memory, bundle, limits)
            .map_err(|error| failed(Failure::Thrown(error.into())))?;
        let realm = Realm::new(&machine, true).map_err(|error| failed(Failure::from(&error)))?;
        let imported = realm.import(&machine, module);
        let log_lines = realm.state.log.borrow_mut().take();
        if let Err(failure) = imported {
            return Err(Failed { failure, log_lines });
        }
        machine.may_import.set(false);
        machine.runtime.run_gc();
        Ok(Self {
            module: module.to_owned(),
            log_lines,
            image: memory.save(),
            realm,
            machine,
            memory,
        })
    }

    /// Puts the context back to how it was. `false` when that is not possible: then it must not be used again.
    fn restore(&self) -> bool {
        let state = &self.realm.state;
        state.clear();
        state.log.borrow_mut().take();
        state.refused.take();
        if Rc::strong_count(state) != self.realm.references {
            // Functions of Rust that the execution has made: what they hold would never be freed, and might be used.
            debug_assert!(false, "an execution has made functions of Rust");
            return false;
        }
        #[allow(
            unsafe_code,
            reason = "what an execution made is only referred to by its state, which was cleared, and by locals of functions that have returned; what the runtime refers to belongs to the realm"
        )]
        unsafe {
            self.memory.restore(&self.image);
        }
        true
    }
}

/// Why there is no instance, and what the module logged.
pub(super) struct Failed {
    pub(super) failure: Failure,
    pub(super) log_lines: Vec<String>,
}

/// The instances of one engine.
#[derive(Default)]
pub(super) struct Instances {
    /// Those that are not in use, the one used last at the end.
    idle: RefCell<Vec<Instance>>,
}

impl Instances {
    /// Runs `work` in a fresh context of a module. It may ask for further ones.
    pub(super) fn with<R>(
        &self,
        bundle: &Arc<Bundle>,
        limits: Limits,
        module: &str,
        work: impl FnOnce(&Instance) -> R,
    ) -> Result<R, Failed> {
        let instance = match self.take(module) {
            Some(instance) => instance,
            None => Instance::new(bundle, limits, module)?,
        };
        let log = &instance.realm.state.log;
        log.borrow_mut().extend(instance.log_lines.clone());
        let result = work(&instance);
        if !instance.restore() {
            return Ok(result);
        }
        let mut idle = self.idle.borrow_mut();
        if idle.len() >= IDLE {
            idle.remove(0);
        }
        idle.push(instance);
        Ok(result)
    }

    fn take(&self, module: &str) -> Option<Instance> {
        let mut idle = self.idle.borrow_mut();
        let last = idle
            .iter()
            .rposition(|instance| instance.module == module)?;
        Some(idle.remove(last))
    }
}
