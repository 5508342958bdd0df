//! What it costs the Convex client to take in a transition, from the text of the frame to the list of changed queries, beside
//! the official npm client's core taking the same texts in the same run.
//!
//! Each text is written just before it is taken in, as one from a socket is, and what writing them alone takes is subtracted.
//! So collecting the garbage of taking in is counted, wherever it falls.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark stops when its preparation fails"
)]

use std::{
    fmt::Write as _,
    hint::black_box,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use leptos_clerk_convex::convex::{
    FunctionPath,
    sync::{Effect, Event, Moment, Scope, SyncClient, SyncOptions},
};
use serde_json::json;

const MOMENT: Moment = Moment {
    now_ms: 1_760_000_000_000,
    random: 0.5,
};

fn version(count: u64) -> String {
    let query_set = u64::from(count > 0);
    let ts = STANDARD.encode(count.to_le_bytes());
    format!(r#"{{"querySet":{query_set},"identity":0,"ts":"{ts}"}}"#)
}

/// The same text as in `end2end/bench/npm-client.mjs`.
fn transition(count: u64, queries: usize) -> String {
    let mut text = format!(
        r#"{{"type":"Transition","startVersion":{},"endVersion":{},"modifications":["#,
        version(count),
        version(count + 1)
    );
    for id in 0..queries {
        let comma = if id == 0 { "" } else { "," };
        write!(
            text,
            concat!(
                r#"{}{{"type":"QueryUpdated","queryId":{},"value":{{"_creationTime":1760000000000.25,"_id":"j57d3f8kq0v9a2b4c6e8g1h3m5n7p9r0","#,
                r#""author":"Ada Lovelace","body":"The engine weaves algebraic patterns just as the loom weaves flowers and leaves.","#,
                r#""count":{}}},"logLines":[],"journal":null}}"#
            ),
            comma, id, count
        )
        .unwrap();
    }
    text.push_str(r#"],"clientClockSkew":0,"serverTs":1760000000000000000}"#);
    text
}

struct Subject {
    client: SyncClient,
    queries: usize,
    count: u64,
}

impl Subject {
    fn new(queries: usize) -> Self {
        // An allocator that has had a large block keeps smaller ones from then on, and does not hand them to the kernel and
        // back with every message: as in a program that has run for a while, and as in a browser, always.
        drop(black_box(vec![1_u8; 8 << 20]));
        let mut client = SyncClient::new(
            SyncOptions::default(),
            "4f9c2d0e-6f1a-4b8e-9a53-0d6f3b1c7e21",
        );
        let path = FunctionPath::new("messages:read");
        for query in 0..queries {
            client.subscribe(
                &path,
                &json!({ "query": query }),
                Scope::Public,
                None,
                MOMENT,
            );
        }
        client.start(MOMENT);
        Self {
            client,
            queries,
            count: 0,
        }
    }

    fn run(&mut self, iterations: u64) -> Duration {
        let connection = self
            .client
            .take_effects()
            .into_iter()
            .find_map(|effect| match effect {
                Effect::OpenSocket { connection } => Some(connection),
                _ => None,
            })
            .unwrap();
        self.client
            .handle(Event::SocketOpened { connection }, MOMENT);
        self.client.take_effects();
        let preparing = Instant::now();
        for count in 0..iterations {
            black_box(transition(self.count + count, self.queries));
        }
        let preparing = preparing.elapsed();
        let mut changed = 0;
        let started = Instant::now();
        for count in 0..iterations {
            let text = transition(self.count + count, self.queries);
            self.client
                .handle(Event::SocketMessage { connection, text }, MOMENT);
            changed += changed_queries(self.client.take_effects());
        }
        let elapsed = started.elapsed().saturating_sub(preparing);
        assert_eq!(changed as u64, self.queries as u64 * iterations);
        self.count += iterations;
        elapsed
    }
}

fn changed_queries(effects: Vec<Effect>) -> usize {
    effects
        .into_iter()
        .map(|effect| match effect {
            Effect::QueriesChanged(tokens) => tokens.len(),
            _ => 0,
        })
        .sum()
}

/// The official client in a Node process of its own, which answers with the time it took.
struct NpmClient {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl NpmClient {
    /// `None` where Node or the npm packages are not installed.
    fn start() -> Option<Self> {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/end2end");
        if !std::path::Path::new(directory)
            .join("node_modules/convex")
            .exists()
        {
            return None;
        }
        let mut process = Command::new("node")
            .arg("bench/npm-client.mjs")
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let input = process.stdin.take()?;
        let output = BufReader::new(process.stdout.take()?);
        Some(Self {
            process,
            input,
            output,
        })
    }

    fn run(&mut self, queries: usize, iterations: u64) -> Duration {
        writeln!(self.input, "{queries} {iterations}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        Duration::from_nanos(line.trim().parse().unwrap())
    }
}

impl Drop for NpmClient {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn transitions(criterion: &mut Criterion) {
    let mut npm = NpmClient::start();
    if npm.is_none() {
        eprintln!("the official client is left out: `make setup` installs it");
    }
    let mut group = criterion.benchmark_group("transitions");
    for queries in [1, 100, 1_000] {
        group.throughput(Throughput::Elements(queries as u64));
        group.bench_function(BenchmarkId::new("SyncClient", queries), |bencher| {
            bencher.iter_custom(|iterations| Subject::new(queries).run(iterations));
        });
        if let Some(npm) = &mut npm {
            group.bench_function(BenchmarkId::new("npm client", queries), |bencher| {
                bencher.iter_custom(|iterations| npm.run(queries, iterations));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, transitions);
criterion_main!(benches);
