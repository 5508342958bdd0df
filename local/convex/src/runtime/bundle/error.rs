//! Why a `convex/` folder could not be loaded.

use std::fmt;

/// A place in a file, counting from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    /// Relative to the folder that holds `convex/`.
    pub file: String,
    pub line: u32,
    pub column: u32,
}

impl Location {
    /// The place of a byte in a text.
    pub(super) fn at(file: &str, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |index| index + 1);
        Self {
            file: file.to_owned(),
            line: u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX),
            column: u32::try_from(before[line_start..].chars().count() + 1).unwrap_or(u32::MAX),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Why a `convex/` folder could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LoadError {
    #[error("{file}: {message}")]
    Read { file: String, message: String },
    #[error("{location}: {message}")]
    Syntax { location: Location, message: String },
    #[error("{location}: \"{specifier}\" cannot be imported: {message}")]
    Import {
        location: Location,
        specifier: String,
        message: String,
    },
    #[error("{directory}: {message}")]
    ConvexPackage { directory: String, message: String },
    #[error(
        "{file}: components are not provided by the local deployment; a Convex deployment, in the cloud or self-hosted, provides them"
    )]
    Components { file: String },
    #[error("{file}: {message}")]
    Module { file: String, message: String },
}
