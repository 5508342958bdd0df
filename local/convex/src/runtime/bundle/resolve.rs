//! From what an import names to a file, as the Convex CLI's bundler would find it.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use serde_json::Value as Json;

use super::discovery::EXTENSIONS;

/// Conditions of a package's `exports` that hold here, the strongest first.
const CONDITIONS: [&str; 4] = ["convex", "module", "import", "default"];

const NODE_MODULES: [&str; 20] = [
    "assert",
    "async_hooks",
    "buffer",
    "child_process",
    "crypto",
    "dns",
    "events",
    "fs",
    "http",
    "https",
    "module",
    "net",
    "os",
    "path",
    "process",
    "stream",
    "tls",
    "url",
    "util",
    "zlib",
];

/// Finds the file that `specifier` means in the file `from`; else says why there is none.
pub(super) fn resolve(
    from: &Path,
    specifier: &str,
    convex_package: &Path,
) -> Result<PathBuf, String> {
    if specifier.starts_with("./")
        || specifier.starts_with("../")
        || matches!(specifier, "." | "..")
    {
        let folder = from.parent().unwrap_or(Path::new(""));
        return file(&normalized(&folder.join(specifier)))
            .ok_or_else(|| "there is no such file.".to_owned());
    }
    if specifier.starts_with('/') || specifier.contains("://") {
        return Err("only relative paths and names of npm packages can be imported.".to_owned());
    }
    let (package, inside) = split(specifier);
    if specifier.starts_with("node:") || NODE_MODULES.contains(&package) {
        return Err("this module belongs to Node.js. Functions that need it start with \"use node\", which the \
                    local deployment does not run; a Convex deployment does."
            .to_owned());
    }
    let root = if package == "convex" {
        Some(convex_package.to_owned())
    } else {
        package_root(from, package)
    };
    let root = root.ok_or_else(|| format!("the npm package \"{package}\" is not installed."))?;
    in_package(&root, inside)
        .ok_or_else(|| format!("the npm package \"{package}\" has no ES module of this name."))
}

/// The name of a package and the path inside it: `@scope/name/a/b` is `@scope/name` and `a/b`.
pub(super) fn split(specifier: &str) -> (&str, &str) {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier
        .match_indices('/')
        .nth(parts - 1)
        .map_or(specifier.len(), |(index, _)| index);
    (&specifier[..end], specifier[end..].trim_start_matches('/'))
}

/// The installed folder of a package, searched from an importing file upwards.
pub(super) fn package_root(from: &Path, package: &str) -> Option<PathBuf> {
    from.ancestors()
        .skip(1)
        .map(|folder| folder.join("node_modules").join(package))
        .find(|folder| folder.is_dir())
}

/// A path without `.` and `..`.
pub(super) fn normalized(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

/// The file at a path whose extension, or `/index`, may have been left out.
fn file(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_owned());
    }
    // TypeScript lets `./a.js` mean `a.ts`.
    let written = path.extension().and_then(|extension| extension.to_str());
    let typescript = match written {
        Some("js") => path.with_extension("ts"),
        Some("jsx") => path.with_extension("tsx"),
        Some("mjs") => path.with_extension("mts"),
        _ => PathBuf::new(),
    };
    if typescript.is_file() {
        return Some(typescript);
    }
    let with = |extension: &&str| {
        let mut name = path.as_os_str().to_owned();
        name.push(".");
        name.push(extension);
        PathBuf::from(name)
    };
    let beside = EXTENSIONS.iter().chain(&["json"]).map(with);
    let index = EXTENSIONS
        .iter()
        .map(|extension| path.join(format!("index.{extension}")));
    beside.chain(index).find(|candidate| candidate.is_file())
}

fn in_package(root: &Path, inside: &str) -> Option<PathBuf> {
    let manifest = manifest(root)?;
    let subpath = if inside.is_empty() {
        ".".to_owned()
    } else {
        format!("./{inside}")
    };
    if let Some(exports) = manifest.get("exports") {
        return file(&normalized(&root.join(exported(exports, &subpath)?)));
    }
    if !inside.is_empty() {
        return file(&root.join(inside));
    }
    let main = ["module", "main"]
        .iter()
        .find_map(|field| manifest.get(field)?.as_str())
        .unwrap_or("index.js");
    file(&normalized(&root.join(main)))
}

pub(super) fn manifest(root: &Path) -> Option<Json> {
    serde_json::from_str(&fs::read_to_string(root.join("package.json")).ok()?).ok()
}

fn exported(exports: &Json, subpath: &str) -> Option<String> {
    let by_path = exports
        .as_object()
        .filter(|map| map.keys().any(|key| key.starts_with('.')));
    let Some(by_path) = by_path else {
        return (subpath == ".").then(|| target(exports, "")).flatten();
    };
    if let Some(exact) = by_path.get(subpath) {
        return target(exact, "");
    }
    by_path
        .iter()
        .filter_map(|(pattern, value)| {
            let (before, after) = pattern.split_once('*')?;
            let middle = subpath.strip_prefix(before)?.strip_suffix(after)?;
            Some((before.len(), value, middle))
        })
        .max_by_key(|(length, ..)| *length)
        .and_then(|(_, value, middle)| target(value, middle))
}

fn target(value: &Json, star: &str) -> Option<String> {
    match value {
        Json::String(path) => Some(path.replace('*', star)),
        Json::Array(options) => options.iter().find_map(|option| target(option, star)),
        Json::Object(map) => CONDITIONS
            .iter()
            .find_map(|condition| target(map.get(*condition)?, star)),
        _ => None,
    }
}
