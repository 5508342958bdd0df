//! Imports that lead to what they need and nothing else.
//!
//! `convex/server` and `convex/values` re-export everything that the package has. A context is made for every execution
//! and has to evaluate what is imported, so a name taken from such a module is taken from where it is defined; only in
//! packages that declare to be free of side effects, where nobody can tell.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{
    draft::Draft,
    positions::Positions,
    strip::{Exported, Imported, Surface},
};

/// Where a name is defined, and what it is called there.
type Origin = (String, String);

/// Points the imports of every draft at the modules that define what they take.
pub(super) fn prune(drafts: &mut BTreeMap<String, Draft>) {
    let mut links = Vec::new();
    let mut shims = BTreeMap::new();
    for (id, draft) in drafts.iter() {
        for (specifier, target) in &draft.links {
            let Ok(target) = target else { continue };
            if let Some(to) = narrowed(drafts, draft, specifier, target, &mut shims) {
                links.push((id.clone(), specifier.clone(), to));
            }
        }
    }
    for (id, specifier, to) in links {
        if let Some(draft) = drafts.get_mut(&id) {
            draft.links.insert(specifier, Ok(to));
        }
    }
    drafts.extend(shims);
}

/// A better target than `target` for an import, when there is one.
fn narrowed(
    drafts: &BTreeMap<String, Draft>,
    draft: &Draft,
    specifier: &str,
    target: &str,
    shims: &mut BTreeMap<String, Draft>,
) -> Option<String> {
    drafts
        .get(target)
        .filter(|module| module.is_free_of_effects)?;
    if draft
        .surface
        .dynamic_imports
        .iter()
        .any(|(dynamic, _)| dynamic == specifier)
    {
        return None;
    }
    let mut origins: BTreeMap<&str, Origin> = BTreeMap::new();
    for (_, imported, _) in draft
        .surface
        .imports
        .iter()
        .filter(|(other, ..)| other == specifier)
    {
        let Imported::Name(name) = imported else {
            return None;
        };
        origins.insert(name, origin(drafts, target, name, 0)?);
    }
    let mut modules = origins.values().map(|(module, _)| module);
    let first = modules.next()?;
    let is_one_module = modules.all(|module| module == first);
    if is_one_module && origins.iter().all(|(name, (_, original))| name == original) {
        return (first != target).then(|| first.clone());
    }
    let mut code = String::new();
    let mut links = BTreeMap::new();
    for (name, (module, original)) in &origins {
        let _ = writeln!(code, "export {{ {original} as {name} }} from {module:?};");
        links.insert(module.clone(), Ok(module.clone()));
    }
    let names: Vec<&str> = origins.keys().copied().collect();
    let shim = format!("{target}?{}", names.join(","));
    shims.entry(shim.clone()).or_insert_with(|| Draft {
        code,
        positions: Positions::default(),
        surface: Surface::default(),
        links,
        is_free_of_effects: true,
    });
    Some(shim)
}

/// Follows re-exports to where `name` is defined, as far as that is inside packages free of effects.
fn origin(
    drafts: &BTreeMap<String, Draft>,
    module: &str,
    name: &str,
    depth: usize,
) -> Option<Origin> {
    let draft = drafts.get(module).filter(|_| depth < 32)?;
    let linked = |specifier: &str| {
        draft
            .links
            .get(specifier)
            .and_then(|link| link.as_ref().ok())
    };
    for exported in &draft.surface.exports {
        match exported {
            Exported::Here { name: own } if own == name => {
                return Some((module.to_owned(), name.to_owned()));
            }
            Exported::From {
                name: own,
                specifier,
                original,
            } if own == name => {
                let next = linked(specifier)?;
                return match drafts.get(next) {
                    Some(draft) if draft.is_free_of_effects => {
                        origin(drafts, next, original, depth + 1)
                    }
                    _ => Some((module.to_owned(), name.to_owned())),
                };
            }
            _ => {}
        }
    }
    draft
        .surface
        .exports
        .iter()
        .find_map(|exported| match exported {
            Exported::AllOf { specifier } => origin(drafts, linked(specifier)?, name, depth + 1),
            _ => None,
        })
}
