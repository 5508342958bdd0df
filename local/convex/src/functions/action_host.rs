//! What actions ask of the deployment while they run.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::error::not_provided;
use super::syscall::{deployment_metadata, host_error, request_metadata, storage_id, unknown};
use super::{Call, CallError, Caller, Code, Functions, JobState, QueryCall, address, scheduling};
use crate::auth::Identity;
use crate::database::{CommitError, Transaction};
use crate::runtime::{ActionHost, Done, HostError};
use crate::values::DocumentId;

/// The deployment, as one action sees it.
#[derive(Clone)]
pub(super) struct CallerHost {
    pub(super) functions: Functions,
    pub(super) code: Arc<Code>,
    pub(super) identity: Identity,
    pub(super) request_id: String,
    /// The job that the action runs for: when it is canceled, the action may schedule nothing more.
    pub(super) job: Option<DocumentId>,
    pub(super) tokio: tokio::runtime::Handle,
}

impl CallerHost {
    async fn answer(&self, operation: &str, arguments: Json) -> Result<Json, HostError> {
        match operation {
            "1.0/actions/query" | "1.0/actions/mutation" | "1.0/actions/action" => {
                self.call(operation, &arguments).await
            }
            "1.0/getUserIdentity" => Ok(self.identity.attributes()),
            "1.0/actions/schedule" => {
                let now = self.functions.now_milliseconds();
                let job = self.job;
                let code = Arc::clone(&self.code);
                self.write(move |transaction| {
                    if let Some(job) = job {
                        let state = transaction
                            .get(job)?
                            .and_then(|fields| scheduling::ScheduledJob::read(&fields));
                        if state.is_some_and(|job| job.state == JobState::Canceled) {
                            return Err(host_error(
                                "JobCanceled",
                                "The scheduled action was canceled, and schedules nothing more.",
                            ));
                        }
                    }
                    let request = scheduling::Request::read(&arguments, &code, now)?;
                    Ok(json!(request.insert(transaction, now)?.to_string()))
                })
                .await
            }
            "1.0/actions/cancel_job" => {
                let now = self.functions.now_milliseconds();
                self.write(move |transaction| {
                    scheduling::cancel(transaction, &arguments, now)?;
                    Ok(Json::Null)
                })
                .await
            }
            "1.0/createFunctionHandle" => {
                Ok(json!(address::handle(&address::resolve(&arguments)?)))
            }
            "1.0/getDeploymentMetadata" => Ok(deployment_metadata()),
            "1.0/getRequestMetadata" => Ok(request_metadata(&self.request_id)),
            "1.0/auditLog" => Ok(Json::Null),
            "1.0/actions/vectorSearch" => Err(not_provided("vector search").into()),
            "1.0/createServiceToken" | "1.0/getServiceUrl" => {
                Err(not_provided("services of the cloud").into())
            }
            "storage/storeBlob" => self.store_file(&arguments).await,
            "storage/getBlob" => self.read_file(&arguments),
            storage if storage.starts_with("1.0/storage") => self.storage(storage, arguments).await,
            other => Err(unknown(other)),
        }
    }

    async fn call(&self, operation: &str, arguments: &Json) -> Result<Json, HostError> {
        let call = Call {
            path: address::resolve(arguments)?,
            arguments: arguments["args"].clone(),
            identity: self.identity.clone(),
            caller: Caller::Inside,
            request_id: self.request_id.clone(),
        };
        let outcome = match operation {
            "1.0/actions/query" => {
                let call = QueryCall {
                    call,
                    journal: None,
                };
                let snapshot = self.functions.database().latest();
                self.functions.query(&call, &snapshot).await.outcome.clone()
            }
            "1.0/actions/mutation" => {
                let result = self.functions.mutation(&call, None).await;
                result.outcome.map(|(value, _)| value)
            }
            _ => {
                Box::pin(self.functions.run_action(&call, None))
                    .await
                    .outcome
            }
        };
        let value = outcome.map_err(HostError::from)?;
        serde_json::from_str(&value).map_err(|error| host_error("InvalidResult", error.to_string()))
    }

    async fn storage(&self, operation: &str, arguments: Json) -> Result<Json, HostError> {
        let files = self.functions.files();
        let origin = &self.functions.0.addresses.cloud;
        if operation == "1.0/storageGenerateUploadUrl" {
            let token = files.upload_token(self.functions.clock());
            return Ok(json!(format!("{origin}/api/storage/upload?token={token}")));
        }
        let id = storage_id(&arguments)?;
        let document = self.functions.database().latest().read().get(id)?;
        match operation {
            "1.0/storageGetUrl" => Ok(json!(
                document.map(|_| format!("{origin}/api/storage/{}", files.name(id)))
            )),
            "1.0/storageGetMetadata" => {
                Ok(document.map_or(Json::Null, |fields| crate::values::fields_to_json(&fields)))
            }
            "1.0/storageDelete" => {
                let removed = self
                    .write(move |transaction| {
                        if transaction.get(id)?.is_none() {
                            return Err(host_error(
                                "FileNotFound",
                                format!("There is no file {id}."),
                            ));
                        }
                        transaction.remove_system(id)?;
                        Ok(Json::Null)
                    })
                    .await?;
                files.remove(&[id]);
                Ok(removed)
            }
            other => Err(unknown(other)),
        }
    }

    async fn store_file(&self, arguments: &Json) -> Result<Json, HostError> {
        let bytes = arguments["blob"]
            .as_str()
            .and_then(|text| STANDARD.decode(text).ok());
        let bytes =
            bytes.ok_or_else(|| host_error("InvalidBlob", "What is stored must be a Blob."))?;
        let content_type = arguments["contentType"].as_str().map(str::to_owned);
        let id = self.functions.store_file(bytes, content_type).await?;
        Ok(json!(id.to_string()))
    }

    fn read_file(&self, arguments: &Json) -> Result<Json, HostError> {
        let id = storage_id(arguments)?;
        let document = self.functions.database().latest().read().get(id)?;
        let bytes = document
            .as_ref()
            .and_then(|_| self.functions.files().read(id));
        let content_type = document
            .as_ref()
            .and_then(|fields| fields.get("contentType")?.as_str());
        Ok(bytes.map_or(
            Json::Null,
            |bytes| json!({ "blob": STANDARD.encode(bytes), "contentType": content_type }),
        ))
    }

    /// A small transaction of the deployment's own; tried again when something else was faster.
    async fn write(
        &self,
        change: impl Fn(&mut Transaction) -> Result<Json, HostError> + Send,
    ) -> Result<Json, HostError> {
        self.functions.write(change).await
    }
}

impl Functions {
    /// Changes data in a transaction of the deployment's own; tried again when something else was faster.
    pub(crate) async fn write<R>(
        &self,
        change: impl Fn(&mut Transaction) -> Result<R, HostError> + Send,
    ) -> Result<R, HostError> {
        const TRIES: usize = 5;
        for _ in 0..TRIES {
            let mut transaction = self.database().begin();
            let result = change(&mut transaction)?;
            match self.database().commit(transaction).await {
                Ok(_) => return Ok(result),
                Err(CommitError::Conflict) => {}
                Err(error) => return Err(host_error("InternalServerError", error.to_string())),
            }
        }
        Err(CallError::Conflict.into())
    }
}

impl ActionHost for CallerHost {
    fn start(&self, operation: String, arguments: Json, done: Done) {
        let host = self.clone();
        self.tokio
            .spawn(async move { done(host.answer(&operation, arguments).await) });
    }

    fn syscall(&self, operation: &str, _arguments: Json) -> Result<Json, HostError> {
        Err(unknown(operation))
    }
}

impl From<CallError> for HostError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Function(error) => error.into(),
            other => host_error(other.code(), other.to_string()),
        }
    }
}
