//! The rows of `_scheduled_functions`: what functions put there, and how they change.

use serde_json::{Value as Json, json};

use super::error::not_found;
use super::syscall::host_error;
use super::{Code, address, random_bytes};
use crate::database::{DatabaseError, SCHEDULED_FUNCTIONS as TABLE, Transaction};
use crate::runtime::{FunctionPath, HostError};
use crate::values::{DocumentId, Fields, Value};

/// How many functions one mutation may schedule.
const MOST_PER_MUTATION: usize = 1000;
/// How far from now a job may be, in milliseconds.
const FURTHEST: f64 = 5.0 * 365.0 * 24.0 * 3600.0 * 1000.0;
/// The largest arguments of one job, and of all that one mutation schedules, in bytes.
const LARGEST_ARGUMENTS: usize = 4 << 20;
const MOST_ARGUMENTS: usize = 16 << 20;

/// Where a job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobState {
    Pending,
    InProgress,
    Success,
    Failed(String),
    Canceled,
}

/// A row of the table.
#[derive(Clone, Debug)]
pub(crate) struct ScheduledJob {
    pub(crate) id: DocumentId,
    pub(crate) path: FunctionPath,
    /// The one argument object, encoded.
    pub(crate) arguments: Json,
    /// Milliseconds since the Unix epoch.
    pub(crate) scheduled_time: f64,
    pub(crate) state: JobState,
}

/// A job that a function asks for.
pub(super) struct Request {
    path: FunctionPath,
    arguments: Json,
    /// Of the arguments, in bytes.
    size: usize,
    scheduled_time: f64,
}

/// How many jobs, and how many bytes of arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) jobs: usize,
    pub(super) bytes: usize,
}

/// The most that one mutation may schedule.
pub(super) const MOST: Amount = Amount {
    jobs: MOST_PER_MUTATION,
    bytes: MOST_ARGUMENTS,
};

/// What an execution has scheduled so far, so that a nested call that fails leaves nothing in the count.
pub(super) struct Scheduled {
    pub(super) used: Amount,
    limits: Amount,
    /// For each nested call: what was used and allowed before it, and removed files.
    before: Vec<(Amount, Amount, usize)>,
}

impl Default for Scheduled {
    fn default() -> Self {
        Self {
            used: Amount { jobs: 0, bytes: 0 },
            limits: MOST,
            before: Vec::new(),
        }
    }
}

impl JobState {
    fn to_value(&self) -> Value {
        let (kind, error) = match self {
            Self::Pending => ("pending", None),
            Self::InProgress => ("inProgress", None),
            Self::Success => ("success", None),
            Self::Failed(error) => ("failed", Some(error)),
            Self::Canceled => ("canceled", None),
        };
        let mut fields = Fields::from([("kind".to_owned(), Value::from(kind))]);
        if let Some(error) = error {
            fields.insert("error".to_owned(), Value::from(error.as_str()));
        }
        Value::Object(fields)
    }

    fn from_value(value: &Value) -> Option<Self> {
        let fields = value.as_object()?;
        Some(match fields.get("kind")?.as_str()? {
            "pending" => Self::Pending,
            "inProgress" => Self::InProgress,
            "success" => Self::Success,
            "canceled" => Self::Canceled,
            _ => Self::Failed(
                fields
                    .get("error")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
            ),
        })
    }
}

impl ScheduledJob {
    /// Reads a row; `None` when it is not one.
    pub(crate) fn read(fields: &Fields) -> Option<Self> {
        let number = |name: &str| match fields.get(name)? {
            Value::Float64(number) => Some(*number),
            _ => None,
        };
        let Value::Array(arguments) = fields.get("args")? else {
            return None;
        };
        Some(Self {
            id: fields.get("_id")?.as_str()?.parse().ok()?,
            path: fields.get("name")?.as_str()?.parse().ok()?,
            arguments: arguments.first()?.to_json(),
            scheduled_time: number("scheduledTime")?,
            state: JobState::from_value(fields.get("state")?)?,
        })
    }

    /// Moves the job on in a transaction, if it is where the caller thinks it is. Returns whether it was.
    pub(crate) fn advance(
        &self,
        transaction: &mut Transaction,
        from: &JobState,
        to: &JobState,
        now_milliseconds: f64,
    ) -> Result<bool, DatabaseError> {
        let current = transaction
            .get(self.id)?
            .and_then(|fields| Self::read(&fields));
        let Some(current) = current.filter(|current| current.state == *from) else {
            return Ok(false);
        };
        let fields = current.fields(to, now_milliseconds);
        transaction.replace_system(self.id, fields)?;
        Ok(true)
    }

    fn fields(&self, state: &JobState, now_milliseconds: f64) -> Fields {
        let mut fields = row(&self.path, &self.arguments, self.scheduled_time, state);
        if !matches!(state, JobState::Pending | JobState::InProgress) {
            fields.insert("completedTime".to_owned(), Value::Float64(now_milliseconds));
        }
        fields
    }
}

fn row(path: &FunctionPath, arguments: &Json, scheduled_time: f64, state: &JobState) -> Fields {
    let arguments = Value::from_json(arguments).unwrap_or(Value::Object(Fields::new()));
    Fields::from([
        (
            "name".to_owned(),
            Value::from(format!("{}.js:{}", path.module, path.function)),
        ),
        ("args".to_owned(), Value::Array(vec![arguments])),
        ("scheduledTime".to_owned(), Value::Float64(scheduled_time)),
        ("state".to_owned(), state.to_value()),
    ])
}

impl Request {
    /// Reads the syscall's arguments.
    pub(super) fn read(
        arguments: &Json,
        code: &Code,
        now_milliseconds: f64,
    ) -> Result<Self, HostError> {
        let path = address::resolve(arguments)?;
        if code.function(&path).is_none() {
            return Err(not_found(&path, false).into());
        }
        let scheduled_time = arguments["ts"].as_f64().unwrap_or_default() * 1000.0;
        if (scheduled_time - now_milliseconds).abs() > FURTHEST {
            return Err(host_error(
                "InvalidScheduledTime",
                "A function can be scheduled at most five years away.",
            ));
        }
        let given = arguments.get("args").cloned().unwrap_or_else(|| json!({}));
        let value = Value::from_json(&given)
            .map_err(|error| host_error("InvalidArguments", error.to_string()))?;
        let size = value.size();
        if size > LARGEST_ARGUMENTS {
            return Err(host_error(
                "ScheduledArgumentsTooLarge",
                "The arguments of a scheduled function are larger than 4 MiB.",
            ));
        }
        Ok(Self {
            path,
            arguments: given,
            size,
            scheduled_time,
        })
    }

    /// Writes the job's row.
    pub(super) fn insert(
        self,
        transaction: &mut Transaction,
        now_milliseconds: f64,
    ) -> Result<DocumentId, HostError> {
        let fields = row(
            &self.path,
            &self.arguments,
            self.scheduled_time,
            &JobState::Pending,
        );
        Ok(transaction.insert_system(TABLE, fields, random_bytes(), now_milliseconds)?)
    }
}

impl Scheduled {
    pub(super) fn add(
        &mut self,
        transaction: &mut Transaction,
        request: Request,
        now_milliseconds: f64,
    ) -> Result<DocumentId, HostError> {
        let Amount { jobs, bytes } = self.limits;
        if self.used.jobs >= jobs {
            return Err(host_error(
                "TooManyScheduled",
                format!("A mutation schedules at most {jobs} functions."),
            ));
        }
        if self.used.bytes + request.size > bytes {
            return Err(host_error(
                "ScheduledArgumentsTooLarge",
                format!(
                    "The arguments of all that a mutation schedules are at most {bytes} bytes."
                ),
            ));
        }
        self.used.jobs += 1;
        self.used.bytes += request.size;
        request.insert(transaction, now_milliseconds)
    }

    /// Begins a nested call, which may schedule `most` in addition if that is less than what is left.
    pub(super) fn begin_nested(&mut self, most: Amount, removed_files: usize) {
        self.before.push((self.used, self.limits, removed_files));
        self.limits.jobs = self
            .limits
            .jobs
            .min(self.used.jobs.saturating_add(most.jobs));
        self.limits.bytes = self
            .limits
            .bytes
            .min(self.used.bytes.saturating_add(most.bytes));
    }

    pub(super) fn keep_nested(&mut self) {
        if let Some((_, limits, _)) = self.before.pop() {
            self.limits = limits;
        }
    }

    /// Returns how many removed files there were before.
    pub(super) fn undo_nested(&mut self) -> usize {
        let Some((used, limits, files)) = self.before.pop() else {
            return 0;
        };
        self.used = used;
        self.limits = limits;
        files
    }
}

/// Cancels a job that is not finished.
pub(super) fn cancel(
    transaction: &mut Transaction,
    arguments: &Json,
    now_milliseconds: f64,
) -> Result<(), HostError> {
    let text = arguments["id"].as_str().unwrap_or_default();
    let job = match text.parse() {
        Ok(id) => transaction
            .get(id)?
            .and_then(|fields| ScheduledJob::read(&fields)),
        Err(_) => None,
    };
    let Some(job) = job else {
        return Err(host_error(
            "JobNotFound",
            format!("{text:?} is not the id of a scheduled function."),
        ));
    };
    if matches!(job.state, JobState::Pending | JobState::InProgress) {
        job.advance(
            transaction,
            &job.state,
            &JobState::Canceled,
            now_milliseconds,
        )?;
    }
    Ok(())
}
