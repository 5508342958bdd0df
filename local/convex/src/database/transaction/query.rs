//! Reading the rows of queries one at a time: only what is asked for is read.

use serde_json::Value as Json;

use super::Transaction;
use crate::database::catalog::place;
use crate::database::error::DatabaseError;
use crate::database::key::{IndexId, Interval, Key, successor};
use crate::database::query::{Operator, Query, interval};
use crate::database::state::Document;
use crate::values::Fields;

/// A query somewhere in its rows.
#[derive(Debug)]
pub(super) struct OpenQuery {
    /// `None` when the table does not exist.
    index: Option<IndexId>,
    /// What is not read yet.
    pub(super) rest: Interval,
    pub(super) descending: bool,
    operators: Vec<Operator>,
}

/// A row, and whether it passed the operators.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) key: Key,
    pub(super) document: Document,
    pub(super) passed: bool,
}

impl OpenQuery {
    /// A plain reading of an interval, in ascending order.
    pub(super) fn over(index: IndexId, interval: Interval) -> Self {
        Self {
            index: Some(index),
            rest: interval,
            descending: false,
            operators: Vec::new(),
        }
    }

    /// Whether a limit is used up, so that nothing more has to be read.
    pub(super) fn is_limited(&self) -> bool {
        self.operators
            .iter()
            .any(|operator| matches!(operator, Operator::Limit(0)))
    }

    fn pass(&mut self, document: &Fields) -> Result<bool, DatabaseError> {
        for operator in &mut self.operators {
            match operator {
                Operator::Filter(expression) => {
                    if !expression.holds(document)? {
                        return Ok(false);
                    }
                }
                Operator::Limit(left) => *left = left.saturating_sub(1),
            }
        }
        Ok(true)
    }
}

impl Transaction {
    /// Opens a query, as the system call's `query`, and returns its number.
    pub(crate) fn open_query(&mut self, query: &Json) -> Result<u32, DatabaseError> {
        let query = Query::from_json(query)?;
        let (query, _) = self.look_up(query)?;
        let number = self.next_query;
        self.next_query += 1;
        self.queries.insert(number, query);
        Ok(number)
    }

    /// The next document of an open query; `None` when there are no more.
    pub(crate) fn next(&mut self, query: u32) -> Result<Option<Document>, DatabaseError> {
        let Some(mut open) = self.queries.remove(&query) else {
            return Err(DatabaseError::QueryNotFound { query });
        };
        let next = self.advance(&mut open);
        self.queries.insert(query, open);
        next
    }

    /// Closes a query. Whether there was one.
    pub(crate) fn close_query(&mut self, query: u32) -> bool {
        self.queries.remove(&query).is_some()
    }

    /// Finds the index of a query, and the fields that its keys are made of.
    pub(super) fn look_up(
        &mut self,
        query: Query,
    ) -> Result<(OpenQuery, Vec<String>), DatabaseError> {
        self.meter.range()?;
        let full_name = format!("{}.{}", query.table, query.index);
        let table = self.table_number(&query.table);
        let built_in = |make: fn(_) -> IndexId, fields: &[&str]| {
            let fields: Vec<_> = fields.iter().map(|field| (*field).to_owned()).collect();
            (table.map(make), fields)
        };
        let (index, fields) = match query.index.as_str() {
            "by_id" => built_in(IndexId::by_id, &["_id"]),
            "by_creation_time" => built_in(IndexId::by_creation_time, &["_creationTime"]),
            name => {
                let place = place::index(&query.table, name);
                self.reads.add_point(IndexId::CATALOG, place);
                let table = table.and_then(|number| self.layer.state.catalog.table(number));
                let index = table.and_then(|table| table.index(name));
                let Some(index) = index.filter(|index| !index.internal) else {
                    return Err(DatabaseError::IndexNotFound { index: full_name });
                };
                let mut fields = index.definition.fields.clone();
                fields.push("_creationTime".to_owned());
                (Some(index.id), fields)
            }
        };
        let names: Vec<_> = fields.iter().map(String::as_str).collect();
        let open = OpenQuery {
            index,
            rest: interval(&full_name, &names, &query.range)?,
            descending: query.descending,
            operators: query.operators,
        };
        Ok((open, fields))
    }

    /// The next document that passes the query's operators.
    pub(super) fn advance(
        &mut self,
        query: &mut OpenQuery,
    ) -> Result<Option<Document>, DatabaseError> {
        while let Some(row) = self.advance_row(query)? {
            if row.passed {
                return Ok(Some(row.document));
            }
        }
        Ok(None)
    }

    /// The next row of the index. What is read is recorded as far as it was read.
    pub(super) fn advance_row(
        &mut self,
        query: &mut OpenQuery,
    ) -> Result<Option<Row>, DatabaseError> {
        let Some(index) = query.index.filter(|_| !query.is_limited()) else {
            return Ok(None);
        };
        let found = self.layer.state.first(index, &query.rest, query.descending);
        let Some((key, document)) = found else {
            let nothing = Interval {
                start: query.rest.start.clone(),
                end: Some(query.rest.start.clone()),
            };
            self.reads
                .add_range(index, std::mem::replace(&mut query.rest, nothing));
            return Ok(None);
        };
        let (key, document) = (key.clone(), document.clone());
        let read = if query.descending {
            Interval {
                start: key.clone(),
                end: query.rest.end.replace(key.clone()),
            }
        } else {
            let next: Key = successor(&key).into();
            Interval {
                start: std::mem::replace(&mut query.rest.start, next.clone()),
                end: Some(next),
            }
        };
        self.reads.add_range(index, read);
        self.meter.read(&document)?;
        let passed = query.pass(&document)?;
        Ok(Some(Row {
            key,
            document,
            passed,
        }))
    }
}
