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
    let engine = Engine::new(bundle(), Limits::default());
    for path in ["limits:fine", "messages:environment"] {
        let before = spent(start);
        value(&query(&engine, path));
        println!("{path}: {:?} the first time", spent(start) - before);
        let before = spent(start);
        for _ in 0..ROUNDS {
            value(&query(&engine, path));
        }
        println!("{path}: {:?} a call", (spent(start) - before) / ROUNDS);
    }
}
