//! What a transaction reads and writes, and how much it may.

use super::super::error::DatabaseError;
use crate::values::{Fields, fields_size};

/// Amounts: what was used, or what may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) documents_read: usize,
    pub(crate) bytes_read: usize,
    pub(crate) documents_written: usize,
    pub(crate) bytes_written: usize,
    /// Intervals of indexes: every query is one, and every `get`.
    pub(crate) ranges_read: usize,
}

/// What one transaction may use.
pub(crate) const LIMITS: Usage = Usage {
    documents_read: 32_000,
    bytes_read: 16 << 20,
    documents_written: 16_000,
    bytes_written: 16 << 20,
    ranges_read: 4096,
};

/// What is used, and what may be: less while a nested call runs that was given less.
#[derive(Debug)]
pub(super) struct Meter {
    pub(super) used: Usage,
    limits: Usage,
    outer: Vec<Usage>,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            used: Usage::default(),
            limits: LIMITS,
            outer: Vec::new(),
        }
    }
}

impl Usage {
    fn combined(self, other: Self, combine: impl Fn(usize, usize) -> usize) -> Self {
        Self {
            documents_read: combine(self.documents_read, other.documents_read),
            bytes_read: combine(self.bytes_read, other.bytes_read),
            documents_written: combine(self.documents_written, other.documents_written),
            bytes_written: combine(self.bytes_written, other.bytes_written),
            ranges_read: combine(self.ranges_read, other.ranges_read),
        }
    }
}

impl Meter {
    pub(super) fn range(&mut self) -> Result<(), DatabaseError> {
        self.used.ranges_read += 1;
        let limit = self.limits.ranges_read;
        if self.used.ranges_read > limit {
            return Err(DatabaseError::TooManyRanges { limit });
        }
        Ok(())
    }

    pub(super) fn read(&mut self, document: &Fields) -> Result<(), DatabaseError> {
        self.used.documents_read += 1;
        self.used.bytes_read += fields_size(document);
        if self.used.documents_read > self.limits.documents_read {
            let limit = self.limits.documents_read;
            return Err(DatabaseError::TooManyReads { limit });
        }
        if self.used.bytes_read > self.limits.bytes_read {
            let limit = self.limits.bytes_read;
            return Err(DatabaseError::TooManyBytesRead { limit });
        }
        Ok(())
    }

    /// Before a write is made.
    pub(super) fn write(&mut self) -> Result<(), DatabaseError> {
        self.used.documents_written += 1;
        let limit = self.limits.documents_written;
        if self.used.documents_written > limit {
            return Err(DatabaseError::TooManyWrites { limit });
        }
        Ok(())
    }

    /// When it is known what is written.
    pub(super) fn written(&mut self, bytes: usize) -> Result<(), DatabaseError> {
        self.used.bytes_written += bytes;
        let limit = self.limits.bytes_written;
        if self.used.bytes_written > limit {
            return Err(DatabaseError::TooManyBytesWritten { limit });
        }
        Ok(())
    }

    /// From here on `most` may be used in addition, if that is less than what is left.
    pub(super) fn begin_nested(&mut self, most: Usage) {
        self.outer.push(self.limits);
        let most = most.combined(self.used, usize::saturating_add);
        self.limits = self.limits.combined(most, usize::min);
    }

    pub(super) fn end_nested(&mut self) {
        if let Some(limits) = self.outer.pop() {
            self.limits = limits;
        }
    }
}
