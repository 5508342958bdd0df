//! From drafts to bytecode, in a throw-away engine.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use rquickjs::{
    Context, Ctx, Error, Module, Runtime,
    loader::{ImportAttributes, Loader, Resolver},
    module::Declared,
};

use super::{
    BundledModule,
    draft::Draft,
    error::{LoadError, Location},
    positions::Positions,
    strip::Surface,
};
use crate::runtime::bytecode::Bytecode;

impl Draft {
    pub(super) fn of_prelude(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            positions: Positions::default(),
            surface: Surface::default(),
            links: BTreeMap::new(),
            is_free_of_effects: false,
        }
    }
}

/// Drafts on their way, and the bytecode of those that are done.
struct Work {
    drafts: BTreeMap<String, Draft>,
    compiled: BTreeMap<String, Bytecode>,
    /// The module that failed first.
    failed: Option<String>,
}

#[derive(Clone)]
struct Compiler(Rc<RefCell<Work>>);

/// Compiles the modules that can be reached from `starts`.
pub(super) fn compile<'a>(
    drafts: BTreeMap<String, Draft>,
    starts: impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<String, BundledModule>, LoadError> {
    let reachable = reachable(&drafts, starts);
    let compiler = Compiler(Rc::new(RefCell::new(Work {
        drafts,
        compiled: BTreeMap::new(),
        failed: None,
    })));
    let engine = |error: Error| LoadError::Module {
        file: "convex".to_owned(),
        message: format!("the JavaScript engine did not start: {error}"),
    };
    let runtime = Runtime::new().map_err(engine)?;
    runtime.set_loader(compiler.clone(), compiler.clone());
    let context = Context::full(&runtime).map_err(engine)?;
    for id in &reachable {
        let is_done = compiler.0.borrow().compiled.contains_key(id);
        if !is_done {
            context.with(|context| {
                compiler
                    .declare(&context, id)
                    .map(drop)
                    .map_err(|error| compiler.explain(&context, id, &error))
            })?;
        }
    }
    drop(context);
    drop(runtime);
    let mut work = compiler.0.borrow_mut();
    let Work {
        drafts, compiled, ..
    } = &mut *work;
    let modules = std::mem::take(drafts)
        .into_iter()
        .filter_map(|(id, draft)| {
            let bytecode = compiled.remove(&id)?;
            Some((
                id,
                BundledModule {
                    bytecode,
                    positions: draft.positions,
                    links: draft.links,
                },
            ))
        });
    Ok(modules.collect())
}

fn reachable<'a>(
    drafts: &BTreeMap<String, Draft>,
    starts: impl Iterator<Item = &'a str>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&str> = starts.collect();
    while let Some(id) = waiting.pop() {
        let Some(draft) = drafts.get(id) else {
            continue;
        };
        if found.insert(id.to_owned()) {
            waiting.extend(
                draft
                    .links
                    .values()
                    .filter_map(|link| link.as_deref().ok())
                    .filter(|next| drafts.contains_key(*next))
                    .filter_map(|next| drafts.get_key_value(next))
                    .map(|(key, _)| key.as_str()),
            );
        }
    }
    found
}

impl Compiler {
    fn declare<'js>(
        &self,
        context: &Ctx<'js>,
        id: &str,
    ) -> rquickjs::Result<Module<'js, Declared>> {
        let code = self
            .0
            .borrow()
            .drafts
            .get(id)
            .map(|draft| draft.code.clone());
        let code = code.ok_or_else(|| Error::new_loading(id))?;
        // Declaring resolves the imports, so this comes back for them before it is done.
        let declared = Module::declare(context.clone(), id, code).and_then(|module| {
            let bytecode = Bytecode::of(&module)?;
            Ok((module, bytecode))
        });
        match declared {
            Ok((module, bytecode)) => {
                self.0.borrow_mut().compiled.insert(id.to_owned(), bytecode);
                Ok(module)
            }
            Err(error) => {
                self.0
                    .borrow_mut()
                    .failed
                    .get_or_insert_with(|| id.to_owned());
                Err(error)
            }
        }
    }

    fn explain(&self, context: &Ctx<'_>, id: &str, error: &Error) -> LoadError {
        let work = self.0.borrow();
        let id = work.failed.as_deref().unwrap_or(id);
        let file = id.trim_start_matches("../").to_owned();
        let thrown = context.catch();
        let Some(exception) = thrown.as_exception() else {
            return LoadError::Module {
                file,
                message: error.to_string(),
            };
        };
        let message = exception.message().unwrap_or_default();
        let position = exception
            .stack()
            .as_deref()
            .and_then(|stack| position(stack, id));
        match (position, work.drafts.get(id)) {
            (Some((line, column)), Some(draft)) => {
                let (line, column) = draft.positions.source(line, column);
                LoadError::Syntax {
                    location: Location { file, line, column },
                    message,
                }
            }
            _ => LoadError::Module { file, message },
        }
    }
}

/// The first position in `id` that a stack names.
fn position(stack: &str, id: &str) -> Option<(u32, u32)> {
    let after = stack.split_once(&format!("{id}:"))?.1;
    let mut numbers = after.split(|character: char| !character.is_ascii_digit());
    Some((
        numbers.next()?.parse().ok()?,
        numbers
            .next()
            .and_then(|column| column.parse().ok())
            .unwrap_or(1),
    ))
}

impl Resolver for Compiler {
    fn resolve<'js>(
        &mut self,
        _context: &Ctx<'js>,
        base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<String> {
        let work = self.0.borrow();
        match work
            .drafts
            .get(base)
            .and_then(|draft| draft.links.get(name))
        {
            Some(Ok(id)) => Ok(id.clone()),
            Some(Err(message)) => Err(Error::new_resolving_message(base, name, message.as_str())),
            None => Err(Error::new_resolving(base, name)),
        }
    }
}

impl Loader for Compiler {
    fn load<'js>(
        &mut self,
        context: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> rquickjs::Result<Module<'js, Declared>> {
        self.declare(context, name)
    }
}
