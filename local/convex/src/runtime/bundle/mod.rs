//! Every module of a `convex/` folder and of what it imports, stripped and compiled once.

mod compile;
mod discovery;
mod draft;
mod error;
mod generated;
mod positions;
mod prune;
mod resolve;
mod strip;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::Value as Json;

use self::{
    discovery::{Entry, Role},
    draft::{Draft, Reader},
    strip::Exported,
};
use super::bytecode::Bytecode;

pub(crate) use self::error::LoadError;
pub(super) use self::positions::Positions;

/// Files of the JavaScript that every context starts with, by the name under which [`Bundle`] keeps them.
const PRELUDE: [(&str, &str); 9] = [
    ("prelude:base", include_str!("../prelude/base.js")),
    ("prelude:console", include_str!("../prelude/console.js")),
    ("prelude:crypto", include_str!("../prelude/crypto.js")),
    ("prelude:entry", include_str!("../prelude/entry.js")),
    ("prelude:events", include_str!("../prelude/events.js")),
    ("prelude:fetch", include_str!("../prelude/fetch.js")),
    ("prelude:storage", include_str!("../prelude/storage.js")),
    ("prelude:text", include_str!("../prelude/text.js")),
    ("prelude:url", include_str!("../prelude/url.js")),
];

/// Where a bundle comes from.
#[derive(Clone, Debug)]
pub(crate) struct BundleOptions {
    /// The `convex/` folder.
    pub directory: PathBuf,
    /// All that functions see as `process.env`.
    pub environment: BTreeMap<String, String>,
    /// The folder of the npm package `convex`; otherwise it is searched in `node_modules` from `directory` upwards.
    pub convex_package: Option<PathBuf>,
}

/// A module that engines can load.
pub(super) struct BundledModule {
    pub bytecode: Bytecode,
    pub positions: Positions,
    pub links: BTreeMap<String, Result<String, String>>,
}

/// All JavaScript of a deployment, shared between engines.
pub(crate) struct Bundle {
    /// By id: the path that stack traces show.
    modules: BTreeMap<String, BundledModule>,
    /// From `dir/messages` to the module's id.
    functions: BTreeMap<String, String>,
    schema: Option<String>,
    auth_config: Option<String>,
    /// Exports of the modules that ask for Node.js.
    node_modules: BTreeMap<String, Vec<String>>,
    environment: String,
    loaded_milliseconds: f64,
}

impl fmt::Debug for Bundle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Bundle");
        debug
            .field("functions", &self.functions)
            .field("modules", &self.modules.len())
            .finish_non_exhaustive()
    }
}

impl Bundle {
    /// Reads, strips and compiles a `convex/` folder.
    pub(crate) fn load(options: &BundleOptions) -> Result<Self, LoadError> {
        let directory = fs::canonicalize(&options.directory).map_err(|error| LoadError::Read {
            file: options.directory.display().to_string(),
            message: error.to_string(),
        })?;
        let convex_package = convex_package(&directory, options.convex_package.as_deref())?;
        let mut reader = Reader::new(&directory, &convex_package);
        let mut entries = Entries::default();
        let found = discovery::entries(&directory).map_err(|error| LoadError::Read {
            file: directory.display().to_string(),
            message: error.to_string(),
        })?;
        for entry in found {
            entries.add(entry, &directory, &mut reader)?;
        }
        reader.read_all()?;
        let mut drafts = reader.drafts;
        prune::prune(&mut drafts);
        drafts.extend(
            PRELUDE
                .iter()
                .map(|(name, code)| ((*name).to_owned(), Draft::of_prelude(code))),
        );
        let starts = entries
            .functions
            .values()
            .chain(&entries.schema)
            .chain(&entries.auth_config);
        let starts = starts
            .map(String::as_str)
            .chain(PRELUDE.iter().map(|(name, _)| *name));
        let modules = compile::compile(drafts, starts)?;
        Ok(Self {
            modules,
            functions: entries.functions,
            schema: entries.schema,
            auth_config: entries.auth_config,
            node_modules: entries.node_modules,
            environment: Json::from_iter(options.environment.clone()).to_string(),
            loaded_milliseconds: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0.0, |since| since.as_secs_f64() * 1000.0)
                .floor(),
        })
    }

    pub(super) fn module(&self, id: &str) -> Option<&BundledModule> {
        self.modules.get(id)
    }

    /// The id of a module that may hold functions, such as `dir/messages`.
    pub(super) fn function_module(&self, module: &str) -> Option<&str> {
        self.functions.get(module).map(String::as_str)
    }

    pub(super) fn function_modules(&self) -> impl Iterator<Item = (&str, &str)> {
        self.functions
            .iter()
            .map(|(module, id)| (module.as_str(), id.as_str()))
    }

    pub(super) fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    pub(super) fn auth_config(&self) -> Option<&str> {
        self.auth_config.as_deref()
    }

    pub(super) fn node_modules(&self) -> &BTreeMap<String, Vec<String>> {
        &self.node_modules
    }

    /// JSON text of the object behind `process.env`.
    pub(super) fn environment(&self) -> &str {
        &self.environment
    }

    /// The time that modules see while they are evaluated.
    pub(super) fn loaded_milliseconds(&self) -> f64 {
        self.loaded_milliseconds
    }
}

#[derive(Default)]
struct Entries {
    functions: BTreeMap<String, String>,
    schema: Option<String>,
    auth_config: Option<String>,
    node_modules: BTreeMap<String, Vec<String>>,
}

impl Entries {
    fn add(
        &mut self,
        entry: Entry,
        directory: &Path,
        reader: &mut Reader<'_>,
    ) -> Result<(), LoadError> {
        let path = directory.join(&entry.file);
        let file = format!("convex/{}", entry.file);
        match entry.role {
            Role::Schema => self.schema = Some(reader.add(&path)),
            Role::AuthConfig => self.auth_config = Some(reader.add(&path)),
            Role::Components => {
                let text = read(&path, &file)?;
                if strip::strip(&file, &text)?.code.contains(".use(") {
                    return Err(LoadError::Components { file });
                }
            }
            Role::Functions => {
                let text = read(&path, &file)?;
                // Spares all other files a second parse.
                if text.contains("use node") {
                    let surface =
                        strip::surface(&format!("{file}.js"), &strip::strip(&file, &text)?.code)?;
                    if surface.directives.contains("use node") {
                        let exports =
                            surface
                                .exports
                                .into_iter()
                                .filter_map(|exported| match exported {
                                    Exported::Here { name } | Exported::From { name, .. } => {
                                        Some(name)
                                    }
                                    Exported::AllOf { .. } => None,
                                });
                        self.node_modules.insert(entry.module, exports.collect());
                        return Ok(());
                    }
                }
                self.functions.insert(entry.module, reader.add(&path));
            }
        }
        Ok(())
    }
}

fn read(path: &Path, file: &str) -> Result<String, LoadError> {
    fs::read_to_string(path).map_err(|error| LoadError::Read {
        file: file.to_owned(),
        message: error.to_string(),
    })
}

/// Finds the npm package `convex` and checks that its version is one whose syscalls are known.
fn convex_package(directory: &Path, given: Option<&Path>) -> Result<PathBuf, LoadError> {
    let error = |folder: &Path, message: String| LoadError::ConvexPackage {
        directory: folder.display().to_string(),
        message,
    };
    let found = match given {
        Some(folder) => folder.to_owned(),
        None => resolve::package_root(&directory.join("_"), "convex").ok_or_else(|| {
            error(
                directory,
                "the npm package \"convex\" is not installed here or above.".to_owned(),
            )
        })?,
    };
    let found = fs::canonicalize(&found).map_err(|reason| error(&found, reason.to_string()))?;
    let version = resolve::manifest(&found)
        .and_then(|manifest| manifest.get("version")?.as_str().map(str::to_owned))
        .ok_or_else(|| {
            error(
                &found,
                "this folder does not hold the npm package \"convex\".".to_owned(),
            )
        })?;
    let mut numbers = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    match (numbers.next(), numbers.next()) {
        (Some(1), Some(minor)) if minor >= 30 => Ok(found),
        _ => Err(error(
            &found,
            format!(
                "version {version} of the npm package \"convex\" is not supported: install 1.30 or a later 1.x."
            ),
        )),
    }
}
