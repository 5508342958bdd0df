//! What can go wrong: at opening ([`OpenError`]), in a transaction ([`DatabaseError`]), at its commit
//! ([`CommitError`]) and when a schema is applied ([`SchemaError`]).

use std::path::PathBuf;

use super::requests::StoredRequest;
use crate::schema::Mismatch;
use crate::values::Timestamp;

/// Why a deployment's database cannot open. Nothing on disk is deleted or overwritten when it does not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be made or written.
    #[error("local Convex cannot write its database {}: {detail}", file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The file is not a database, or is damaged.
    #[error("local Convex's database {} is damaged ({detail}); it was left as it is", file.display())]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// The database was written by a newer version of this project.
    #[error("local Convex's database {} has version {found}, and this build knows {known}", file.display())]
    Newer {
        /// The file.
        file: PathBuf,
        /// The version in the file.
        found: i64,
        /// The latest version that this build reads.
        known: i64,
    },
    /// The database is held by another process.
    #[error("local Convex's database {} is in use by another process", file.display())]
    Busy {
        /// The file.
        file: PathBuf,
    },
    /// Anything else.
    #[error("local Convex could not open its database: {0}")]
    Other(String),
}

impl OpenError {
    /// A stable name for the kind of error.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unwritable { .. } => "database-unwritable",
            Self::Corrupt { .. } => "database-corrupt",
            Self::Newer { .. } => "database-newer",
            Self::Busy { .. } => "database-busy",
            Self::Other(_) => "start-failed",
        }
    }

    /// What the operator can do about it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Unwritable { .. } => {
                "make the directory writable for this user, or choose another one"
            }
            Self::Corrupt { .. } => "move the file away to start afresh, or restore it from a copy",
            Self::Newer { .. } => "update this checkout, or move the file away to start afresh",
            Self::Busy { .. } => "stop the other server, or give this one its own data directory",
            Self::Other(_) => "see the log for details",
        }
    }
}

macro_rules! database_errors {
    ($($(#[$meta:meta])* $variant:ident $({ $($field:ident: $type:ty),+ })? = $code:literal, $message:literal;)+) => {
        /// What a function did wrong with the database, told in its developer's terms.
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub(crate) enum DatabaseError {
            $($(#[$meta])* #[error($message)] $variant $({ $($field: $type),+ })?,)+
        }

        impl DatabaseError {
            /// A stable name for the kind of error.
            pub(crate) fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code,)+ }
            }
        }
    };
}

database_errors! {
    AlreadyDefinedBound { index: String, field: String } = "AlreadyDefinedBound", "The range on index `{index}` bounds field `{field}` twice from the same side.";
    BoundsOnMultipleFields { index: String, first: String, second: String } = "BoundsOnMultipleFields", "The range on index `{index}` bounds both `{first}` and `{second}`: after the equalities only one field can have bounds.";
    DocumentTooLarge { size: usize, limit: usize } = "DocumentTooLarge", "A document has {size} bytes, and {limit} is the most.";
    Evaluation { problem: String } = "EvalError", "A filter cannot be evaluated: {problem}";
    FieldNotInIndex { index: String, field: String } = "FieldNotInIndex", "The range on index `{index}` uses field `{field}`, which is not in the index.";
    IdTaken { id: String } = "DuplicateDocumentId", "A document with ID {id} exists already.";
    IndexNotFound { index: String } = "IndexNotFound", "Index `{index}` was not found.";
    InvalidCursor { problem: &'static str } = "InvalidCursor", "InvalidCursor: {problem}";
    InvalidIndexRange { index: String, problem: String } = "InvalidIndexRange", "The range on index `{index}` is not one: {problem}";
    InvalidPageSize { problem: &'static str } = "InvalidPageSize", "A page cannot be read: {problem}";
    InvalidQuery { problem: String } = "InvalidQuery", "The query cannot be read: {problem}";
    InvalidTableName { name: String } = "InvalidTableName", "`{name}` cannot be the name of a table: a name is at most 64 letters, digits and underscores, and begins with a letter.";
    MultiplePaginatedQueries = "MultiplePaginatedDatabaseQueries", "A function can call `paginate` once, and this one called it again.";
    NonexistentDocument { verb: &'static str, id: String } = "NonexistentDocument", "{verb} on nonexistent document ID {id}";
    NotProvided { feature: &'static str } = "NotProvided", "The local deployment does not provide {feature}; a Convex deployment does.";
    QueryNotFound { query: u32 } = "QueryNotFound", "Query {query} is not open.";
    ReadOnly = "ReadOnlyTransaction", "A query cannot write to the database.";
    SchemaMismatch { table: String, mismatch: Box<Mismatch> } = "SchemaValidationError", "The document does not match the schema of table `{table}`: {mismatch}";
    SystemField { field: String } = "SystemField", "The field `{field}` cannot be written: fields that begin with an underscore belong to the system.";
    SystemTable { name: String } = "SystemTable", "Table `{name}` belongs to the system and cannot be written.";
    TooManyBytesRead { limit: usize } = "TooManyReads", "A function reads at most {limit} bytes; a narrower index range, or a page, reads less.";
    TooManyBytesWritten { limit: usize } = "TooManyWrites", "A function writes at most {limit} bytes.";
    TooManyOperators { limit: usize } = "TooManyOperators", "A query has at most {limit} operators.";
    TooManyRanges { limit: usize } = "TooManyReads", "A function reads at most {limit} ranges of indexes; every `get` and every query is one.";
    TooManyReads { limit: usize } = "TooManyReads", "A function reads at most {limit} documents; a narrower index range reads fewer.";
    TooManyWrites { limit: usize } = "TooManyWrites", "A function writes at most {limit} documents.";
}

/// Why a transaction was not committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CommitError {
    #[error("what the transaction read has changed since")]
    Conflict,
    /// Its writes are left out, because they are there already.
    #[error("the request was committed before")]
    Repeated(StoredRequest),
    #[error("a transaction that only reads cannot be committed")]
    ReadOnly,
    #[error("the database could not be written: {0}")]
    Storage(String),
}

/// Why a schema was not applied. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SchemaError {
    #[error("the document with ID {id} in table `{table}` does not match the schema: {mismatch}")]
    Mismatch {
        table: String,
        id: String,
        mismatch: Box<Mismatch>,
    },
    #[error("`{0}` cannot be the name of a table")]
    TableName(String),
    #[error("the database could not be written: {0}")]
    Storage(String),
}

/// There is no snapshot of this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SnapshotError {
    #[error("the timestamp {0} is too old: its snapshot is no longer kept")]
    TooOld(Timestamp),
    #[error("the timestamp {0} is in the future")]
    TooNew(Timestamp),
}
