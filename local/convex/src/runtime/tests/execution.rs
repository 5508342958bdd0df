//! Errors, logs, isolation and determinism.

use serde_json::{Value as Json, json};

use super::{NOW, Script, engine, message, query, run_with, value};
use crate::runtime::FunctionKind;

#[test]
fn typescript_and_json_become_what_they_mean() {
    let engine = engine();
    assert_eq!(
        value(&query(&engine, "messages:color")),
        json!([2, "Red", "hello"])
    );
    assert_eq!(value(&query(&engine, "messages")), "default export");
    assert_eq!(
        value(&query(&engine, "messages:environment")),
        json!(["value", null])
    );
}

#[test]
fn errors_name_lines_of_the_files_that_were_written() {
    let engine = engine();
    let failed = message(&query(&engine, "messages:failed"));
    let lines: Vec<&str> = failed.lines().collect();
    assert_eq!(lines[0], "Uncaught TypeError: x");
    assert!(
        lines[1].starts_with("    at fail (../convex/helpers.ts:23:"),
        "{failed}"
    );
    assert!(lines[2].contains("(../convex/messages.ts:31:"), "{failed}");
    let script = Script {
        otherwise: Some(Json::Null),
        ..Script::default()
    };
    let (late, _) = run_with(
        &engine,
        FunctionKind::Query,
        "messages:failedAfterAwait",
        &json!({}),
        script,
    );
    assert!(
        message(&late).contains("(../convex/messages.ts:36:"),
        "{}",
        message(&late)
    );
    assert_eq!(
        message(&query(&engine, "messages:throwsText")),
        "Uncaught just text"
    );
}

#[test]
fn convex_errors_carry_their_data() {
    let (execution, _) = run_with(
        &engine(),
        FunctionKind::Mutation,
        "messages:refused",
        &json!({}),
        Script::default(),
    );
    let error = execution.result.unwrap_err();
    assert!(
        error
            .message
            .starts_with("Uncaught ConvexError: {\"reason\":\"no entry\",\"count\":\"5n\"}\n"),
        "{}",
        error.message
    );
    assert_eq!(
        error.data,
        Some(json!({"reason": "no entry", "count": {"$integer": "BQAAAAAAAAA="}}))
    );
}

#[test]
fn functions_that_are_not_there_say_so() {
    let engine = engine();
    assert!(
        message(&query(&engine, "messages:nothing"))
            .starts_with("Could not find function for 'messages:nothing'")
    );
    assert!(
        message(&query(&engine, "nowhere:list"))
            .starts_with("Could not find function for 'nowhere:list'")
    );
    assert!(message(&query(&engine, "dir/server:hash")).contains("\"use node\""));
    let (wrong, _) = run_with(
        &engine,
        FunctionKind::Mutation,
        "messages:list",
        &json!({}),
        Script::default(),
    );
    assert_eq!(
        message(&wrong),
        "Trying to run messages:list as a mutation, but it is a query."
    );
}

#[test]
fn log_lines_read_as_they_do_on_convex() {
    let lines = query(&engine(), "messages:log").log_lines;
    assert_eq!(
        lines[0],
        "[LOG] 'text' { a: 1, b: [ 1, 2n, 'x' ], c: undefined } Map(1) { 'k' => 1 } Set(1) { 1 } null -0"
    );
    assert_eq!(lines[1], "[DEBUG] \"it's\"");
    assert_eq!(lines[2], "[INFO] []");
    assert_eq!(lines[3], "[WARN] 1970-01-01T00:00:00.000Z /a/g");
    assert!(
        lines[4].starts_with("[ERROR] Error: broken\n    at "),
        "{}",
        lines[4]
    );
    assert_eq!(lines[5].chars().count(), 32_768);
    assert_eq!(lines.len(), 256);
    assert!(lines[255].contains("more than 256"));
}

#[test]
fn executions_leave_nothing_behind() {
    let engine = engine();
    for _ in 0..3 {
        assert_eq!(
            value(&query(&engine, "messages:countCalls")),
            json!([1, 1, 1])
        );
    }
}

#[test]
fn what_an_execution_breaks_is_whole_in_the_next() {
    let engine = engine();
    for _ in 0..10 {
        assert_eq!(
            value(&query(&engine, "wreck:wreck")),
            json!([
                "object",
                "function",
                [2, 3],
                6,
                "[\"a\"]",
                "http://h/",
                "logged"
            ])
        );
        assert_eq!(value(&query(&engine, "limits:fine")), "fine");
    }
}

#[test]
fn a_failure_leaves_nothing_behind() {
    let engine = engine();
    for _ in 0..3 {
        let script = Script::default();
        let (failed, _) = run_with(
            &engine,
            FunctionKind::Query,
            "wreck:leaveSyscallsOpen",
            &json!({}),
            script,
        );
        assert!(message(&failed).starts_with("Uncaught Error: on purpose"));
        assert_eq!(failed.log_lines, ["[LOG] 'when it is imported'"]);
    }
}

#[test]
fn queries_are_deterministic() {
    let (first, second) = (engine(), engine());
    let values = value(&query(&first, "determinism:values"));
    for _ in 0..2 {
        assert_eq!(value(&query(&second, "determinism:values")), values);
    }
    assert_eq!(values[0], NOW);
    assert_eq!(values[1], NOW);
    assert_ne!(values[2], values[3]);
    assert_eq!(values[4], "1970-01-01T00:00:00.000Z");
    assert_eq!(values[5], true);
    assert_eq!(values[6], true);
    assert_eq!(values[7], false);
}

#[test]
fn what_differs_from_run_to_run_is_refused() {
    let engine = engine();
    let refused = value(&query(&engine, "determinism:refused"));
    for (index, name) in [
        "setTimeout",
        "fetch",
        "crypto.randomUUID",
        "crypto.getRandomValues",
        "performance.now",
    ]
    .iter()
    .enumerate()
    {
        let message = refused[index].as_str().unwrap();
        assert!(
            message.starts_with(name) && message.contains("action"),
            "{message}"
        );
    }
    assert_eq!(
        (&refused[5], &refused[6], &refused[7]),
        (
            &json!("undefined"),
            &json!("undefined"),
            &json!("undefined")
        )
    );
    assert!(message(&query(&engine, "determinism:dynamic")).contains("import() is not available"));
}
