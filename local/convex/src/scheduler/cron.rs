//! The jobs of `crons.ts`.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use crate::auth::Identity;
use crate::functions::{Call, Caller, Cron, Functions, new_request_id};
use crate::runtime::FunctionKind;

/// When a job runs. All times are UTC.
#[derive(Clone, Debug)]
pub(crate) enum Schedule {
    /// First at once, then this often.
    Every(Duration),
    /// At the times of a cron expression.
    At(Box<croner::Cron>),
}

/// A schedule that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CronError {
    #[error("the schedule type {0:?} is unknown to this deployment")]
    UnknownType(String),
    #[error("an interval must be longer than zero")]
    EmptyInterval,
    #[error("{expression:?} is no cron expression: {problem}")]
    Expression { expression: String, problem: String },
}

impl Schedule {
    /// Reads one `schedule` of the exported crons.
    pub(crate) fn from_json(json: &Json) -> Result<Self, CronError> {
        let number = |name: &str| json[name].as_f64().unwrap_or_default();
        let (minute, hour) = (number("minuteUTC"), number("hourUTC"));
        let expression = match json["type"].as_str().unwrap_or_default() {
            "interval" => {
                let seconds =
                    number("seconds") + 60.0 * number("minutes") + 3600.0 * number("hours");
                return match Duration::try_from_secs_f64(seconds) {
                    Ok(every) if !every.is_zero() => Ok(Self::Every(every)),
                    _ => Err(CronError::EmptyInterval),
                };
            }
            "hourly" => format!("{minute} * * * *"),
            "daily" => format!("{minute} {hour} * * *"),
            "weekly" => {
                let day = json["dayOfWeek"].as_str().unwrap_or_default();
                format!(
                    "{minute} {hour} * * {}",
                    day.get(..3).unwrap_or(day).to_uppercase()
                )
            }
            "monthly" => format!("{minute} {hour} {} * *", number("day")),
            "cron" => json["cron"].as_str().unwrap_or_default().to_owned(),
            other => return Err(CronError::UnknownType(other.to_owned())),
        };
        croner::Cron::from_str(&expression)
            .map(|cron| Self::At(Box::new(cron)))
            .map_err(|error| CronError::Expression {
                expression,
                problem: error.to_string(),
            })
    }

    /// The first time after `now`; `None` when there is none.
    fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Every(every) => now.checked_add_signed(chrono::TimeDelta::from_std(*every).ok()?),
            Self::At(cron) => cron.find_next_occurrence(&now, false).ok(),
        }
    }
}

/// Jobs that have not ended, by name: the same job does not overlap itself.
type Running = Arc<Mutex<Vec<String>>>;

pub(super) async fn run(functions: Functions) {
    let running = Running::default();
    let mut changes = functions.code_changes();
    changes.mark_changed();
    let mut due: BTreeMap<String, DateTime<Utc>> = BTreeMap::new();
    loop {
        let now = utc(&functions);
        let is_new = changes.has_changed().unwrap_or(false);
        let code = Arc::clone(&changes.borrow_and_update());
        if is_new {
            due = first_times(&code.crons, &due, now);
        }
        for (name, cron) in &code.crons {
            if due.get(name).is_some_and(|time| *time <= now) {
                start(&functions, &running, name, cron);
                match cron.schedule.next(now) {
                    Some(next) => due.insert(name.clone(), next),
                    None => due.remove(name),
                };
            }
        }
        let next = due.values().min();
        let next = next.map_or(f64::INFINITY, |next| next.timestamp_millis() as f64);
        tokio::select! {
            () = functions.clock().sleep_until(next) => {}
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}

/// The time in whole milliseconds, which is how long the clock can be asked to sleep.
fn utc(functions: &Functions) -> DateTime<Utc> {
    let milliseconds = functions.clock().nanoseconds() / 1_000_000;
    let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
    DateTime::from_timestamp_millis(milliseconds).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A job that stays keeps its time; a new one begins at once if it runs at intervals.
fn first_times(
    crons: &BTreeMap<String, Cron>,
    due: &BTreeMap<String, DateTime<Utc>>,
    now: DateTime<Utc>,
) -> BTreeMap<String, DateTime<Utc>> {
    let time = |(name, cron): (&String, &Cron)| {
        let time = match (&cron.schedule, due.get(name)) {
            (Schedule::Every(_), Some(time)) => Some(*time),
            (Schedule::Every(_), None) => Some(now),
            (Schedule::At(_), _) => cron.schedule.next(now),
        };
        Some((name.clone(), time?))
    };
    crons.iter().filter_map(time).collect()
}

fn start(functions: &Functions, running: &Running, name: &str, cron: &Cron) {
    {
        let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.iter().any(|other| other == name) {
            tracing::warn!(name, "a cron job is skipped: its last run has not ended");
            return;
        }
        running.push(name.to_owned());
    }
    let call = Call {
        path: cron.path.clone(),
        arguments: cron.arguments.clone(),
        identity: Identity::None,
        caller: Caller::Inside,
        request_id: new_request_id(),
    };
    let (functions, running, name) = (functions.clone(), Arc::clone(running), name.to_owned());
    tokio::spawn(async move {
        match functions
            .code()
            .function(&call.path)
            .map(|function| function.kind)
        {
            Some(FunctionKind::Mutation) => {
                functions.mutation(&call, None).await;
            }
            Some(FunctionKind::Action) => {
                functions.action(&call).await;
            }
            _ => {
                tracing::warn!(name, function = %call.path, "a cron job names no mutation or action")
            }
        }
        running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|other| *other != name);
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    fn samples() -> Json {
        let samples: Json =
            serde_json::from_str(include_str!("../../tests/data/convex-samples.json")).unwrap();
        samples["crons_export"].clone()
    }

    fn next(name: &str, now: &str) -> String {
        let schedule = Schedule::from_json(&samples()[name]["schedule"]).unwrap();
        let now: DateTime<Utc> = now.parse().unwrap();
        schedule
            .next(now)
            .unwrap()
            .format("%Y-%m-%dT%H:%M:%SZ")
            .to_string()
    }

    #[test]
    fn every_recorded_schedule_has_its_next_time() {
        // A Wednesday.
        let now = "2025-10-08T12:07:30Z";
        assert_eq!(next("tick", now), "2025-10-08T12:08:00Z");
        assert_eq!(next("h", now), "2025-10-08T13:05:00Z");
        assert_eq!(next("d", now), "2025-10-09T03:15:00Z");
        assert_eq!(next("w", now), "2025-10-13T01:02:00Z");
        assert_eq!(next("mo", now), "2025-11-01T01:02:00Z");
        assert_eq!(next("c", now), "2025-10-08T12:10:00Z");
    }

    #[test]
    fn what_is_no_schedule_is_named() {
        let read = |json| Schedule::from_json(&json).unwrap_err();
        assert_eq!(
            read(serde_json::json!({"type": "interval", "seconds": 0})),
            CronError::EmptyInterval
        );
        assert!(matches!(
            read(serde_json::json!({"type": "yearly"})),
            CronError::UnknownType(_)
        ));
        assert!(matches!(
            read(serde_json::json!({"type": "cron", "cron": "not a cron"})),
            CronError::Expression { .. }
        ));
    }
}
