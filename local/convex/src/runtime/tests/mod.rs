//! The fixture in `tests/functions`, run with scripted hosts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod actions;
mod analysis;
mod bench;
mod execution;
mod limits;
mod platform;
mod traces;

use std::{
    cell::RefCell,
    collections::VecDeque,
    path::PathBuf,
    rc::Rc,
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde_json::{Value as Json, json};

use super::{
    Bundle, BundleOptions, Engine, Execution, FunctionKind, FunctionPath, HostError, Invocation,
    Limits, Reply, TransactionHost,
};

/// A time at which recorded schedules make sense.
pub(super) const NOW: f64 = 1_760_000_000_000.0;

pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub(super) fn options(directory: PathBuf) -> BundleOptions {
    let variables = [
        ("NAME", "value"),
        (
            "CLERK_JWT_ISSUER_DOMAIN",
            "https://happy-clerk.clerk.accounts.dev",
        ),
    ];
    BundleOptions {
        directory,
        environment: variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        convex_package: Some(root().join("../../end2end/node_modules/convex")),
    }
}

/// The fixture, loaded once for all tests.
pub(super) fn bundle() -> Arc<Bundle> {
    static BUNDLE: OnceLock<Arc<Bundle>> = OnceLock::new();
    let load = || Arc::new(Bundle::load(&options(root().join("tests/functions"))).unwrap());
    Arc::clone(BUNDLE.get_or_init(load))
}

pub(super) fn engine() -> Engine {
    let limits = Limits {
        transaction: Duration::from_millis(300),
        action: Duration::from_secs(5),
        ..Limits::default()
    };
    Engine::new(bundle(), limits)
}

pub(super) fn samples() -> Json {
    let text = std::fs::read_to_string(root().join("tests/data/convex-samples.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(super) fn invocation(kind: FunctionKind, path: &str, arguments: &Json) -> Invocation {
    let request_id = if kind == FunctionKind::Action {
        "REQUEST_ID"
    } else {
        ""
    };
    Invocation {
        kind,
        path: path.parse::<FunctionPath>().unwrap(),
        arguments: json!([arguments]).to_string(),
        request_id: request_id.to_owned(),
        now_milliseconds: NOW,
        seed: [7; 32],
    }
}

/// What a scripted host expects next, and what it answers.
pub(super) struct Expected {
    pub operation: String,
    pub arguments: Json,
    pub answer: Result<Json, HostError>,
}

/// Answers syscalls from a list, and checks that they come in its order. Runs nested calls when it is told to.
#[derive(Default)]
pub(super) struct Script {
    pub expected: VecDeque<Expected>,
    /// Answers everything with this once the list is empty.
    pub otherwise: Option<Json>,
    /// Runs `1.0/runUdf` for real.
    pub runs_nested: bool,
    pub seen: Vec<(String, Json)>,
}

impl Script {
    fn answer(&mut self, operation: &str, arguments: Json) -> Result<Json, HostError> {
        let answer = match self.expected.pop_front() {
            Some(expected) => {
                assert_eq!(
                    (operation, &arguments),
                    (expected.operation.as_str(), &expected.arguments)
                );
                expected.answer
            }
            None => self
                .otherwise
                .clone()
                .ok_or_else(|| HostError::new(format!("Unexpected {operation}"))),
        };
        self.seen.push((operation.to_owned(), arguments));
        answer
    }
}

impl TransactionHost for Script {
    fn syscall(&mut self, operation: &str, arguments: Json) -> Result<Json, HostError> {
        self.answer(operation, arguments)
    }

    fn async_syscall(&mut self, operation: &str, arguments: Json) -> Result<Reply, HostError> {
        if self.runs_nested && operation == "1.0/runUdf" {
            let kind = match arguments["udfType"].as_str() {
                Some("mutation") => FunctionKind::Mutation,
                _ => FunctionKind::Query,
            };
            return Ok(Reply::Call(invocation(
                kind,
                arguments["name"].as_str().unwrap(),
                &arguments["args"],
            )));
        }
        self.answer(operation, arguments).map(Reply::Value)
    }

    fn nested_done(&mut self, execution: Execution) -> Result<Json, HostError> {
        execution
            .result
            .map(|text| serde_json::from_str(&text).unwrap())
            .map_err(|error| HostError {
                message: error.message,
                data: error.data,
                code: error.code,
            })
    }
}

pub(super) fn run_with(
    engine: &Engine,
    kind: FunctionKind,
    path: &str,
    arguments: &Json,
    script: Script,
) -> (Execution, Script) {
    let host = Rc::new(RefCell::new(script));
    let execution = engine.transact(&invocation(kind, path, arguments), Rc::clone(&host) as _);
    let script = Rc::into_inner(host)
        .expect("the engine keeps no host")
        .into_inner();
    (execution, script)
}

pub(super) fn query(engine: &Engine, path: &str) -> Execution {
    run_with(
        engine,
        FunctionKind::Query,
        path,
        &json!({}),
        Script::default(),
    )
    .0
}

pub(super) fn value(execution: &Execution) -> Json {
    match &execution.result {
        Ok(text) => serde_json::from_str(text).unwrap(),
        Err(error) => panic!("{}", error.message),
    }
}

pub(super) fn message(execution: &Execution) -> String {
    execution.result.as_ref().unwrap_err().message.clone()
}
