//! Optimistic updates: guesses laid over the deployment's values until it has answered.

use std::{fmt, sync::Arc};

use litemap::LiteMap;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{QueryResult, RequestId, query_set::QuerySet};
use crate::convex::{
    function::{FunctionPath, Query, QueryToken},
    values::{EncodedValue, ValueError, decode, encode_arguments},
};

/// A guess at what a mutation will change.
///
/// It runs at once, and again on top of every new set of values until the mutation is finished. So it must give the same
/// for the same values: take times and random ids from outside.
pub type OptimisticUpdate = Box<dyn Fn(&mut LocalStore<'_>) -> Result<(), ValueError> + Send>;

/// One query in the store.
#[derive(Clone, Debug)]
struct Entry {
    path: FunctionPath,
    arguments: Arc<Value>,
    result: Option<Arc<QueryResult>>,
}

type Entries = LiteMap<QueryToken, Entry>;

/// The values of all queries, as an [`OptimisticUpdate`] sees and changes them. A query that is loading or has failed has no
/// value.
///
/// ```
/// use leptos_clerk_convex::convex::{Query, sync::OptimisticUpdate};
///
/// const COUNT: Query<(), u32> = Query::new("counter:read");
///
/// let update: OptimisticUpdate = Box::new(|store| {
///     if let Some(count) = store.query(COUNT, &())? {
///         store.set_query(COUNT, &(), Some(&(count + 1)))?;
///     }
///     Ok(())
/// });
/// ```
pub struct LocalStore<'a> {
    entries: &'a mut Entries,
}

impl fmt::Debug for LocalStore<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.entries.keys()).finish()
    }
}

impl LocalStore<'_> {
    /// A query's value.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when the arguments or the value do not fit the reference's types.
    pub fn query<Arguments, Output>(
        &self,
        query: Query<Arguments, Output>,
        arguments: &Arguments,
    ) -> Result<Option<Output>, ValueError>
    where
        Arguments: Serialize,
        Output: DeserializeOwned,
    {
        self.value(&query.path(), &encode_arguments(arguments)?)
            .map(EncodedValue::decode)
            .transpose()
    }

    /// All queries of one function, with the arguments of each.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when arguments or a value do not fit the reference's types.
    pub fn all_queries<Arguments, Output>(
        &self,
        query: Query<Arguments, Output>,
    ) -> Result<Vec<(Arguments, Option<Output>)>, ValueError>
    where
        Arguments: DeserializeOwned,
        Output: DeserializeOwned,
    {
        self.values(&query.path())
            .into_iter()
            .map(|(arguments, value)| {
                Ok((
                    decode(&arguments)?,
                    value.map(EncodedValue::decode).transpose()?,
                ))
            })
            .collect()
    }

    /// Changes a query's value; `None` makes it loading.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when the arguments or the value are not Convex values.
    pub fn set_query<Arguments, Output>(
        &mut self,
        query: Query<Arguments, Output>,
        arguments: &Arguments,
        value: Option<&Output>,
    ) -> Result<(), ValueError>
    where
        Arguments: Serialize,
        Output: Serialize,
    {
        let value = value.map(EncodedValue::of).transpose()?;
        self.set_value(&query.path(), &encode_arguments(arguments)?, value);
        Ok(())
    }

    /// As [`query`](Self::query), with encoded arguments and value.
    #[must_use]
    pub fn value(&self, path: &FunctionPath, arguments: &Value) -> Option<&EncodedValue> {
        self.entries
            .get(&QueryToken::new(path, arguments))
            .and_then(Entry::value)
    }

    /// As [`all_queries`](Self::all_queries), with encoded arguments and values.
    #[must_use]
    pub fn values(&self, path: &FunctionPath) -> Vec<(Arc<Value>, Option<&EncodedValue>)> {
        self.entries
            .values()
            .filter(|entry| entry.path == *path)
            .map(|entry| (Arc::clone(&entry.arguments), entry.value()))
            .collect()
    }

    /// As [`set_query`](Self::set_query), with encoded arguments and value.
    pub fn set_value(
        &mut self,
        path: &FunctionPath,
        arguments: &Value,
        value: Option<EncodedValue>,
    ) {
        let result = value.map(QueryResult::of);
        self.entries
            .entry(QueryToken::new(path, arguments))
            .or_insert_with(|| Entry {
                path: path.clone(),
                arguments: Arc::new(arguments.clone()),
                result: None,
            })
            .result = result;
    }
}

impl Entry {
    fn value(&self) -> Option<&EncodedValue> {
        self.result.as_deref()?.outcome.as_ref().ok()
    }
}

struct Layer {
    request: RequestId,
    update: OptimisticUpdate,
}

impl Layer {
    /// The entries with the guess on top.
    fn over(&self, entries: &Entries) -> Result<Entries, ValueError> {
        let mut changed = entries.clone();
        (self.update)(&mut LocalStore {
            entries: &mut changed,
        })?;
        Ok(changed)
    }
}

/// The values that the page shows: the deployment's, with every unfinished guess on top, in the order of the calls.
#[derive(Default)]
pub(super) struct Optimistic {
    layers: Vec<Layer>,
    /// The values with the guesses. `None` without any, which is the rule: a query's own value is the one that is shown.
    entries: Option<Entries>,
}

impl fmt::Debug for Optimistic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Optimistic")
            .field("layers", &self.layers.len())
            .field("entries", &self.entries)
            .finish()
    }
}

impl Optimistic {
    pub(super) fn result<'a>(
        &'a self,
        token: &QueryToken,
        queries: &'a QuerySet,
    ) -> Option<&'a Arc<QueryResult>> {
        match &self.entries {
            Some(entries) => entries.get(token)?.result.as_ref(),
            None => queries.get(token)?.result.as_ref(),
        }
    }

    /// A query that is subscribed now; a guess may already have given it a value.
    pub(super) fn know(&mut self, token: &QueryToken, path: &FunctionPath, arguments: &Value) {
        if let Some(entries) = &mut self.entries {
            entries.entry(token.clone()).or_insert_with(|| Entry {
                path: path.clone(),
                arguments: Arc::new(arguments.clone()),
                result: None,
            });
        }
    }

    /// Adds a guess; says what it changed. A guess that fails is not kept.
    pub(super) fn add(
        &mut self,
        request: RequestId,
        update: OptimisticUpdate,
        queries: &QuerySet,
    ) -> Result<Vec<QueryToken>, ValueError> {
        let before = self.entries.take().unwrap_or_else(|| entries(queries));
        let layer = Layer { request, update };
        match layer.over(&before) {
            Ok(after) => {
                let changed = changes(&before, &after);
                self.layers.push(layer);
                self.entries = Some(after);
                Ok(changed)
            }
            Err(error) => {
                self.entries = (!self.layers.is_empty()).then_some(before);
                Err(error)
            }
        }
    }

    /// Drops the guesses of these calls. Follow it with [`rebuild`](Self::rebuild).
    pub(super) fn drop_layers(&mut self, finished: &[RequestId]) -> bool {
        let before = self.layers.len();
        self.layers
            .retain(|layer| !finished.contains(&layer.request));
        self.layers.len() != before
    }

    pub(super) fn drop_all_layers(&mut self) {
        self.layers.clear();
    }

    /// Lays the remaining guesses over the deployment's values; says what changed and which guesses failed.
    pub(super) fn rebuild(&mut self, queries: &mut QuerySet) -> (Vec<QueryToken>, Vec<ValueError>) {
        let changed = queries.take_changed();
        if self.layers.is_empty() && self.entries.is_none() {
            return (changed, Vec::new());
        }
        let mut after = entries(queries);
        let mut failures = Vec::new();
        for layer in &self.layers {
            match layer.over(&after) {
                Ok(guessed) => after = guessed,
                Err(error) => failures.push(error),
            }
        }
        let before = self.entries.take().unwrap_or_default();
        let changed = changes(&before, &after);
        self.entries = (!self.layers.is_empty()).then_some(after);
        (changed, failures)
    }
}

/// The deployment's values.
fn entries(queries: &QuerySet) -> Entries {
    let mut entries = Entries::new_vec();
    for query in queries.iter() {
        let entry = Entry {
            path: query.path.clone(),
            arguments: Arc::clone(&query.arguments),
            result: query.result.clone(),
        };
        entries.insert(query.token.clone(), entry);
    }
    entries
}

/// The queries whose result is not the one it was.
fn changes(before: &Entries, after: &Entries) -> Vec<QueryToken> {
    let differs = |token: &&QueryToken| {
        let [before, after] = [before, after].map(|entries| entries.get(*token));
        differ(
            before.and_then(|entry| entry.result.as_ref()),
            after.and_then(|entry| entry.result.as_ref()),
        )
    };
    let gone = before.keys().filter(|token| !after.contains_key(*token));
    after.keys().chain(gone).filter(differs).cloned().collect()
}

/// Whether a view would show something else.
pub(super) fn differ(old: Option<&Arc<QueryResult>>, new: Option<&Arc<QueryResult>>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => !Arc::ptr_eq(old, new) && old.outcome != new.outcome,
        (old, new) => old.is_some() != new.is_some(),
    }
}
