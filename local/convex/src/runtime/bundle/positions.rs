//! Where a position in stripped code was in the file that the developer wrote.

/// One piece of generated code and where it came from. Lines and columns count from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::runtime) struct Mapping {
    pub line: u32,
    pub column: u32,
    pub source_line: u32,
    pub source_column: u32,
}

/// The mappings of one module, in the order of the generated code. Empty: the code is as it was written.
#[derive(Clone, Debug, Default)]
pub(in crate::runtime) struct Positions(Vec<Mapping>);

impl Positions {
    pub(in crate::runtime) fn new(mut mappings: Vec<Mapping>) -> Self {
        mappings.sort_unstable();
        Self(mappings)
    }

    /// The source position of a generated one, both counting from one as stack traces do.
    pub(in crate::runtime) fn source(&self, line: u32, column: u32) -> (u32, u32) {
        let (zero_line, zero_column) = (line.saturating_sub(1), column.saturating_sub(1));
        let after = self
            .0
            .partition_point(|mapping| (mapping.line, mapping.column) <= (zero_line, zero_column));
        let on_line = |mapping: &&Mapping| mapping.line == zero_line;
        let before = after
            .checked_sub(1)
            .and_then(|index| self.0.get(index))
            .filter(on_line);
        match before.or_else(|| self.0.get(after).filter(on_line)) {
            Some(mapping) => (mapping.source_line + 1, mapping.source_column + 1),
            None => (line, column),
        }
    }
}
