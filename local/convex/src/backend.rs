//! The deployment as the sync protocol and the HTTP API see it.

use std::ops::RangeInclusive;
use std::sync::{Arc, RwLock};

use aws_lc_rs::digest;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value as Json;

use crate::auth::{AuthenticationError, Authenticator, Identity};
use crate::database;
use crate::files::FoundFile;
use crate::functions::{self, Call, Caller, Functions, QueryResult, Watch, new_request_id};
use crate::http::{ActionRequest, Files, Site, SiteError, StoredFile, Upload, UploadError};
use crate::instance::INSTANCE_NAME;
use crate::runtime::{self, FunctionPath, HttpRequest};
use crate::sync::{
    ActionResult, AuthenticationFailure, Backend, CallError, Credentials, FunctionCall,
    FunctionFailure, FunctionKind, LiveResult, MutationResult, QueryCall, RequestKey, Rights,
    Snapshot, SystemError, SystemErrorKind,
};
use crate::values::Timestamp;

/// The largest file that can be uploaded.
const LARGEST_FILE: usize = 512 << 20;

/// Functions and who may call them.
pub(crate) struct Deployment {
    functions: Functions,
    /// Another one after `auth.config.ts` changed.
    authenticator: Arc<RwLock<Arc<Authenticator>>>,
}

impl Deployment {
    pub(crate) fn new(
        functions: Functions,
        authenticator: Arc<RwLock<Arc<Authenticator>>>,
    ) -> Self {
        Self {
            functions,
            authenticator,
        }
    }

    fn authenticator(&self) -> Arc<Authenticator> {
        match self.authenticator.read() {
            Ok(current) => Arc::clone(&current),
            Err(poisoned) => Arc::clone(&poisoned.into_inner()),
        }
    }

    fn call(&self, call: FunctionCall<Identity>) -> Result<Call, FunctionFailure> {
        let request_id = new_request_id();
        let path: FunctionPath = call.path.parse().map_err(|_| FunctionFailure {
            message: format!(
                "[Request ID: {request_id}] Server Error\n{:?} is not the path of a function.",
                call.path
            ),
            data: None,
        })?;
        let caller = match call.identity.is_admin() {
            true => Caller::Inside,
            false => Caller::Client,
        };
        Ok(Call {
            path,
            arguments: Json::clone(&call.arguments),
            identity: call.identity,
            caller,
            request_id,
        })
    }

    fn find_file(&self, name: &str) -> Option<FoundFile> {
        let mut transaction = self.functions.database().latest().read();
        self.functions.files().find(&mut transaction, name)
    }
}

impl Backend for Deployment {
    type Identity = Identity;
    type Snapshot = database::Snapshot;
    type Result = QueryResult;

    fn now_nanoseconds(&self) -> u64 {
        self.functions.clock().nanoseconds()
    }

    fn latest(&self) -> Self::Snapshot {
        self.functions.database().latest()
    }

    fn snapshot_at(&self, timestamp: Timestamp) -> Result<Self::Snapshot, SystemError> {
        self.functions
            .database()
            .at(timestamp)
            .map_err(|error| SystemError {
                kind: SystemErrorKind::BadRequest,
                code: "SnapshotTooOld",
                message: error.to_string(),
            })
    }

    async fn authenticate(
        &self,
        credentials: Credentials,
    ) -> Result<Identity, AuthenticationFailure> {
        let now = self.now_nanoseconds() / 1_000_000_000;
        let authenticator = self.authenticator();
        let identity = match credentials {
            Credentials::None => Ok(Identity::None),
            Credentials::User { value } => authenticator.authenticate(&value, now).await,
            Credentials::Admin {
                value,
                impersonating,
            } => authenticator.admin(value.expose(), impersonating.as_ref()),
        };
        identity.map_err(|error| failure_of(&error))
    }

    fn check_path(&self, path: &str) -> Result<(), String> {
        path.parse::<FunctionPath>()
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    fn kind(&self, path: &str) -> Option<FunctionKind> {
        let path = path.parse().ok()?;
        match self.functions.code().function(&path)?.kind {
            runtime::FunctionKind::Query => Some(FunctionKind::Query),
            runtime::FunctionKind::Mutation => Some(FunctionKind::Mutation),
            runtime::FunctionKind::Action => Some(FunctionKind::Action),
            runtime::FunctionKind::HttpAction => None,
        }
    }

    async fn query(
        &self,
        call: QueryCall<Identity>,
        at: &Self::Snapshot,
    ) -> Result<Arc<QueryResult>, SystemError> {
        let call = functions::QueryCall {
            call: self.call(call.function).map_err(|failure| SystemError {
                kind: SystemErrorKind::BadRequest,
                code: "BadConvexFunctionIdentifier",
                message: failure.message,
            })?,
            journal: call.journal,
        };
        let result = self.functions.query(&call, at).await;
        match &result.outcome {
            Err(error @ (functions::CallError::Overloaded | functions::CallError::Stopping)) => {
                Err(system_error(error))
            }
            _ => Ok(result),
        }
    }

    async fn mutation(
        &self,
        call: FunctionCall<Identity>,
        key: Option<RequestKey>,
    ) -> MutationResult {
        let call = match self.call(call) {
            Ok(call) => call,
            Err(failure) => {
                return MutationResult {
                    outcome: Err(failure.into()),
                    log_lines: Vec::new(),
                };
            }
        };
        let key = key.map(|key| (key.session.to_string(), key.request));
        let result = self.functions.mutation(&call, key).await;
        MutationResult {
            outcome: result
                .outcome
                .map_err(|error| call_error(&error, &call.request_id)),
            log_lines: result.log_lines,
        }
    }

    async fn action(&self, call: FunctionCall<Identity>) -> ActionResult {
        let call = match self.call(call) {
            Ok(call) => call,
            Err(failure) => {
                return ActionResult {
                    outcome: Err(failure.into()),
                    log_lines: Vec::new(),
                };
            }
        };
        let result = self.functions.action(&call).await;
        ActionResult {
            outcome: result
                .outcome
                .map_err(|error| call_error(&error, &call.request_id)),
            log_lines: result.log_lines,
        }
    }
}

impl Site for Deployment {
    fn instance_name(&self) -> &str {
        INSTANCE_NAME
    }

    async fn http_action(&self, request: ActionRequest<Identity>) -> Result<Response, SiteError> {
        if !self.functions.code().has_routes {
            return Err(SiteError::NoRoute);
        }
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = request.parts.headers.iter();
        let http_request = HttpRequest {
            method: request.parts.method.to_string(),
            url: request.parts.uri.to_string(),
            headers: headers
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
            body: request.body.to_vec(),
        };
        let request_id = new_request_id();
        let answered = self
            .functions
            .http_action(http_request, request.identity, request_id.clone())
            .await;
        let answer = answered.map_err(|error| match call_error(&error, &request_id) {
            CallError::Function(failure) => SiteError::Function(failure),
            CallError::System(error) => SiteError::System(error),
        })?;
        let mut response = Body::from(answer.body).into_response();
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in answer.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                response.headers_mut().append(name, value);
            }
        }
        Ok(response)
    }
}

impl Files for Deployment {
    async fn upload(&self, upload: Upload) -> Result<String, UploadError> {
        let (files, clock) = (self.functions.files(), self.functions.clock());
        if !files.allows_upload(&upload.token, clock) {
            return Err(UploadError::Token);
        }
        let bytes = to_bytes(upload.body, LARGEST_FILE)
            .await
            .map_err(|error| UploadError::Body(error.to_string()))?;
        if let Some(expected) = &upload.sha256
            && digest::digest(&digest::SHA256, &bytes).as_ref() != expected
        {
            return Err(UploadError::Digest);
        }
        let stored = self
            .functions
            .store_file(bytes.to_vec(), upload.content_type)
            .await;
        stored
            .map(|id| id.to_string())
            .map_err(|error| SystemError::internal(error.message).into())
    }

    async fn find(&self, name: &str) -> Result<Option<StoredFile>, SystemError> {
        Ok(self.find_file(name).map(|file| StoredFile {
            content_type: file.content_type,
            length: file.size,
        }))
    }

    async fn read(
        &self,
        name: &str,
        range: Option<RangeInclusive<u64>>,
    ) -> Result<Body, SystemError> {
        let gone = || SystemError::internal("the file is gone");
        let Some(range) = range else {
            return Ok(Body::empty());
        };
        let file = self.find_file(name).ok_or_else(gone)?;
        let files = self.functions.files().clone();
        let read = tokio::task::spawn_blocking(move || files.read_part(file.id, &range));
        let bytes = read.await.ok().flatten().ok_or_else(gone)?;
        Ok(Body::from(bytes))
    }
}

impl Rights for Identity {
    fn is_admin(&self) -> bool {
        Self::is_admin(self)
    }

    fn expires_at_seconds(&self) -> Option<u64> {
        match self {
            Self::User(user) => user.expires_at_seconds,
            _ => None,
        }
    }
}

impl Snapshot for database::Snapshot {
    fn timestamp(&self) -> Timestamp {
        Self::timestamp(self)
    }
}

impl LiveResult for QueryResult {
    type Watch = Watch;

    fn outcome(&self) -> Result<&Arc<str>, &FunctionFailure> {
        match (&self.outcome, &self.failure) {
            (_, Some(failure)) => Err(failure),
            (Ok(value), None) => Ok(value),
            (Err(_), None) => Err(&NO_RESULT),
        }
    }

    fn log_lines(&self) -> &[String] {
        &self.log_lines
    }

    fn journal(&self) -> Option<&str> {
        self.journal.as_deref()
    }

    fn hash(&self) -> u64 {
        self.hash
    }

    fn valid_at(&self, timestamp: Timestamp) -> bool {
        Self::valid_at(self, timestamp)
    }

    fn on_invalid(self: &Arc<Self>, listener: Box<dyn FnOnce() + Send + Sync>) -> Watch {
        Self::on_invalid(self, listener)
    }
}

/// Stands where a result without value has no error either, which does not happen.
static NO_RESULT: FunctionFailure = FunctionFailure {
    message: String::new(),
    data: None,
};

fn failure_of(error: &AuthenticationError) -> AuthenticationFailure {
    AuthenticationFailure {
        code: error.code().to_owned(),
        message: error.to_string(),
    }
}

fn call_error(error: &functions::CallError, request_id: &str) -> CallError {
    match error {
        functions::CallError::Function(_) => error.failure(request_id).into(),
        other => system_error(other).into(),
    }
}

fn system_error(error: &functions::CallError) -> SystemError {
    let (kind, code) = match error {
        functions::CallError::Conflict => (
            SystemErrorKind::Overloaded,
            "OptimisticConcurrencyControlFailure",
        ),
        functions::CallError::Overloaded => {
            (SystemErrorKind::Overloaded, "TooManyConcurrentRequests")
        }
        _ => (SystemErrorKind::Internal, "InternalServerError"),
    };
    SystemError {
        kind,
        code,
        message: error.to_string(),
    }
}
