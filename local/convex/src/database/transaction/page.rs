//! Reading a query page by page.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::Transaction;
use super::query::OpenQuery;
use crate::database::cursor::{Position, end_in_journal, journal};
use crate::database::error::DatabaseError;
use crate::database::key::{Key, successor};
use crate::database::query::Query;
use crate::database::state::Document;
use crate::values::fields_size;

/// The most bytes that a page reads; beyond it the page ends early.
const MAXIMUM_BYTES_READ: usize = 8 << 20;
/// The most rows that a page reads, unless the request sets its own limit.
const MAXIMUM_ROWS_READ: usize = 16_000;
/// The part of those limits, in percent, beyond which a page should be split.
const SPLIT_RECOMMENDED: usize = 75;

/// What a page is asked for with.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageRequest {
    /// The query as [`Transaction::open_query`] takes it.
    pub(crate) query: Json,
    /// Where to begin; `None` is the start.
    pub(crate) cursor: Option<String>,
    /// Where to end. Without it a journal, or else the size of the page decides.
    pub(crate) end_cursor: Option<String>,
    pub(crate) page_size: usize,
    pub(crate) maximum_rows_read: Option<usize>,
    pub(crate) maximum_bytes_read: Option<usize>,
}

/// A page.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) documents: Vec<Document>,
    /// Whether there is nothing behind the page.
    pub(crate) is_done: bool,
    pub(crate) continue_cursor: String,
    /// A place in the middle of the page, where it can be split.
    pub(crate) split_cursor: Option<String>,
    pub(crate) status: Option<PageStatus>,
}

/// Whether a page became too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageStatus {
    SplitRecommended,
    SplitRequired,
}

impl PageStatus {
    /// As the protocol spells it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SplitRecommended => "SplitRecommended",
            Self::SplitRequired => "SplitRequired",
        }
    }
}

/// The rows of a page.
#[derive(Default)]
struct Rows {
    documents: Vec<Document>,
    /// The keys of all rows read, also of those that a filter left out.
    keys: Vec<Key>,
    bytes: usize,
    /// Nothing was left to read.
    exhausted: bool,
    /// Reading stopped at a limit.
    cut: bool,
}

impl Transaction {
    /// Reads one page. A function may do it once.
    pub(crate) fn page(&mut self, request: &PageRequest) -> Result<Page, DatabaseError> {
        if std::mem::replace(&mut self.layer.paginated, true) {
            return Err(DatabaseError::MultiplePaginatedQueries);
        }
        check_sizes(request)?;
        let (mut query, fields) = self.look_up(Query::from_json(&request.query)?)?;
        let fingerprint = fingerprint(&request.query, &fields);
        let secret = self.secret.clone();
        let open = |cursor: &String| Position::open(cursor, &secret, &fingerprint);
        let begin = request.cursor.as_ref().map(open).transpose()?;
        let end = self.end_cursor(request)?.as_ref().map(open).transpose()?;
        restrict(&mut query, begin.as_ref(), end.as_ref());
        let rows = self.read_rows(&mut query, request, end.is_some())?;

        let position = match (&end, rows.keys.last()) {
            // A page that ends somewhere stays that long, also when it could not be read to its end.
            (Some(end), _) => end.clone(),
            (None, _) if rows.exhausted => Position::End,
            (None, Some(last)) => Position::After(last.clone()),
            (None, None) => begin.unwrap_or(Position::End),
        };
        let split = (rows.keys.len() >= 3).then(|| {
            let middle = rows.keys[(rows.keys.len() - 1) / 2].clone();
            Position::After(middle).seal(&secret, &fingerprint)
        });
        let continue_cursor = position.seal(&secret, &fingerprint);
        if self.outer.is_empty() {
            self.journal.made = Some(journal(&continue_cursor));
        }
        Ok(Page {
            is_done: position == Position::End && rows.exhausted,
            continue_cursor,
            split_cursor: split,
            status: rows.status(request),
            documents: rows.documents,
        })
    }

    /// The journal belongs to the function that was called from outside, not to those that it calls.
    fn end_cursor(&self, request: &PageRequest) -> Result<Option<String>, DatabaseError> {
        match (&request.end_cursor, &self.journal.given) {
            (Some(cursor), _) => Ok(Some(cursor.clone())),
            (None, Some(journal)) if self.outer.is_empty() => end_in_journal(journal),
            (None, _) => Ok(None),
        }
    }

    fn read_rows(
        &mut self,
        query: &mut OpenQuery,
        request: &PageRequest,
        has_end: bool,
    ) -> Result<Rows, DatabaseError> {
        let maximum_bytes = request.maximum_bytes_read.unwrap_or(MAXIMUM_BYTES_READ);
        let maximum_rows = request.maximum_rows_read.unwrap_or(MAXIMUM_ROWS_READ);
        let mut rows = Rows::default();
        while has_end || rows.documents.len() < request.page_size {
            if rows.keys.len() >= maximum_rows || rows.bytes >= maximum_bytes {
                rows.cut = true;
                break;
            }
            let Some(row) = self.advance_row(query)? else {
                rows.exhausted = true;
                break;
            };
            rows.bytes += fields_size(&row.document);
            rows.keys.push(row.key);
            if row.passed {
                rows.documents.push(row.document);
            }
        }
        // A limit of the query that is used up is its end.
        rows.exhausted |= query.is_limited();
        Ok(rows)
    }
}

impl Rows {
    fn status(&self, request: &PageRequest) -> Option<PageStatus> {
        if self.cut {
            return Some(PageStatus::SplitRequired);
        }
        let maximum_bytes = request.maximum_bytes_read.unwrap_or(MAXIMUM_BYTES_READ);
        let maximum_rows = request.maximum_rows_read.unwrap_or(MAXIMUM_ROWS_READ);
        let many = |read: usize, maximum: usize| {
            read > maximum / 100 * SPLIT_RECOMMENDED + maximum % 100 * SPLIT_RECOMMENDED / 100
        };
        (many(self.keys.len(), maximum_rows) || many(self.bytes, maximum_bytes))
            .then_some(PageStatus::SplitRecommended)
    }
}

fn check_sizes(request: &PageRequest) -> Result<(), DatabaseError> {
    let problem = if request.page_size == 0 {
        "the number of items must be at least 1."
    } else if request.maximum_rows_read == Some(0) {
        "the maximum of rows read must be at least 1."
    } else if request.maximum_bytes_read == Some(0) {
        "the maximum of bytes read must be at least 1."
    } else {
        return Ok(());
    };
    Err(DatabaseError::InvalidPageSize { problem })
}

/// What tells queries apart whose cursors must not be mixed up: all but their limits, and the fields of the index.
fn fingerprint(query: &Json, fields: &[String]) -> Vec<u8> {
    let operators = query.get("operators").and_then(Json::as_array);
    let filters: Vec<_> = operators
        .into_iter()
        .flatten()
        .filter(|operator| operator.get("limit").is_none())
        .collect();
    let source = query.get("source");
    json!({ "fields": fields, "filters": filters, "source": source })
        .to_string()
        .into_bytes()
}

/// Takes away what is before `begin` and behind `end`, in the order of the query.
fn restrict(query: &mut OpenQuery, begin: Option<&Position>, end: Option<&Position>) {
    let rest = &mut query.rest;
    let nothing: Key = rest.start.clone();
    let after = |key: &Key| -> Key { Arc::from(successor(key)) };
    match begin {
        Some(Position::End) => rest.end = Some(nothing),
        Some(Position::After(key)) if query.descending => rest.end = Some(key.clone()),
        Some(Position::After(key)) => rest.start = after(key),
        None => {}
    }
    match end {
        Some(Position::After(key)) if query.descending => {
            rest.start = rest.start.clone().max(key.clone());
        }
        Some(Position::After(key)) => {
            let last = after(key);
            if rest.end.as_ref().is_none_or(|end| *end > last) {
                rest.end = Some(last);
            }
        }
        Some(Position::End) | None => {}
    }
}
