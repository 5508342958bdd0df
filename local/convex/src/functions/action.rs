//! Actions and HTTP actions: run once, with real time and the network, outside any transaction.

use std::sync::Arc;
use std::thread;

use tokio::sync::oneshot;

use super::action_host::CallerHost;
use super::{ActionResult, Call, CallError, Code, Functions, log, random_bytes};
use crate::auth::Identity;
use crate::runtime::{
    ActionHost, Engine, FunctionKind, FunctionPath, HttpRequest, HttpResponse, Invocation,
};
use crate::values::DocumentId;

impl Functions {
    /// Runs an action for a client.
    pub(crate) async fn action(&self, call: &Call) -> ActionResult {
        let Ok(_permit) = Arc::clone(&self.0.actions).acquire_owned().await else {
            return ActionResult {
                outcome: Err(CallError::Stopping),
                log_lines: Vec::new(),
            };
        };
        self.run_action(call, None).await
    }

    /// Runs an action for the scheduler, which knows it by the row of its job.
    pub(crate) async fn scheduled_action(&self, call: &Call, job: DocumentId) -> ActionResult {
        self.run_action(call, Some(job)).await
    }

    pub(super) async fn run_action(&self, call: &Call, job: Option<DocumentId>) -> ActionResult {
        let mut log_lines = Vec::new();
        let outcome = self.try_action(call, job, &mut log_lines).await;
        let result = ActionResult { outcome, log_lines };
        let error = result.outcome.as_ref().err();
        log::finished(
            FunctionKind::Action,
            &call.path,
            &call.request_id,
            &result.log_lines,
            error,
        );
        result
    }

    async fn try_action(
        &self,
        call: &Call,
        job: Option<DocumentId>,
        log_lines: &mut Vec<String>,
    ) -> Result<Arc<str>, CallError> {
        let code = self.code();
        let function = code.find(&call.path, FunctionKind::Action, call.caller)?;
        let snapshot = self.0.database.latest();
        function.check_arguments(&call.arguments, &|name| snapshot.table_number(name))?;
        let invocation = Invocation {
            kind: FunctionKind::Action,
            path: call.path.clone(),
            arguments: format!("[{}]", call.arguments),
            request_id: call.request_id.clone(),
            now_milliseconds: self.now_milliseconds(),
            seed: random_bytes(),
        };
        let host = self.host(&code, &call.identity, &call.request_id, job);
        let tokio = tokio::runtime::Handle::current();
        let execution = self
            .on_thread(&code, move |engine| engine.act(&invocation, host, tokio))
            .await?;
        log_lines.extend(execution.log_lines);
        let returned = execution.result?;
        let snapshot = self.0.database.latest();
        function.check_returned(&returned, &|name| snapshot.table_number(name))?;
        Ok(Arc::from(returned))
    }

    /// Answers a request to the site origin with an HTTP action.
    pub(crate) async fn http_action(
        &self,
        request: HttpRequest,
        identity: Identity,
        request_id: String,
    ) -> Result<HttpResponse, CallError> {
        let Ok(_permit) = Arc::clone(&self.0.actions).acquire_owned().await else {
            return Err(CallError::Stopping);
        };
        let code = self.code();
        let host = self.host(&code, &identity, &request_id, None);
        let tokio = tokio::runtime::Handle::current();
        let path = FunctionPath::new("http", "default");
        let invocation = Invocation {
            kind: FunctionKind::HttpAction,
            path: path.clone(),
            arguments: String::new(),
            request_id: request_id.clone(),
            now_milliseconds: self.now_milliseconds(),
            seed: random_bytes(),
        };
        let execution = self
            .on_thread(&code, move |engine| {
                engine.respond(&request, &invocation, host, tokio)
            })
            .await?;
        let response = execution.result.map_err(CallError::from);
        let error = response.as_ref().err();
        log::finished(
            FunctionKind::HttpAction,
            &path,
            &request_id,
            &execution.log_lines,
            error,
        );
        response
    }

    fn host(
        &self,
        code: &Arc<Code>,
        identity: &Identity,
        request_id: &str,
        job: Option<DocumentId>,
    ) -> Arc<dyn ActionHost> {
        Arc::new(CallerHost {
            functions: self.clone(),
            code: Arc::clone(code),
            identity: identity.clone(),
            request_id: request_id.to_owned(),
            job,
            tokio: tokio::runtime::Handle::current(),
        })
    }

    /// Runs `work` with an engine of its own on a thread of its own: an action may take minutes.
    async fn on_thread<R: Send + 'static>(
        &self,
        code: &Arc<Code>,
        work: impl FnOnce(&Engine) -> R + Send + 'static,
    ) -> Result<R, CallError> {
        let (done, result) = oneshot::channel();
        let (bundle, limits) = (Arc::clone(&code.bundle), self.0.limits);
        thread::Builder::new()
            .name("convex-action".to_owned())
            .stack_size(super::thread_stack(&limits))
            .spawn(move || {
                // Nobody waits any more when the receiver is gone.
                let _ = done.send(work(&Engine::new(bundle, limits)));
            })
            .map_err(|error| CallError::Internal(error.to_string()))?;
        result
            .await
            .map_err(|_| CallError::Internal("the action's thread ended".to_owned()))
    }
}
