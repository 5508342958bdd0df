//! Times, printed on demand: `cargo test -p local-convex runtime::tests::bench -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use super::{bundle, options, query, root, value};
use crate::runtime::{Bundle, Engine, Limits};

const ROUNDS: u32 = 300;

/// The time this thread has spent on a processor; where the system does not tell, the time that has passed.
fn spent(start: Instant) -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = statistics
        .as_deref()
        .and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

#[test]
#[ignore = "prints times, checks nothing"]
fn executions() {
    let start = Instant::now();
    let before = spent(start);
    drop(Bundle::load(&options(root().join("tests/functions"))).unwrap());
    println!(
        "loading the fixture: {:?} of processor time",
        spent(start) - before
    );
    let engine = Engine::new(bundle(), Limits::default()).unwrap();
    for prepared in [false, true] {
        for path in ["limits:fine", "messages:environment"] {
            let mut calls = Duration::ZERO;
            let all = spent(start);
            for _ in 0..ROUNDS {
                if prepared {
                    while engine.prepare() {}
                }
                let before = spent(start);
                value(&query(&engine, path));
                calls += spent(start) - before;
            }
            let all = spent(start) - all;
            println!(
                "{path}, prepared: {prepared}: {:?} a call, {:?} with all work ahead",
                calls / ROUNDS,
                all / ROUNDS
            );
        }
    }
}
