//! A deployment in memory whose functions are written here, for tests of the sockets and the HTTP API.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use serde_json::{Value as Json, json};
use tokio::sync::Semaphore;

use super::*;
use crate::values::Timestamp;

type Data = Arc<BTreeMap<String, Vec<Json>>>;

/// The deployment.
pub(crate) struct Scripted {
    state: Mutex<State>,
    /// What the clock shows, in seconds.
    pub(crate) seconds: AtomicU64,
    /// How often a query was run, and not found.
    pub(crate) runs: AtomicUsize,
    /// Lets functions named `slow` end.
    pub(crate) gate: Semaphore,
}

impl Default for State {
    fn default() -> Self {
        Self {
            latest: At {
                timestamp: Timestamp(1000),
                data: Data::default(),
            },
            results: HashMap::new(),
            stored: HashMap::new(),
        }
    }
}

struct State {
    latest: At,
    results: HashMap<String, Arc<Scribble>>,
    stored: HashMap<RequestKey, (Arc<str>, Timestamp)>,
}

#[derive(Clone)]
pub(crate) struct At {
    timestamp: Timestamp,
    data: Data,
}

impl Snapshot for At {
    fn timestamp(&self) -> Timestamp {
        self.timestamp
    }
}

/// Somebody by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Person {
    pub(crate) name: Option<String>,
    admin: bool,
    until: Option<u64>,
}

impl Rights for Person {
    fn is_admin(&self) -> bool {
        self.admin
    }

    fn expires_at_seconds(&self) -> Option<u64> {
        self.until
    }
}

type Listener = Box<dyn FnOnce() + Send + Sync>;

/// A query's result.
pub(crate) struct Scribble {
    outcome: Result<Arc<str>, FunctionFailure>,
    log_lines: Vec<String>,
    journal: Option<String>,
    /// The list that the query read.
    list: String,
    run_at: Timestamp,
    listening: Mutex<Listening>,
}

#[derive(Default)]
struct Listening {
    invalid_from: Option<Timestamp>,
    next: usize,
    listeners: BTreeMap<usize, Listener>,
}

/// Keeps a listener registered.
pub(crate) struct Watch {
    result: Weak<Scribble>,
    number: usize,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(result) = self.result.upgrade() {
            result
                .listening
                .lock()
                .unwrap()
                .listeners
                .remove(&self.number);
        }
    }
}

impl LiveResult for Scribble {
    type Watch = Watch;

    fn outcome(&self) -> Result<&Arc<str>, &FunctionFailure> {
        self.outcome.as_ref()
    }

    fn log_lines(&self) -> &[String] {
        &self.log_lines
    }

    fn journal(&self) -> Option<&str> {
        self.journal.as_deref()
    }

    fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match &self.outcome {
            Ok(value) => value.hash(&mut hasher),
            Err(failure) => failure.message.hash(&mut hasher),
        }
        self.log_lines.hash(&mut hasher);
        hasher.finish()
    }

    fn valid_at(&self, timestamp: Timestamp) -> bool {
        let listening = self.listening.lock().unwrap();
        listening.invalid_from.is_none_or(|from| timestamp < from)
    }

    fn on_invalid(self: &Arc<Self>, listener: Listener) -> Watch {
        let mut listening = self.listening.lock().unwrap();
        listening.next += 1;
        let number = listening.next;
        if listening.invalid_from.is_some() {
            listener();
        } else {
            listening.listeners.insert(number, listener);
        }
        Watch {
            result: Arc::downgrade(self),
            number,
        }
    }
}

impl Scripted {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            seconds: AtomicU64::new(1_760_000_000),
            runs: AtomicUsize::new(0),
            gate: Semaphore::new(0),
        })
    }

    /// Appends to a list as a mutation would.
    pub(crate) fn append(&self, list: &str, value: Json) -> Timestamp {
        let mut state = self.state.lock().unwrap();
        let timestamp = Timestamp(state.latest.timestamp.0 + 1);
        let mut data = BTreeMap::clone(&state.latest.data);
        data.entry(list.to_owned()).or_default().push(value);
        state.latest = At {
            timestamp,
            data: Arc::new(data),
        };
        let (gone, kept) = std::mem::take(&mut state.results)
            .into_iter()
            .partition(|(_, result)| result.list == list);
        state.results = kept;
        drop(state);
        let gone: HashMap<String, Arc<Scribble>> = gone;
        for result in gone.into_values() {
            let mut listening = result.listening.lock().unwrap();
            listening.invalid_from = Some(timestamp);
            let listeners = std::mem::take(&mut listening.listeners);
            drop(listening);
            listeners.into_values().for_each(|listener| listener());
        }
        timestamp
    }

    /// How many listeners wait for results to become invalid.
    pub(crate) fn listeners(&self) -> usize {
        let state = self.state.lock().unwrap();
        let count = |result: &Arc<Scribble>| result.listening.lock().unwrap().listeners.len();
        state.results.values().map(count).sum()
    }

    fn run(&self, call: &QueryCall<Person>, at: &At) -> Scribble {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let arguments = &call.function.arguments;
        let list = arguments["list"].as_str().unwrap_or("messages").to_owned();
        let path = call.function.path.as_str();
        let outcome = match path {
            "messages:list" => Ok(json!(at.data.get(&list).cloned().unwrap_or_default())),
            "messages:page" => Ok(json!({ "journal": call.journal })),
            "users:me" => Ok(json!(call.function.identity.name)),
            "values:echo" => Ok(arguments.as_ref().clone()),
            "values:large" => Ok(json!(
                "x".repeat(arguments["size"].as_u64().unwrap() as usize)
            )),
            other => Err(failure(other)),
        };
        Scribble {
            outcome: outcome.map(|json| json.to_string().into()),
            log_lines: if path == "users:me" {
                vec!["[LOG] 'me'".to_owned()]
            } else {
                Vec::new()
            },
            journal: (path == "messages:page").then(|| format!("after {}", at.timestamp)),
            list,
            run_at: at.timestamp,
            listening: Mutex::default(),
        }
    }
}

fn failure(path: &str) -> FunctionFailure {
    let (message, data) = match path {
        "fails:data" => (
            "[Request ID: 0123456789abcdef] Server Error\nUncaught ConvexError: nope\n    at x",
            Some(json!({ "n": { "$integer": "BQAAAAAAAAA=" } })),
        ),
        "fails:plain" => ("[Request ID: 0123456789abcdef] Server Error", None),
        other => {
            return FunctionFailure {
                message: format!("Could not find public function for '{other}'"),
                data: None,
            };
        }
    };
    FunctionFailure {
        message: message.to_owned(),
        data: data.as_ref().map(JsonText::from),
    }
}

impl Backend for Scripted {
    type Identity = Person;
    type Snapshot = At;
    type Result = Scribble;

    fn now_nanoseconds(&self) -> u64 {
        self.seconds.load(Ordering::Relaxed) * 1_000_000_000
    }

    fn latest(&self) -> At {
        self.state.lock().unwrap().latest.clone()
    }

    fn snapshot_at(&self, timestamp: Timestamp) -> Result<At, SystemError> {
        let latest = self.latest();
        if latest.timestamp == timestamp {
            return Ok(latest);
        }
        Err(SystemError {
            kind: SystemErrorKind::BadRequest,
            code: "TimestampTooOld",
            message: "that state is gone".to_owned(),
        })
    }

    /// Tokens are names, with an optional expiry: `ada@1760000060`. The name `mallory` is known to nobody.
    async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<Person, AuthenticationFailure> {
        let refused = || AuthenticationFailure {
            code: "Unauthenticated".to_owned(),
            message: "the token is of nobody here".to_owned(),
        };
        match credentials {
            Credentials::None => Ok(Person::default()),
            Credentials::User { value } if value.expose() != "mallory" => {
                let (name, until) = match value.expose().split_once('@') {
                    Some((name, until)) => (name, Some(until.parse().unwrap())),
                    None => (value.expose(), None),
                };
                Ok(Person {
                    name: Some(name.to_owned()),
                    admin: false,
                    until,
                })
            }
            Credentials::Admin {
                value,
                impersonating,
            } if value.expose() == "ADMINKEY" => Ok(Person {
                name: impersonating
                    .map(|attributes| attributes["subject"].as_str().unwrap().to_owned()),
                admin: true,
                until: None,
            }),
            _ => Err(refused()),
        }
    }

    fn check_path(&self, path: &str) -> Result<(), String> {
        let fits =
            |character: char| character.is_ascii_alphanumeric() || "/:._".contains(character);
        if path.chars().all(fits) {
            Ok(())
        } else {
            Err("not a function's path".to_owned())
        }
    }

    fn kind(&self, path: &str) -> Option<FunctionKind> {
        match path {
            "messages:send" => Some(FunctionKind::Mutation),
            "tools:echo" => Some(FunctionKind::Action),
            "messages:list" | "users:me" => Some(FunctionKind::Query),
            _ => None,
        }
    }

    async fn query(&self, call: QueryCall<Person>, at: &At) -> Result<Arc<Scribble>, SystemError> {
        let key = format!("{:?} {:?}", call.function, call.journal);
        let known = self.state.lock().unwrap().results.get(&key).cloned();
        if let Some(result) = known.filter(|result| result.run_at <= at.timestamp) {
            return Ok(result);
        }
        if call.function.path == "values:slow" {
            self.gate.acquire().await.unwrap().forget();
        }
        let result = Arc::new(self.run(&call, at));
        let mut state = self.state.lock().unwrap();
        if state.latest.timestamp == at.timestamp {
            state.results.insert(key, Arc::clone(&result));
        } else {
            result.listening.lock().unwrap().invalid_from = Some(state.latest.timestamp);
        }
        Ok(result)
    }

    async fn mutation(
        &self,
        call: FunctionCall<Person>,
        key: Option<RequestKey>,
    ) -> MutationResult {
        let outcome = match call.path.as_str() {
            "messages:send" | "messages:slow" => {
                if call.path == "messages:slow" {
                    self.gate.acquire().await.unwrap().forget();
                }
                let stored = key
                    .as_ref()
                    .and_then(|key| self.state.lock().unwrap().stored.get(key).cloned());
                Ok(stored.unwrap_or_else(|| {
                    let list = call.arguments["list"].as_str().unwrap_or("messages");
                    let result = (
                        "null".into(),
                        self.append(list, call.arguments["body"].clone()),
                    );
                    if let Some(key) = key {
                        self.state
                            .lock()
                            .unwrap()
                            .stored
                            .insert(key, Clone::clone(&result));
                    }
                    result
                }))
            }
            "fails:overloaded" => Err(CallError::System(SystemError {
                kind: SystemErrorKind::Overloaded,
                code: "CommitterFullError",
                message: "too much".to_owned(),
            })),
            "fails:panics" => panic!("as asked"),
            other => Err(failure(other).into()),
        };
        MutationResult {
            outcome,
            log_lines: vec!["[LOG] 'x'".to_owned()],
        }
    }

    async fn action(&self, call: FunctionCall<Person>) -> ActionResult {
        let outcome = match call.path.as_str() {
            "tools:echo" => Ok(call.arguments.to_string().into()),
            "tools:slow" => {
                self.gate.acquire().await.unwrap().forget();
                Ok("\"slow\"".into())
            }
            other => Err(failure(other).into()),
        };
        ActionResult {
            outcome,
            log_lines: Vec::new(),
        }
    }
}
