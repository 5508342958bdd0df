//! What queries and mutations ask of the deployment while they run.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::error::{function_error, not_provided};
use super::syscall::{
    deployment_metadata, document_id, document_json, host_error, patch, request_metadata,
    storage_id, unknown, value,
};
use super::{Call, Caller, Code, Functions, address, metrics, random_bytes, scheduling};
use crate::auth::Identity;
use crate::database::{PageRequest, Transaction};
use crate::runtime::{
    Execution, FunctionKind, FunctionPath, HostError, Invocation, Reply, TransactionHost,
};
use crate::values::{DocumentId, TableNumber, Value};

/// How deep functions may call each other.
const MAXIMUM_DEPTH: usize = 8;

/// One execution of a query or mutation, with the functions that it calls in the same transaction.
pub(super) struct HostOfTransaction {
    functions: Functions,
    code: Arc<Code>,
    transaction: Transaction,
    identity: Identity,
    identity_observed: bool,
    request_id: String,
    now_milliseconds: f64,
    /// The functions that are running, the innermost last.
    running: Vec<(FunctionKind, FunctionPath)>,
    removed_files: Vec<DocumentId>,
    scheduled: scheduling::Scheduled,
}

/// What is left of an execution.
pub(super) struct Ended {
    pub(super) transaction: Transaction,
    /// Whether it looked at who called.
    pub(super) identity_observed: bool,
    /// To be removed once the transaction is durable.
    pub(super) removed_files: Vec<DocumentId>,
}

impl HostOfTransaction {
    pub(super) fn new(
        functions: Functions,
        code: Arc<Code>,
        transaction: Transaction,
        call: &Call,
    ) -> Self {
        Self {
            now_milliseconds: functions.now_milliseconds(),
            identity: call.identity.clone(),
            request_id: call.request_id.clone(),
            identity_observed: false,
            running: Vec::new(),
            removed_files: Vec::new(),
            scheduled: scheduling::Scheduled::default(),
            functions,
            code,
            transaction,
        }
    }

    pub(super) fn now_milliseconds(&self) -> f64 {
        self.now_milliseconds
    }

    /// Begins the outermost function.
    pub(super) fn enter(&mut self, kind: FunctionKind, path: &FunctionPath) {
        self.running.push((kind, path.clone()));
    }

    /// Table numbers by name, for validators.
    pub(super) fn tables(&self) -> impl Fn(&str) -> Option<TableNumber> + '_ {
        |name| self.transaction.known_table(name)
    }

    pub(super) fn end(self) -> Ended {
        Ended {
            transaction: self.transaction,
            identity_observed: self.identity_observed,
            removed_files: self.removed_files,
        }
    }

    fn is_mutation(&self) -> bool {
        matches!(self.running.last(), Some((FunctionKind::Mutation, _)))
    }

    fn only_in_mutations(&self, operation: &str) -> Result<(), HostError> {
        if self.is_mutation() {
            return Ok(());
        }
        Err(host_error(
            "NotAMutation",
            format!("`{operation}` changes data, and only a mutation may do that."),
        ))
    }

    fn run_nested(&mut self, arguments: &Json) -> Result<Reply, HostError> {
        let kind = match arguments["udfType"].as_str() {
            Some("query" | "snapshotQuery") => FunctionKind::Query,
            Some("mutation") => FunctionKind::Mutation,
            other => {
                return Err(host_error(
                    "InvalidCall",
                    format!("{other:?} cannot be called from here."),
                ));
            }
        };
        if kind == FunctionKind::Mutation {
            self.only_in_mutations("runMutation")?;
        }
        if self.running.len() >= MAXIMUM_DEPTH {
            return Err(host_error(
                "TooDeep",
                format!("Functions call each other more than {MAXIMUM_DEPTH} levels deep."),
            ));
        }
        let path = address::resolve(arguments)?;
        let given = &arguments["args"];
        let code = Arc::clone(&self.code);
        let function = code.find(&path, kind, Caller::Inside)?;
        function.check_arguments(given, &self.tables())?;
        let (usage, scheduled) = metrics::limits_of(arguments);
        self.transaction.begin_nested(usage);
        self.scheduled
            .begin_nested(scheduled, self.removed_files.len());
        self.running.push((kind, path.clone()));
        Ok(Reply::Call(Invocation {
            kind,
            path,
            arguments: format!("[{given}]"),
            request_id: self.request_id.clone(),
            now_milliseconds: self.now_milliseconds,
            seed: random_bytes(),
        }))
    }

    fn database(&mut self, operation: &str, arguments: &Json) -> Result<Json, HostError> {
        match operation {
            "1.0/get" => {
                let id = document_id(arguments)?;
                self.check_access(id, arguments)?;
                Ok(document_json(self.transaction.get(id)?))
            }
            "1.0/queryStreamNext" => {
                let query = arguments["queryId"].as_u64().unwrap_or_default();
                let next = self
                    .transaction
                    .next(u32::try_from(query).unwrap_or(u32::MAX))?;
                Ok(json!({ "done": next.is_none(), "value": document_json(next) }))
            }
            "1.0/queryPage" => self.page(arguments),
            "1.0/count" => {
                let table = arguments["table"].as_str().unwrap_or_default();
                Ok(json!(self.transaction.count(table)? as f64))
            }
            "1.0/insert" => {
                let table = arguments["table"].as_str().unwrap_or_default();
                let Value::Object(fields) = value(&arguments["value"])? else {
                    return Err(host_error("InvalidDocument", "A document is an object."));
                };
                let now = self.now_milliseconds;
                let id = self
                    .transaction
                    .insert(table, fields, random_bytes(), now)?;
                Ok(json!({ "_id": id.to_string() }))
            }
            "1.0/shallowMerge" => {
                let id = document_id(arguments)?;
                self.check_access(id, arguments)?;
                let patch = patch(&arguments["value"])?;
                Ok(document_json(Some(self.transaction.patch(id, patch)?)))
            }
            "1.0/replace" => {
                let id = document_id(arguments)?;
                self.check_access(id, arguments)?;
                let Value::Object(fields) = value(&arguments["value"])? else {
                    return Err(host_error("InvalidDocument", "A document is an object."));
                };
                Ok(document_json(Some(self.transaction.replace(id, fields)?)))
            }
            _ => {
                let id = document_id(arguments)?;
                self.check_access(id, arguments)?;
                Ok(document_json(Some(self.transaction.remove(id)?)))
            }
        }
    }

    fn page(&mut self, arguments: &Json) -> Result<Json, HostError> {
        let text = |name: &str| arguments[name].as_str().map(str::to_owned);
        let request = PageRequest {
            query: arguments["query"].clone(),
            cursor: text("cursor"),
            end_cursor: text("endCursor"),
            page_size: arguments["pageSize"].as_f64().unwrap_or_default() as usize,
            maximum_rows_read: arguments["maximumRowsRead"]
                .as_f64()
                .map(|rows| rows as usize),
            maximum_bytes_read: arguments["maximumBytesRead"]
                .as_f64()
                .map(|bytes| bytes as usize),
        };
        let page = self.transaction.page(&request)?;
        let documents = page
            .documents
            .iter()
            .cloned()
            .map(|document| document_json(Some(document)));
        Ok(json!({
            "page": documents.collect::<Vec<_>>(),
            "isDone": page.is_done,
            "continueCursor": page.continue_cursor,
            "splitCursor": page.split_cursor,
            "pageStatus": page.status.map(|status| status.as_str()),
        }))
    }

    /// `db.get(table, id)` promises the table; `db.system` is for system tables, `db` for the others.
    fn check_access(&mut self, id: DocumentId, arguments: &Json) -> Result<(), HostError> {
        let is_system = id.table < TableNumber::FIRST_USER;
        let wanted = arguments["isSystem"].as_bool().unwrap_or(false);
        if is_system != wanted && arguments.get("isSystem").is_some() {
            let hint = if is_system {
                "a system table: use `db.system`"
            } else {
                "no system table: use `db`"
            };
            return Err(host_error(
                "WrongTable",
                format!("The id {id} belongs to {hint}."),
            ));
        }
        if is_system && arguments.get("isSystem").is_none() {
            return Err(host_error(
                "SystemTable",
                format!("The id {id} belongs to a system table, which functions cannot write."),
            ));
        }
        if let Some(table) = arguments["table"].as_str()
            && self.transaction.table_number(table) != Some(id.table)
        {
            return Err(host_error(
                "WrongTable",
                format!("The id {id} is not of table {table:?}."),
            ));
        }
        Ok(())
    }

    fn storage(&mut self, operation: &str, arguments: &Json) -> Result<Json, HostError> {
        let files = self.functions.files().clone();
        if operation == "1.0/storageGenerateUploadUrl" {
            self.only_in_mutations("generateUploadUrl")?;
            let token = files.upload_token(self.functions.clock());
            let origin = &self.functions.0.addresses.cloud;
            return Ok(json!(format!("{origin}/api/storage/upload?token={token}")));
        }
        let id = storage_id(arguments)?;
        let document = self.transaction.get(id)?;
        match operation {
            "1.0/storageGetUrl" => {
                let origin = &self.functions.0.addresses.cloud;
                let url = document.map(|_| format!("{origin}/api/storage/{}", files.name(id)));
                Ok(json!(url))
            }
            "1.0/storageGetMetadata" => Ok(document_json(document)),
            _ => {
                self.only_in_mutations("storage.delete")?;
                if document.is_none() {
                    return Err(host_error(
                        "FileNotFound",
                        format!("There is no file {id}."),
                    ));
                }
                self.transaction.remove_system(id)?;
                self.removed_files.push(id);
                Ok(Json::Null)
            }
        }
    }
}

impl TransactionHost for HostOfTransaction {
    fn syscall(&mut self, operation: &str, arguments: Json) -> Result<Json, HostError> {
        match operation {
            "1.0/queryStream" => {
                let query = self.transaction.open_query(&arguments["query"])?;
                Ok(json!({ "queryId": query }))
            }
            "1.0/queryCleanup" => {
                let query = arguments["queryId"].as_u64().unwrap_or_default();
                Ok(json!(
                    self.transaction
                        .close_query(u32::try_from(query).unwrap_or(u32::MAX))
                ))
            }
            "1.0/db/normalizeId" => {
                let text = |name: &str| arguments[name].as_str().unwrap_or_default();
                let id = self
                    .transaction
                    .normalize_id(text("table"), text("idString"));
                Ok(json!({ "id": id.map(|id| id.to_string()) }))
            }
            "1.0/getSnapshotTs" => {
                let timestamp = self.transaction.timestamp().0;
                Ok(Value::Int64(i64::try_from(timestamp).unwrap_or(i64::MAX)).to_json())
            }
            "1.0/componentArgument" => Err(not_provided("components").into()),
            other => Err(unknown(other)),
        }
    }

    fn async_syscall(&mut self, operation: &str, arguments: Json) -> Result<Reply, HostError> {
        let reply = match operation {
            "1.0/runUdf" => return self.run_nested(&arguments),
            "1.0/get" | "1.0/queryStreamNext" | "1.0/queryPage" | "1.0/count" => {
                self.database(operation, &arguments)?
            }
            "1.0/insert" | "1.0/shallowMerge" | "1.0/replace" | "1.0/remove" => {
                self.only_in_mutations(operation)?;
                self.database(operation, &arguments)?
            }
            "1.0/getUserIdentity" => {
                self.identity_observed = true;
                self.identity.attributes()
            }
            "1.0/schedule" => {
                self.only_in_mutations("scheduler")?;
                let job = scheduling::Request::read(&arguments, &self.code, self.now_milliseconds)?;
                let now = self.now_milliseconds;
                json!(
                    self.scheduled
                        .add(&mut self.transaction, job, now)?
                        .to_string()
                )
            }
            "1.0/cancel_job" => {
                self.only_in_mutations("scheduler")?;
                scheduling::cancel(&mut self.transaction, &arguments, self.now_milliseconds)?;
                Json::Null
            }
            "1.0/storageGetUrl"
            | "1.0/storageGetMetadata"
            | "1.0/storageGenerateUploadUrl"
            | "1.0/storageDelete" => self.storage(operation, &arguments)?,
            "1.0/storageStore" | "1.0/storageGet" => {
                return Err(not_provided(
                    "reading and writing files inside a mutation (use an action)",
                )
                .into());
            }
            "1.0/createFunctionHandle" => {
                let path = address::resolve(&arguments)?;
                if self.code.function(&path).is_none() {
                    return Err(super::error::not_found(&path, false).into());
                }
                json!(address::handle(&path))
            }
            "1.0/getFunctionMetadata" => {
                let name = self.running.last().map(|(_, path)| path.to_string());
                json!({ "name": name, "componentPath": "" })
            }
            "1.0/getTransactionMetrics" => {
                metrics::metrics(self.transaction.usage(), self.scheduled.used)
            }
            "1.0/getDeploymentMetadata" => deployment_metadata(),
            "1.0/getRequestMetadata" => request_metadata(&self.request_id),
            "1.0/auditLog" => Json::Null,
            "1.0/signJwt" => return Err(not_provided("`signJwt`").into()),
            other => return Err(unknown(other)),
        };
        Ok(Reply::Value(reply))
    }

    fn nested_done(&mut self, execution: Execution) -> Result<Json, HostError> {
        let finished = self.running.pop();
        let code = Arc::clone(&self.code);
        let returned = execution.result.and_then(|returned| {
            if let Some(function) = finished.and_then(|(_, path)| code.function(&path).cloned()) {
                function.check_returned(&returned, &self.tables())?;
            }
            serde_json::from_str(&returned)
                .map_err(|error| function_error("InvalidResult", error.to_string()))
        });
        match returned {
            Ok(value) => {
                self.transaction.keep_nested();
                self.scheduled.keep_nested();
                Ok(value)
            }
            Err(error) => {
                self.transaction.undo_nested();
                let files = self.scheduled.undo_nested();
                self.removed_files.truncate(files);
                Err(error.into())
            }
        }
    }
}
