//! TypeScript to JavaScript, and what a module imports and exports.

use std::{collections::BTreeSet, path::Path};

use oxc::{
    allocator::Allocator,
    codegen::{Codegen, CodegenOptions},
    diagnostics::OxcDiagnostic,
    parser::Parser,
    semantic::SemanticBuilder,
    span::SourceType,
    syntax::module_record::{ExportExportName, ExportImportName, ImportImportName},
    transformer::{TransformOptions, Transformer},
};

use super::{
    error::{LoadError, Location},
    positions::{Mapping, Positions},
};

/// A module as the engine gets it.
#[derive(Debug)]
pub(super) struct Stripped {
    pub code: String,
    pub positions: Positions,
}

/// One name that a module takes from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Imported {
    Name(String),
    /// `import * as`, `export *`, `import()`, or an import for its effects.
    Everything,
}

/// Where a name that a module exports comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exported {
    /// Defined, or at least named, in the module itself.
    Here { name: String },
    /// `export { original as name } from "specifier"`.
    From {
        name: String,
        specifier: String,
        original: String,
    },
    /// `export * from "specifier"`.
    AllOf { specifier: String },
}

/// The imports and exports of a module.
#[derive(Debug, Default)]
pub(super) struct Surface {
    /// Specifier, what is taken from it, and where the specifier stands.
    pub imports: Vec<(String, Imported, usize)>,
    /// Specifiers of `import("…")`.
    pub dynamic_imports: Vec<(String, usize)>,
    pub exports: Vec<Exported>,
    /// Directives at the top, such as `use node`.
    pub directives: BTreeSet<String>,
    pub is_module: bool,
}

/// Removes types from a file. `file` is its name in errors.
pub(super) fn strip(file: &str, text: &str) -> Result<Stripped, LoadError> {
    let path = Path::new(file);
    let source_type = source_type(path);
    let allocator = Allocator::default();
    let mut parsed = Parser::new(&allocator, text, source_type).parse();
    refuse(file, text, &parsed.diagnostics)?;
    let semantic = SemanticBuilder::new()
        .with_check_syntax_error(true)
        .with_enum_eval(true)
        .with_excess_capacity(2.0)
        .build(&parsed.program);
    refuse(file, text, &semantic.diagnostics)?;
    let transformed = Transformer::new(&allocator, path, &TransformOptions::default())
        .build_with_scoping(semantic.semantic.into_scoping(), &mut parsed.program);
    refuse(file, text, &transformed.diagnostics)?;
    let options = CodegenOptions {
        source_map_path: Some(path.to_owned()),
        ..CodegenOptions::default()
    };
    let generated = Codegen::new().with_options(options).build(&parsed.program);
    let mappings = generated.map.iter().flat_map(|map| {
        map.get_tokens()
            .filter(|token| token.get_source_id().is_some())
            .map(|token| Mapping {
                line: token.get_dst_line(),
                column: token.get_dst_col(),
                source_line: token.get_src_line(),
                source_column: token.get_src_col(),
            })
    });
    Ok(Stripped {
        positions: Positions::new(mappings.collect()),
        code: generated.code,
    })
}

/// Reads the imports and exports of a file, types included when it has any.
pub(super) fn surface(file: &str, text: &str) -> Result<Surface, LoadError> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, source_type(Path::new(file))).parse();
    refuse(file, text, &parsed.diagnostics)?;
    let record = &parsed.module_record;
    let mut surface = Surface {
        is_module: record.has_module_syntax,
        ..Surface::default()
    };
    for directive in &parsed.program.directives {
        surface
            .directives
            .insert(directive.expression.value.to_string());
    }
    for import in &record.import_entries {
        let imported = match &import.import_name {
            ImportImportName::Name(name) => Imported::Name(name.name.to_string()),
            ImportImportName::Default(_) => Imported::Name("default".to_owned()),
            ImportImportName::NamespaceObject => Imported::Everything,
        };
        let request = &import.module_request;
        surface.imports.push((
            request.name.to_string(),
            imported,
            request.span.start as usize,
        ));
    }
    for entry in record
        .indirect_export_entries
        .iter()
        .chain(&record.star_export_entries)
    {
        let Some(request) = &entry.module_request else {
            continue;
        };
        let specifier = request.name.to_string();
        let imported = match &entry.import_name {
            ExportImportName::Name(name) => Imported::Name(name.name.to_string()),
            _ => Imported::Everything,
        };
        match (&imported, export_name(&entry.export_name)) {
            (Imported::Name(original), Some(name)) => surface.exports.push(Exported::From {
                name,
                specifier: specifier.clone(),
                original: original.clone(),
            }),
            // `export * as name from`: a name of the module's own that holds everything.
            (Imported::Everything, Some(name)) => surface.exports.push(Exported::Here { name }),
            (_, None) => surface.exports.push(Exported::AllOf {
                specifier: specifier.clone(),
            }),
        }
        surface
            .imports
            .push((specifier, imported, request.span.start as usize));
    }
    for entry in &record.local_export_entries {
        if let Some(name) = export_name(&entry.export_name).filter(|_| !entry.is_type) {
            surface.exports.push(Exported::Here { name });
        }
    }
    for (specifier, uses) in &record.requested_modules {
        if !surface
            .imports
            .iter()
            .any(|(known, ..)| known == specifier.as_str())
        {
            let offset = uses.first().map_or(0, |using| using.span.start as usize);
            surface
                .imports
                .push((specifier.to_string(), Imported::Everything, offset));
        }
    }
    for import in &record.dynamic_imports {
        let span = import.module_request;
        let literal = text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default();
        if let Some(specifier) = unquoted(literal) {
            surface
                .dynamic_imports
                .push((specifier, span.start as usize));
        }
    }
    Ok(surface)
}

fn export_name(name: &ExportExportName<'_>) -> Option<String> {
    match name {
        ExportExportName::Name(name) => Some(name.name.to_string()),
        ExportExportName::Default(_) => Some("default".to_owned()),
        ExportExportName::Null => None,
    }
}

fn unquoted(literal: &str) -> Option<String> {
    let inner = ['"', '\'', '`'].iter().find_map(|quote| {
        literal
            .strip_prefix(*quote)
            .and_then(|rest| rest.strip_suffix(*quote))
    })?;
    (!inner.contains(['\\', '$'])).then(|| inner.to_owned())
}

fn source_type(path: &Path) -> SourceType {
    // Every file of a bundle is a module, whatever its extension says.
    SourceType::from_path(path)
        .unwrap_or_default()
        .with_module(true)
}

fn refuse<'a>(
    file: &str,
    text: &str,
    diagnostics: impl IntoIterator<Item = &'a OxcDiagnostic>,
) -> Result<(), LoadError> {
    let Some(diagnostic) = diagnostics.into_iter().next() else {
        return Ok(());
    };
    let offset = diagnostic
        .labels
        .iter()
        .next()
        .map_or(0, |label| label.offset());
    Err(LoadError::Syntax {
        location: Location::at(file, text, offset as usize),
        message: diagnostic.message.to_string(),
    })
}
