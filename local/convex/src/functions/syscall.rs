//! What the syscalls of transactions and actions have in common: how arguments are read, and how answers and errors are
//! written.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::database::{DatabaseError, Document};
use crate::runtime::{FunctionError, HostError};
use crate::values::{DocumentId, Value, fields_to_json};

/// What `getDeploymentMetadata` says of every local deployment.
pub(super) fn deployment_metadata() -> Json {
    json!({ "name": "local", "region": null, "class": "s16" })
}

/// What is known of a request: its id, and nothing of who sent it.
pub(super) fn request_metadata(request_id: &str) -> Json {
    json!({
        "ip": null,
        "userAgent": null,
        "requestId": request_id,
        "scheduledFunctionId": null,
        "authToken": null,
    })
}

pub(super) fn storage_id(arguments: &Json) -> Result<DocumentId, HostError> {
    let text = arguments["storageId"].as_str().unwrap_or_default();
    text.parse().map_err(|_| {
        host_error(
            "InvalidStorageId",
            format!("{text:?} is not the id of a file."),
        )
    })
}

pub(super) fn document_id(arguments: &Json) -> Result<DocumentId, HostError> {
    let text = arguments["id"].as_str().unwrap_or_default();
    text.parse().map_err(|_| {
        host_error(
            "InvalidDocumentId",
            format!("The argument `id` is {text:?}, which is not the id of a document."),
        )
    })
}

pub(super) fn document_json(document: Option<Document>) -> Json {
    document.map_or(Json::Null, |fields| fields_to_json(&fields))
}

pub(super) fn value(json: &Json) -> Result<Value, HostError> {
    Value::from_json_written(json).map_err(|error| host_error("InvalidValue", error.to_string()))
}

pub(super) fn patch(json: &Json) -> Result<BTreeMap<String, Option<Value>>, HostError> {
    let fields = json
        .as_object()
        .ok_or_else(|| host_error("InvalidDocument", "A patch is an object."))?;
    fields
        .iter()
        .map(|(name, value)| {
            let value = Value::from_json_patched(value)
                .map_err(|error| host_error("InvalidValue", error.to_string()))?;
            Ok((name.clone(), value))
        })
        .collect()
}

pub(super) fn unknown(operation: &str) -> HostError {
    host_error(
        "UnknownAsyncOperation",
        format!(
            "Unknown operation {operation}: the local deployment does not provide it; a Convex deployment may."
        ),
    )
}

pub(super) fn host_error(code: &str, message: impl Into<String>) -> HostError {
    HostError {
        message: message.into(),
        data: None,
        code: Some(code.to_owned()),
    }
}

impl From<FunctionError> for HostError {
    fn from(error: FunctionError) -> Self {
        Self {
            message: error.message,
            data: error.data,
            code: error.code,
        }
    }
}

impl From<DatabaseError> for HostError {
    fn from(error: DatabaseError) -> Self {
        Self {
            data: invalid_cursor_data(&error),
            code: Some(error.code().to_owned()),
            message: error.to_string(),
        }
    }
}

/// What clients recognize a stale cursor by, and begin again at the first page.
fn invalid_cursor_data(error: &DatabaseError) -> Option<Json> {
    matches!(error, DatabaseError::InvalidCursor { .. })
        .then(|| json!({ "isConvexSystemError": true, "paginationError": "InvalidCursor" }))
}
