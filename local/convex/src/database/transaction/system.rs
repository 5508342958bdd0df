//! What the deployment itself reads and writes: the system tables.

use super::Transaction;
use super::query::OpenQuery;
use super::write::Writer;
use crate::database::catalog::{JOBS_BY_STATE, SCHEDULED_FUNCTIONS};
use crate::database::error::DatabaseError;
use crate::database::key::{Interval, prefix_end};
use crate::database::state::Document;
use crate::values::{DocumentId, Fields, InternalId, Value, sort_key};

impl Transaction {
    /// As [`Transaction::insert`], into any table.
    pub(crate) fn insert_system(
        &mut self,
        table: &str,
        fields: Fields,
        id_seed: InternalId,
        now_milliseconds: f64,
    ) -> Result<DocumentId, DatabaseError> {
        self.insert_as(Writer::Deployment, table, fields, id_seed, now_milliseconds)
    }

    /// As [`Transaction::replace`], in any table.
    pub(crate) fn replace_system(
        &mut self,
        id: DocumentId,
        fields: Fields,
    ) -> Result<Document, DatabaseError> {
        self.replace_as(Writer::Deployment, id, fields)
    }

    /// As [`Transaction::remove`], in any table.
    pub(crate) fn remove_system(&mut self, id: DocumentId) -> Result<Document, DatabaseError> {
        self.remove_as(Writer::Deployment, id)
    }

    /// The jobs in a state (`pending`, `success`, …) by their scheduled time, the earliest first: at most `most` of
    /// them, and only those due up to `until` milliseconds.
    pub(crate) fn jobs(
        &mut self,
        state: &str,
        until: Option<f64>,
        most: usize,
    ) -> Result<Vec<Document>, DatabaseError> {
        let Some(table) = self.table_number(SCHEDULED_FUNCTIONS) else {
            return Ok(Vec::new());
        };
        let entry = self.layer.state.catalog.table(table);
        let Some(index) = entry
            .and_then(|entry| entry.index(JOBS_BY_STATE))
            .map(|index| index.id)
        else {
            return Ok(Vec::new());
        };
        let mut start = Vec::new();
        sort_key(Some(&Value::from(state)), &mut start);
        let mut end = start.clone();
        if let Some(until) = until {
            sort_key(Some(&Value::Float64(until)), &mut end);
        }
        let interval = Interval {
            start: start.into(),
            end: Some(prefix_end(&end).into()),
        };
        self.meter.range()?;
        let mut query = OpenQuery::over(index, interval);
        let mut jobs = Vec::new();
        while jobs.len() < most
            && let Some(job) = self.advance(&mut query)?
        {
            jobs.push(job);
        }
        Ok(jobs)
    }
}
