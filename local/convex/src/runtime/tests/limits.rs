//! Functions that misbehave end with an error, and the next one runs.

use super::{engine, message, query, value};

fn survives(path: &str, expected: &str) {
    let engine = engine();
    while engine.prepare() {}
    let text = message(&query(&engine, path));
    assert!(text.contains(expected), "{path}: {text}");
    assert_eq!(value(&query(&engine, "limits:fine")), "fine");
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
    survives("limits:allocate", "ran out of memory");
    survives("limits:hoard", "ran out of memory");
    survives("limits:throwsNull", "Uncaught null");
}

#[test]
fn recursion_is_limited() {
    survives("limits:recurse", "Maximum call stack size exceeded");
}

#[test]
fn a_promise_that_never_resolves_is_an_error() {
    survives("limits:never", "will never resolve");
}
