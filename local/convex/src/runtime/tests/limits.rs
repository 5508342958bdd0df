//! Functions that misbehave end with an error, and the next one runs.

use std::time::Duration;

use super::{bundle, engine, message, query, value};
use crate::runtime::{Engine, Limits};

fn survives_in(engine: &Engine, path: &str, expected: &str) {
    let text = message(&query(engine, path));
    assert!(text.contains(expected), "{path}: {text}");
    assert_eq!(value(&query(engine, "limits:fine")), "fine");
}

fn survives(path: &str, expected: &str) {
    survives_in(&engine(), path, expected);
}

#[test]
fn an_endless_loop_is_stopped() {
    survives("limits:spin", "timed out");
}

#[test]
fn endless_microtasks_are_stopped() {
    survives("limits:microtasks", "timed out");
}

#[test]
fn memory_is_limited() {
    // Filling it must not be a race with the clock.
    let limits = Limits {
        transaction: Duration::from_secs(60),
        ..Limits::default()
    };
    let engine = Engine::new(bundle(), limits);
    survives_in(&engine, "limits:allocate", "ran out of memory");
    survives_in(&engine, "limits:hoard", "ran out of memory");
    survives_in(&engine, "limits:throwsNull", "Uncaught null");
}

#[test]
fn recursion_is_limited() {
    survives("limits:recurse", "Maximum call stack size exceeded");
}

#[test]
fn a_promise_that_never_resolves_is_an_error() {
    survives("limits:never", "will never resolve");
}
