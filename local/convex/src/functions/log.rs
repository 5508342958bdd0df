//! What the deployment's own log says of a call.

use super::{CallError, QueryResult};
use crate::runtime::{FunctionKind, FunctionPath};

/// Console output and failures of functions, with the request id that the client sees. Arguments and results stay out:
/// they are people's data.
pub(super) fn finished(
    kind: FunctionKind,
    path: &FunctionPath,
    request_id: &str,
    lines: &[String],
    error: Option<&CallError>,
) {
    for line in lines {
        tracing::info!(target: "convex", function = %path, "{line}");
    }
    if let Some(error) = error {
        tracing::warn!(target: "convex", function = %path, %kind, request_id, code = error.code(), "{error}");
    }
}

pub(super) fn query_finished(path: &FunctionPath, request_id: &str, result: &QueryResult) {
    finished(
        FunctionKind::Query,
        path,
        request_id,
        &result.log_lines,
        result.outcome.as_ref().err(),
    );
}
