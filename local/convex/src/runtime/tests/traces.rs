//! Recorded runs of the unmodified library, repeated.

use serde_json::{Value as Json, json};

use super::{Expected, Script, engine, message, run_with, samples, value};
use crate::runtime::{FunctionKind, HostError};

const TRACES: [(&str, &str); 12] = [
    ("query-shapes", "queryShapes"),
    ("storage-in-mutation", "storageInMutation"),
    ("meta-query", "metaQuery"),
    ("meta-mutation", "metaMutation"),
    ("db-get-forms", "dbGetForms"),
    ("iterate-and-break", "iterateAndBreak"),
    ("writes", "writes"),
    ("auth", "auth"),
    ("nested-calls", "nestedCalls"),
    ("handle-calls", "handleCalls"),
    ("throws-convex-error", "throwsConvexError"),
    ("returns-undefined", "returnsUndefined"),
];

fn kind(trace: &Json) -> FunctionKind {
    match trace["invoke"].as_str().unwrap() {
        "invokeQuery" => FunctionKind::Query,
        "invokeMutation" => FunctionKind::Mutation,
        _ => FunctionKind::Action,
    }
}

#[test]
fn recorded_syscalls_are_made_again() {
    let samples = samples();
    let engine = engine();
    for (name, function) in TRACES {
        let traces = samples["syscalls"].as_array().unwrap();
        let trace = traces.iter().find(|trace| trace["name"] == name).unwrap();
        let calls = trace["syscalls"].as_array().unwrap().iter();
        let expected = calls.map(|call| Expected {
            operation: call["op"].as_str().unwrap().to_owned(),
            arguments: call["args"].clone(),
            answer: Ok(call["result"].clone()),
        });
        let script = Script {
            expected: expected.collect(),
            ..Script::default()
        };
        let arguments: Json = serde_json::from_str(trace["args"][0].as_str().unwrap()).unwrap();
        let path = format!("traces:{function}");
        let (execution, script) = run_with(&engine, kind(trace), &path, &arguments[0], script);
        assert_eq!(script.expected.len(), 0, "{name}");
        match trace["result"].as_str() {
            Some(result) => {
                assert_eq!(
                    value(&execution),
                    serde_json::from_str::<Json>(result).unwrap(),
                    "{name}"
                );
            }
            None => {
                let error = execution.result.unwrap_err();
                let data: Json =
                    serde_json::from_str(trace["result"]["data"].as_str().unwrap()).unwrap();
                assert_eq!(error.data, Some(data), "{name}");
                let first = format!(
                    "Uncaught ConvexError: {}",
                    trace["result"]["message"].as_str().unwrap()
                );
                assert_eq!(error.message.lines().next(), Some(first.as_str()), "{name}");
            }
        }
    }
}

#[test]
fn syscalls_made_together_are_answered_in_order() {
    let script = Script {
        otherwise: Some(Json::Null),
        ..Script::default()
    };
    let (execution, script) = run_with(
        &engine(),
        FunctionKind::Query,
        "traces:together",
        &json!({}),
        script,
    );
    assert_eq!(value(&execution), json!([null, null, null]));
    let ids: Vec<_> = script
        .seen
        .iter()
        .map(|(_, arguments)| arguments["id"].clone())
        .collect();
    assert_eq!(ids, ["a", "b", "c"]);
}

#[test]
fn nested_calls_run_with_the_same_host_and_log() {
    let engine = engine();
    let script = Script {
        runs_nested: true,
        ..Script::default()
    };
    let (execution, _) = run_with(
        &engine,
        FunctionKind::Mutation,
        "traces:nested",
        &json!({}),
        script,
    );
    assert_eq!(value(&execution), "logged");
    assert_eq!(execution.log_lines[0], "[LOG] 'before'");
    assert!(execution.log_lines[1].starts_with("[LOG] 'text'"));
    assert_eq!(execution.log_lines.len(), 256);
    let script = Script {
        runs_nested: true,
        ..Script::default()
    };
    let (execution, _) = run_with(
        &engine,
        FunctionKind::Mutation,
        "traces:catches",
        &json!({}),
        script,
    );
    assert_eq!(
        value(&execution),
        json!({"reason": "no entry", "count": {"$integer": "BQAAAAAAAAA="}})
    );
}

#[test]
fn unawaited_syscalls_count_and_are_mentioned() {
    let script = Script {
        otherwise: Some(json!({"_id": "x"})),
        ..Script::default()
    };
    let (execution, script) = run_with(
        &engine(),
        FunctionKind::Mutation,
        "traces:dangling",
        &json!({}),
        script,
    );
    assert_eq!(value(&execution), "returned");
    assert_eq!(script.seen.len(), 2);
    assert_eq!(execution.log_lines.len(), 1);
    assert!(
        execution.log_lines[0].starts_with("[WARN] '2 unawaited"),
        "{:?}",
        execution.log_lines
    );
}

#[test]
fn host_errors_show_where_user_code_asked() {
    let expected = Expected {
        operation: "1.0/get".to_owned(),
        arguments: json!({"id": "bad", "isSystem": false, "version": "1.48.0"}),
        answer: Err(HostError::new("Not an id")),
    };
    let script = Script {
        expected: [expected].into(),
        ..Script::default()
    };
    let (execution, _) = run_with(
        &engine(),
        FunctionKind::Query,
        "traces:hostFails",
        &json!({}),
        script,
    );
    let message = message(&execution);
    assert!(
        message.starts_with("Uncaught Error: Not an id\n"),
        "{message}"
    );
    assert!(message.contains("(../convex/traces.ts:68:"), "{message}");
}
