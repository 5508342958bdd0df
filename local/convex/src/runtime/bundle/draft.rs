//! Reading every file that the entries lead to, before the engine sees any of it.

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    path::{Path, PathBuf},
};

use super::{
    discovery::EXTENSIONS,
    error::{LoadError, Location},
    generated,
    positions::Positions,
    resolve,
    strip::{self, Surface},
};

/// A module with its imports resolved, not compiled yet.
#[derive(Debug)]
pub(super) struct Draft {
    pub code: String,
    pub positions: Positions,
    pub surface: Surface,
    /// The module behind each specifier; for an `import()` that leads nowhere, why.
    pub links: BTreeMap<String, Result<String, String>>,
    /// Evaluating it does nothing but define what it exports.
    pub is_free_of_effects: bool,
}

/// Collects drafts, starting from the files it is given.
pub(super) struct Reader<'a> {
    directory: &'a Path,
    convex_package: &'a Path,
    pub drafts: BTreeMap<String, Draft>,
    ids: BTreeMap<PathBuf, String>,
    waiting: VecDeque<(PathBuf, String)>,
    free_packages: BTreeMap<PathBuf, bool>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(directory: &'a Path, convex_package: &'a Path) -> Self {
        Self {
            directory,
            convex_package,
            drafts: BTreeMap::new(),
            ids: BTreeMap::new(),
            waiting: VecDeque::new(),
            free_packages: BTreeMap::new(),
        }
    }

    /// Takes a file up, and answers its id: what stack traces call it.
    pub(super) fn add(&mut self, path: &Path) -> String {
        if let Some(id) = self.ids.get(path) {
            return id.clone();
        }
        let id = self.id(path);
        self.ids.insert(path.to_owned(), id.clone());
        self.waiting.push_back((path.to_owned(), id.clone()));
        id
    }

    /// Reads all that was added and whatever it imports.
    pub(super) fn read_all(&mut self) -> Result<(), LoadError> {
        while let Some((path, id)) = self.waiting.pop_front() {
            let draft = self.read(&path, &id)?;
            self.drafts.insert(id, draft);
        }
        Ok(())
    }

    fn id(&self, path: &Path) -> String {
        let shown = |path: &Path| path.to_string_lossy().replace('\\', "/");
        if let Ok(inside) = path.strip_prefix(self.directory) {
            return format!("../convex/{}", shown(inside));
        }
        if let Ok(inside) = path.strip_prefix(self.convex_package) {
            return format!("../node_modules/convex/{}", shown(inside));
        }
        let project = self.directory.parent().unwrap_or(Path::new("/"));
        if let Ok(inside) = path.strip_prefix(project) {
            return format!("../{}", shown(inside));
        }
        let text = shown(path);
        text.split_once("/node_modules/")
            .map_or(text.clone(), |(_, rest)| format!("../node_modules/{rest}"))
    }

    fn read(&mut self, path: &Path, id: &str) -> Result<Draft, LoadError> {
        let file = id.trim_start_matches("../");
        let text = match self.generated(path) {
            Some(text) => text.to_owned(),
            None => fs::read_to_string(path).map_err(|error| LoadError::Read {
                file: file.to_owned(),
                message: error.to_string(),
            })?,
        };
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            return json_module(file, &text);
        }
        let package = package_of(path);
        let (code, positions) = if package.is_some() && !is_typescript(path) {
            (text.clone(), Positions::default())
        } else {
            let stripped = strip::strip(file, &text)?;
            (stripped.code, stripped.positions)
        };
        let name = if package.is_some() {
            file.to_owned()
        } else {
            format!("{file}.js")
        };
        let surface = strip::surface(&name, &code)?;
        if let Some(package) = package
            .as_deref()
            .filter(|_| !surface.is_module && is_common_js(&code))
        {
            return Err(LoadError::Module {
                file: file.to_owned(),
                message: format!(
                    "the npm package \"{}\" is CommonJS here, and the local deployment only reads ES modules.",
                    manifest_name(package)
                ),
            });
        }
        let links = self.links(path, file, &text, &surface)?;
        let is_free_of_effects = package.is_some_and(|root| self.is_free(&root));
        Ok(Draft {
            code,
            positions,
            surface,
            links,
            is_free_of_effects,
        })
    }

    fn links(
        &mut self,
        path: &Path,
        file: &str,
        text: &str,
        surface: &Surface,
    ) -> Result<BTreeMap<String, Result<String, String>>, LoadError> {
        let mut links = BTreeMap::new();
        for (specifier, ..) in &surface.imports {
            if links.contains_key(specifier) {
                continue;
            }
            let target = self
                .resolve(path, specifier)
                .map_err(|message| LoadError::Import {
                    location: Location::at(file, text, specifier_offset(text, specifier)),
                    specifier: specifier.clone(),
                    message,
                })?;
            let id = self.add(&target);
            links.insert(specifier.clone(), Ok(id));
        }
        for (specifier, _) in &surface.dynamic_imports {
            if links.contains_key(specifier) {
                continue;
            }
            let target = self
                .resolve(path, specifier)
                .map(|target| self.add(&target));
            links.insert(specifier.clone(), target);
        }
        Ok(links)
    }

    fn resolve(&self, from: &Path, specifier: &str) -> Result<PathBuf, String> {
        let found = resolve::resolve(from, specifier, self.convex_package);
        if found.is_err() && specifier.starts_with('.') {
            let folder = from.parent().unwrap_or(Path::new(""));
            let path = resolve::normalized(&folder.join(specifier)).with_extension("js");
            if self.generated(&path).is_some() {
                return Ok(path);
            }
        }
        found
    }

    /// The text of a file in `_generated/` that is needed and not there.
    fn generated(&self, path: &Path) -> Option<&'static str> {
        let inside = path
            .strip_prefix(self.directory)
            .ok()?
            .strip_prefix("_generated")
            .ok()?;
        if path.exists() {
            return None;
        }
        generated::source(inside.file_stem()?.to_str()?)
    }

    fn is_free(&mut self, root: &Path) -> bool {
        if let Some(known) = self.free_packages.get(root) {
            return *known;
        }
        let free = resolve::manifest(root)
            .and_then(|manifest| manifest.get("sideEffects")?.as_bool())
            .is_some_and(|effects| !effects);
        self.free_packages.insert(root.to_owned(), free);
        free
    }
}

/// The folder of the npm package that a file belongs to.
fn package_of(path: &Path) -> Option<PathBuf> {
    let mut below = PathBuf::new();
    let mut root = None;
    let parts: Vec<_> = path.components().collect();
    for (index, part) in parts.iter().enumerate() {
        below.push(part);
        if part.as_os_str() == "node_modules" {
            let name = parts.get(index + 1)?.as_os_str();
            let mut folder = below.join(name);
            if name.to_string_lossy().starts_with('@') {
                folder.push(parts.get(index + 2)?);
            }
            root = Some(folder);
        }
    }
    root
}

fn manifest_name(root: &Path) -> String {
    let name = root
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    match root
        .parent()
        .and_then(Path::file_name)
        .map(|scope| scope.to_string_lossy())
    {
        Some(scope) if scope.starts_with('@') => format!("{scope}/{name}"),
        _ => name,
    }
}

/// A file without imports and exports may also be a module that only declares types.
fn is_common_js(code: &str) -> bool {
    ["require(", "module.exports", "exports."]
        .iter()
        .any(|sign| code.contains(sign))
}

fn is_typescript(path: &Path) -> bool {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    EXTENSIONS.contains(&extension) && extension.contains(['t', 'x'])
}

fn specifier_offset(text: &str, specifier: &str) -> usize {
    ['"', '\'']
        .iter()
        .find_map(|quote| text.find(&format!("{quote}{specifier}{quote}")))
        .unwrap_or(0)
}

fn json_module(file: &str, text: &str) -> Result<Draft, LoadError> {
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| LoadError::Syntax {
            location: Location {
                file: file.to_owned(),
                line: u32::try_from(error.line()).unwrap_or(u32::MAX),
                column: u32::try_from(error.column()).unwrap_or(u32::MAX),
            },
            message: error.to_string(),
        })?;
    // Parsed at run time: `__proto__` in a literal would mean something else.
    let literal = serde_json::Value::String(value.to_string());
    Ok(Draft {
        code: format!("export default JSON.parse({literal});\n"),
        positions: Positions::default(),
        surface: Surface::default(),
        links: BTreeMap::new(),
        is_free_of_effects: false,
    })
}
