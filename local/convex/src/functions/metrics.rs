//! What an execution may use, and what it has used: `getTransactionMetrics`, and the limits that a nested call is given.

use serde_json::{Value as Json, json};

use super::scheduling::{self, Amount};
use crate::database::{LIMITS, Usage};

/// What a nested call may use in addition: what `transactionLimits` says, or as much as any call.
pub(super) fn limits_of(call: &Json) -> (Usage, Amount) {
    let limit = |name: &str, otherwise: usize| {
        let given = call["transactionLimits"][name].as_f64();
        given.map_or(otherwise, |given| given as usize)
    };
    let usage = Usage {
        documents_read: limit("documentsRead", LIMITS.documents_read),
        bytes_read: limit("bytesRead", LIMITS.bytes_read),
        documents_written: limit("documentsWritten", LIMITS.documents_written),
        bytes_written: limit("bytesWritten", LIMITS.bytes_written),
        ranges_read: limit("databaseQueries", LIMITS.ranges_read),
    };
    let scheduled = Amount {
        jobs: limit("functionsScheduled", scheduling::MOST.jobs),
        bytes: limit("scheduledFunctionArgsBytes", scheduling::MOST.bytes),
    };
    (usage, scheduled)
}

/// The answer to `1.0/getTransactionMetrics`. Files cannot be read or written in transactions here.
pub(super) fn metrics(used: Usage, scheduled: Amount) -> Json {
    let metric = |used: usize, limit: usize| {
        let remaining = limit.saturating_sub(used);
        json!({ "used": used as f64, "remaining": remaining as f64 })
    };
    json!({
        "bytesRead": metric(used.bytes_read, LIMITS.bytes_read),
        "bytesWritten": metric(used.bytes_written, LIMITS.bytes_written),
        "databaseQueries": metric(used.ranges_read, LIMITS.ranges_read),
        "documentsRead": metric(used.documents_read, LIMITS.documents_read),
        "documentsWritten": metric(used.documents_written, LIMITS.documents_written),
        "functionsScheduled": metric(scheduled.jobs, scheduling::MOST.jobs),
        "scheduledFunctionArgsBytes": metric(scheduled.bytes, scheduling::MOST.bytes),
        "filesWritten": metric(0, 0),
        "fileWriteBytes": metric(0, 0),
        "filesRead": metric(0, 0),
        "fileReadBytes": metric(0, 0),
    })
}
