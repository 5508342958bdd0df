//! Which files of `convex/` are modules, and what each of them is for.

use std::{fs, io, path::Path};

/// What a file in `convex/` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A module whose exported functions can be called.
    Functions,
    Schema,
    AuthConfig,
    /// Declares components.
    Components,
}

/// A file that is a starting point of the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Relative to `convex/`, with `/` between its parts.
    pub file: String,
    /// `file` without its extension.
    pub module: String,
    pub role: Role,
}

pub(super) const EXTENSIONS: [&str; 8] = ["ts", "tsx", "js", "jsx", "mts", "mjs", "cts", "cjs"];

/// The entries under a `convex/` folder, in the order of their names.
pub(super) fn entries(directory: &Path) -> io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    visit(directory, "", &mut found)?;
    found.sort_by(|left, right| left.file.cmp(&right.file));
    Ok(found)
}

fn visit(directory: &Path, prefix: &str, found: &mut Vec<Entry>) -> io::Result<()> {
    for item in fs::read_dir(directory)? {
        let item = item?;
        let Ok(name) = item.file_name().into_string() else {
            continue;
        };
        if name.starts_with(['.', '#']) || name.contains(' ') {
            continue;
        }
        let path = item.path();
        if path.is_dir() {
            if !matches!(name.as_str(), "_generated" | "node_modules") && !is_component(&path) {
                visit(&path, &format!("{prefix}{name}/"), found)?;
            }
        } else if let Some(entry) = entry(prefix, &name) {
            found.push(entry);
        }
    }
    Ok(())
}

fn entry(prefix: &str, name: &str) -> Option<Entry> {
    let (stem, extension) = name.rsplit_once('.')?;
    if !EXTENSIONS.contains(&extension) {
        return None;
    }
    let role = match (prefix, stem) {
        ("", "schema") => Role::Schema,
        ("", "auth.config") => Role::AuthConfig,
        ("", "convex.config") => Role::Components,
        // Tests, declarations and other tools' configuration.
        _ if stem.contains('.') => return None,
        _ if stem == "schema" => return None,
        _ => Role::Functions,
    };
    Some(Entry {
        file: format!("{prefix}{name}"),
        module: format!("{prefix}{stem}"),
        role,
    })
}

/// A folder below `convex/` with a configuration of its own is a component's.
fn is_component(directory: &Path) -> bool {
    EXTENSIONS.iter().any(|extension| {
        directory
            .join(format!("convex.config.{extension}"))
            .is_file()
    })
}
