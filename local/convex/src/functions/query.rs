//! Queries: run once for everybody who asks the same of the same data.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tokio::sync::{OnceCell, mpsc};

use super::execute::{Executed, execute};
use super::query_result::{Listener, QueryResult};
use super::{Code, Functions, QueryCall, log};
use crate::database::{Database, ReadSet, Snapshot};
use crate::runtime::FunctionKind;
use crate::values::Timestamp;

/// Finished results are kept for as long as somebody holds them; this many dead ones are tolerated before a sweep.
const SWEEP_AT: usize = 4096;

type Told = (Timestamp, Vec<Listener>);

/// Results by what was asked.
#[derive(Default)]
pub(super) struct QueryCache {
    state: Mutex<State>,
    teller: OnceLock<mpsc::UnboundedSender<Told>>,
}

#[derive(Default)]
struct State {
    finished: HashMap<Key, Weak<QueryResult>>,
    running: HashMap<(Key, Timestamp), Arc<OnceCell<Arc<QueryResult>>>>,
    /// Questions whose last answer did not depend on who asked.
    impersonal: HashSet<Question>,
}

/// A question without who asks it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Question {
    code: u64,
    path: String,
    arguments: String,
    journal: Option<String>,
}

/// A question, and who asks when that matters.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    question: Question,
    identity: Option<String>,
}

impl Functions {
    /// What the query gives at a snapshot.
    pub(crate) async fn query(&self, call: &QueryCall, at: &Snapshot) -> Arc<QueryResult> {
        let code = self.code();
        let question = Question {
            code: code.version,
            path: call.call.path.to_string(),
            arguments: call.call.arguments.to_string(),
            journal: call.journal.clone(),
        };
        let identity = call.call.identity.cache_key();
        if let Some(result) = self.0.queries.find(&question, &identity, at.timestamp()) {
            return result;
        }
        let shared = self.0.queries.is_impersonal(&question);
        let key = Key {
            identity: (!shared).then(|| identity.clone()),
            question: question.clone(),
        };
        let result = self.run_shared(key, &code, call, at).await;
        if shared && result.identity_observed {
            // This time it did matter who asked, and the shared run may have been somebody else's.
            let key = Key {
                question,
                identity: Some(identity),
            };
            return self.run_shared(key, &code, call, at).await;
        }
        result
    }

    /// Runs a query, or waits for the run of somebody who asked the same of the same snapshot.
    async fn run_shared(
        &self,
        key: Key,
        code: &Arc<Code>,
        call: &QueryCall,
        at: &Snapshot,
    ) -> Arc<QueryResult> {
        let cache = &self.0.queries;
        let running = (key, at.timestamp());
        let cell = Arc::clone(
            lock(&cache.state)
                .running
                .entry(running.clone())
                .or_default(),
        );
        let result = cell
            .get_or_init(|| async {
                let result = self.run_query(code, call, at).await;
                cache.finished(&running.0, &result);
                result
            })
            .await;
        let result = Arc::clone(result);
        lock(&cache.state).running.remove(&running);
        result
    }

    async fn run_query(
        &self,
        code: &Arc<Code>,
        call: &QueryCall,
        at: &Snapshot,
    ) -> Arc<QueryResult> {
        let (functions, snapshot) = (self.clone(), at.clone());
        let (code, call_of_run) = (Arc::clone(code), call.clone());
        let ran = self.0.workers.run(move |worker| {
            let mut transaction = snapshot.read();
            transaction.set_journal(call_of_run.journal);
            let call = call_of_run.call;
            execute(
                &functions,
                worker,
                &code,
                &call,
                FunctionKind::Query,
                transaction,
            )
        });
        let from = at.timestamp();
        let call = &call.call;
        let result = match ran.await.and_then(|executed| executed) {
            Ok(Executed {
                outcome,
                log_lines,
                ended,
            }) => {
                let journal = ended.transaction.journal();
                let observed = ended.identity_observed;
                let result = QueryResult::new(
                    outcome,
                    log_lines,
                    journal,
                    observed,
                    from,
                    &call.request_id,
                );
                let result = Arc::new(result);
                let reads = Arc::new(ended.transaction.into_reads());
                self.0.queries.watch(&self.0.database, &result, reads, from);
                result
            }
            Err(error) => {
                let nothing = Vec::new();
                Arc::new(QueryResult::new(
                    Err(error),
                    nothing,
                    None,
                    false,
                    from,
                    &call.request_id,
                ))
            }
        };
        log::query_finished(&call.path, &call.request_id, &result);
        result
    }
}

impl QueryCache {
    fn find(&self, question: &Question, identity: &str, at: Timestamp) -> Option<Arc<QueryResult>> {
        let state = lock(&self.state);
        let mut key = Key {
            question: question.clone(),
            identity: None,
        };
        let mut found = |identity: Option<String>| {
            key.identity = identity;
            state
                .finished
                .get(&key)
                .and_then(Weak::upgrade)
                .filter(|result| result.valid_at(at))
        };
        found(None).or_else(|| found(Some(identity.to_owned())))
    }

    fn is_impersonal(&self, question: &Question) -> bool {
        lock(&self.state).impersonal.contains(question)
    }

    /// Remembers a result under what it depends on.
    fn finished(&self, asked: &Key, result: &Arc<QueryResult>) {
        let mut state = lock(&self.state);
        if state.finished.len() + state.impersonal.len() > SWEEP_AT {
            state.finished.retain(|_, result| result.strong_count() > 0);
            let mut impersonal = std::mem::take(&mut state.impersonal);
            let live = |question: &Question| {
                let key = Key {
                    question: question.clone(),
                    identity: None,
                };
                state.finished.contains_key(&key)
            };
            impersonal.retain(live);
            state.impersonal = impersonal;
        }
        let question = asked.question.clone();
        if result.identity_observed {
            state.impersonal.remove(&question);
            // A run that was thought impersonal is its asker's alone, and that name is not known here.
            if asked.identity.is_some() {
                state.finished.insert(asked.clone(), Arc::downgrade(result));
            }
        } else {
            state.impersonal.insert(question.clone());
            let key = Key {
                question,
                identity: None,
            };
            state.finished.insert(key, Arc::downgrade(result));
        }
    }

    /// Ends the result's validity with the first commit that touches what it read.
    fn watch(
        &self,
        database: &Database,
        result: &Arc<QueryResult>,
        reads: Arc<ReadSet>,
        since: Timestamp,
    ) {
        let teller = self.teller(database).clone();
        let weak = Arc::downgrade(result);
        let subscription = database.subscribe(
            reads,
            since,
            Box::new(move |timestamp| {
                if let Some(result) = weak.upgrade() {
                    let listeners = result.invalidate(timestamp);
                    if !listeners.is_empty() {
                        let _ = teller.send((timestamp, listeners));
                    }
                }
            }),
        );
        result.keep(subscription);
    }

    /// The task that tells listeners of a commit, but not before readers can see it: they would find the old data, and
    /// nobody would wake them again.
    fn teller(&self, database: &Database) -> &mpsc::UnboundedSender<Told> {
        self.teller.get_or_init(|| {
            let (sender, mut told) = mpsc::unbounded_channel::<Told>();
            let mut commits = database.commits();
            tokio::spawn(async move {
                while let Some((timestamp, listeners)) = told.recv().await {
                    if commits
                        .wait_for(|newest| *newest >= timestamp)
                        .await
                        .is_err()
                    {
                        return;
                    }
                    for listener in listeners {
                        listener();
                    }
                }
            });
            sender
        })
    }

    /// Ends the validity of every result, after a change of code.
    pub(super) fn forget_everything(&self) {
        let state = std::mem::take(&mut *lock(&self.state));
        for result in state
            .finished
            .into_values()
            .filter_map(|result| result.upgrade())
        {
            for listener in result.invalidate(Timestamp::ZERO) {
                listener();
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
