//! Scheduled functions and crons, on a clock that the tests move; and what a deployment keeps when it is stopped or its
//! functions change.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::{Duration, SystemTime};

use local_convex::{Clock, Data, LocalConvex};
use serde_json::{Value, json};
use support::{Live, Project, call, try_call};

const JOBS: &str = r#"
import { makeFunctionReference } from "convex/server";
import { action, internalAction, internalMutation, mutation, query } from "./_generated/server";
const jobs = {
  add: makeFunctionReference("jobs:add"),
  addFromAction: makeFunctionReference("jobs:addFromAction"),
  fail: makeFunctionReference("jobs:fail"),
};
export const add = internalMutation(async ({ db }, { text }) => { await db.insert("notes", { text }); });
export const addFromAction = internalAction(async ({ runMutation }, { text }) => { await runMutation(jobs.add, { text }); });
export const fail = internalMutation(async ({ db }) => {
  await db.insert("notes", { text: "of a failed job" });
  throw new Error("on purpose");
});
const schedule = async ({ scheduler }, { after, text }) => await scheduler.runAfter(after, jobs.add, { text });
export const soon = mutation(schedule);
export const soonFromAction = action(schedule);
export const soonAnAction = mutation(async ({ scheduler }, { after, text }) => await scheduler.runAfter(after, jobs.addFromAction, { text }));
export const soonAFailure = mutation(async ({ scheduler }, { after }) => await scheduler.runAfter(after, jobs.fail, {}));
export const scheduleAndFail = mutation(async (ctx, args) => {
  await schedule(ctx, args);
  throw new Error("on purpose");
});
export const at = mutation(async ({ scheduler }, { time, text }) => await scheduler.runAt(time, jobs.add, { text }));
export const cancel = mutation(async ({ scheduler }, { id }) => { await scheduler.cancel(id); });
export const notes = query(async ({ db }) => (await db.query("notes").collect()).map(({ text }) => text));
export const states = query(async ({ db }) => (await db.system.query("_scheduled_functions").collect()).map(({ state }) => state.kind).sort());
"#;

fn project() -> Project {
    Project::new(&[("jobs.js", JOBS)])
}

fn clock() -> Clock {
    Clock::manual(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000))
}

async fn schedule(convex: &LocalConvex, function: &str, after: Duration, text: &str) -> Value {
    let arguments = json!({ "after": after.as_millis() as f64, "text": text });
    let kind = match function {
        "jobs:soonFromAction" => "action",
        _ => "mutation",
    };
    call(convex, kind, function, arguments).await
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_job_runs_when_its_time_has_come_and_not_before() {
    let clock = clock();
    let project = project();
    let convex = project.start_at(&clock).await;
    let mut notes = Live::subscribe(&convex, "jobs:notes", json!({})).await;
    schedule(&convex, "jobs:soon", 2 * MINUTE, "later").await;
    schedule(&convex, "jobs:soon", MINUTE, "sooner").await;
    notes.until_equals(json!([])).await;
    clock.advance(MINUTE);
    notes.until_equals(json!(["sooner"])).await;
    clock.advance(MINUTE);
    notes.until_equals(json!(["sooner", "later"])).await;
    let states = call(&convex, "query", "jobs:states", json!({})).await;
    assert_eq!(states, json!(["success", "success"]));
}

#[tokio::test]
async fn an_action_schedules_in_the_deployments_time() {
    let clock = clock();
    let project = project();
    let convex = project.start_at(&clock).await;
    let mut notes = Live::subscribe(&convex, "jobs:notes", json!({})).await;
    schedule(&convex, "jobs:soonFromAction", MINUTE, "from an action").await;
    schedule(&convex, "jobs:soonAnAction", MINUTE, "by an action").await;
    // The action's own time has gone on for as long as it took.
    clock.advance(2 * MINUTE);
    notes
        .until(|notes| notes.as_array().is_some_and(|notes| notes.len() == 2))
        .await;
}

#[tokio::test]
async fn a_job_can_be_given_a_time_of_the_past() {
    let project = project();
    let convex = project.start_at(&clock()).await;
    let mut notes = Live::subscribe(&convex, "jobs:notes", json!({})).await;
    call(
        &convex,
        "mutation",
        "jobs:at",
        json!({ "time": 1_699_999_999_000.0, "text": "at once" }),
    )
    .await;
    notes.until_equals(json!(["at once"])).await;
}

#[tokio::test]
async fn a_canceled_job_does_not_run() {
    let clock = clock();
    let project = project();
    let convex = project.start_at(&clock).await;
    let mut notes = Live::subscribe(&convex, "jobs:notes", json!({})).await;
    let id = schedule(&convex, "jobs:soon", MINUTE, "canceled").await;
    schedule(&convex, "jobs:soon", MINUTE + SECOND, "kept").await;
    call(&convex, "mutation", "jobs:cancel", json!({ "id": id })).await;
    clock.advance(2 * MINUTE);
    notes.until_equals(json!(["kept"])).await;
    let states = call(&convex, "query", "jobs:states", json!({})).await;
    assert_eq!(states, json!(["canceled", "success"]));
}

#[tokio::test]
async fn a_job_that_fails_leaves_nothing_and_says_so() {
    let clock = clock();
    let project = project();
    let convex = project.start_at(&clock).await;
    let mut states = Live::subscribe(&convex, "jobs:states", json!({})).await;
    call(
        &convex,
        "mutation",
        "jobs:soonAFailure",
        json!({ "after": 1000.0 }),
    )
    .await;
    clock.advance(MINUTE);
    states.until_equals(json!(["failed"])).await;
    let notes = call(&convex, "query", "jobs:notes", json!({})).await;
    assert_eq!(notes, json!([]));
}

#[tokio::test]
async fn a_mutation_that_fails_has_scheduled_nothing() {
    let project = project();
    let convex = project.start_at(&clock()).await;
    let arguments = json!({ "after": 0.0, "text": "never" });
    let answer = try_call(&convex, "mutation", "jobs:scheduleAndFail", arguments).await;
    assert_eq!(answer["status"], "error");
    let states = call(&convex, "query", "jobs:states", json!({})).await;
    assert_eq!(states, json!([]));
}

#[tokio::test]
async fn a_job_outlives_the_deployment_and_runs_once() {
    let clock = clock();
    let project = project();
    let directory = tempfile::tempdir().unwrap();
    let options = || {
        let mut options = project.options();
        options.clock = clock.clone();
        options.data = Data::Directory(directory.path().to_owned());
        options
    };
    let convex = LocalConvex::start(options()).await.unwrap();
    schedule(&convex, "jobs:soon", MINUTE, "after the restart").await;
    convex.stop().await;
    clock.advance(2 * MINUTE);
    let convex = LocalConvex::start(options()).await.unwrap();
    let mut notes = Live::subscribe(&convex, "jobs:notes", json!({})).await;
    notes.until_equals(json!(["after the restart"])).await;
    // Whatever runs after it would have come later.
    schedule(&convex, "jobs:soon", SECOND, "last").await;
    clock.advance(MINUTE);
    notes
        .until_equals(json!(["after the restart", "last"]))
        .await;
    convex.stop().await;
}

#[tokio::test]
async fn a_cron_runs_at_once_and_then_at_its_interval() {
    const CRONS: &str = r#"
        import { cronJobs, makeFunctionReference } from "convex/server";
        const crons = cronJobs();
        crons.interval("tick", { minutes: 10 }, makeFunctionReference("jobs:add"), { text: "tick" });
        export default crons;
    "#;
    let clock = clock();
    let project = project();
    project.write("crons.js", CRONS);
    let convex = project.start_at(&clock).await;
    let mut notes = Live::subscribe(&convex, "jobs:notes", json!({})).await;
    for ticks in 1..=3 {
        let expected = vec![json!("tick"); ticks];
        notes.until(|notes| *notes == json!(expected)).await;
        clock.advance(10 * MINUTE);
    }
}

#[tokio::test]
async fn changed_functions_are_put_in_force_and_broken_ones_are_not() {
    let version = |text: &str| {
        format!(
            r#"import {{ query }} from "./_generated/server"; export const version = query(async () => "{text}");"#
        )
    };
    let project = Project::new(&[("code.js", &version("first"))]);
    let mut options = project.options();
    options.reload = true;
    let convex = LocalConvex::start(options).await.unwrap();
    let mut live = Live::subscribe(&convex, "code:version", json!({})).await;
    live.until_equals(json!("first")).await;
    project.write("code.js", &version("second"));
    live.until_equals(json!("second")).await;
    project.write("code.js", "export const = ;");
    project.write("other.js", &version("other"));
    let answer = call(&convex, "query", "code:version", json!({})).await;
    assert_eq!(answer, "second");
    project.write("code.js", &version("third"));
    live.until_equals(json!("third")).await;
    let answer = call(&convex, "query", "other:version", json!({})).await;
    assert_eq!(answer, "other");
}

#[tokio::test]
async fn changed_variables_are_put_in_force() {
    const READ: &str = r#"import { query } from "./_generated/server"; export const variable = query(async () => process.env.GREETING ?? null);"#;
    let project = Project::new(&[("code.js", READ)]);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(".env.functions");
    let mut options = project.options();
    options.reload = true;
    options.environment = [("GREETING".to_owned(), "given".to_owned())].into();
    options.environment_file = Some(file.clone());
    let convex = LocalConvex::start(options).await.unwrap();
    let mut live = Live::subscribe(&convex, "code:variable", json!({})).await;
    live.until_equals(json!("given")).await;
    std::fs::write(&file, "GREETING=hello\n").unwrap();
    live.until_equals(json!("hello")).await;
    std::fs::write(&file, "GREETING='never ended\n").unwrap();
    std::fs::write(&file, "# A comment\nGREETING=\"good morning\"\n").unwrap();
    live.until_equals(json!("good morning")).await;
}
