//! Times, printed on demand: `cargo test -p local-convex runtime::tests::bench -- --ignored --nocapture`.

use std::time::Instant;

use super::{bundle, options, query, root, value};
use crate::runtime::{Bundle, Engine, Limits};

#[test]
#[ignore = "prints times, checks nothing"]
fn executions() {
    let start = Instant::now();
    drop(Bundle::load(&options(root().join("tests/functions"))).unwrap());
    println!("loading the fixture: {:?}", start.elapsed());
    let engine = Engine::new(bundle(), Limits::default()).unwrap();
    for prepared in [false, true] {
        let rounds = 300;
        let mut spent = std::time::Duration::ZERO;
        let all = Instant::now();
        for _ in 0..rounds {
            if prepared {
                while engine.prepare() {}
            }
            let start = Instant::now();
            value(&query(&engine, "limits:fine"));
            spent += start.elapsed();
        }
        println!("prepared: {prepared}: {:?} each; with preparations {:?}", spent / rounds, all.elapsed() / rounds);
    }
}
