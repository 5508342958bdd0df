//! Sending a call, and reading the answer.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::config::{Configuration, SecretKey};

use super::wire::segments;
use super::{BackendApiError, BackendError};

/// The version of the Backend API whose answers are understood here.
const API_VERSION: &str = "2026-05-12";
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "@", env!("CARGO_PKG_VERSION"));

/// A page should rather fail than hang on Clerk for longer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Calls the Backend API of one instance. Clones share their connections.
#[derive(Clone)]
pub struct BackendClient {
    http: reqwest::Client,
    api_url: String,
    secret_key: SecretKey,
    machine_secret_key: Option<SecretKey>,
}

/// A call that has no method of its own.
#[derive(Clone)]
pub struct BackendRequest {
    pub(super) method: Method,
    /// Escaped, with the API's version where the endpoint has one.
    pub(super) path: Result<String, super::DotSegment>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Option<Value>,
    pub(super) with_machine_key: bool,
}

impl BackendRequest {
    /// A call of an endpoint below `/v1`, whose path is given in segments: `["users", user_id]`. A segment cannot become more
    /// than one, whatever is in it, and `.` or `..` in one fails the call.
    #[must_use]
    pub fn new<'a>(method: Method, path: impl IntoIterator<Item = &'a str>) -> Self {
        Self::unversioned(method, std::iter::once("v1").chain(path))
    }

    /// A call of an endpoint whose path has no version, as those about machines.
    #[must_use]
    pub fn unversioned<'a>(method: Method, path: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            method,
            path: segments(path),
            query: Vec::new(),
            body: None,
            with_machine_key: false,
        }
    }

    /// Adds a query parameter, if there is a value.
    #[must_use]
    pub fn query(mut self, name: &str, value: Option<impl ToString>) -> Self {
        self.query
            .extend(value.map(|value| (name.to_owned(), value.to_string())));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// Authorizes with the machine's key, where one is configured.
    pub(super) fn with_machine_key(mut self) -> Self {
        self.with_machine_key = true;
        self
    }
}

impl fmt::Debug for BackendRequest {
    /// Without what may hold tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendRequest")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BackendClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendClient")
            .field("api_url", &self.api_url)
            .finish_non_exhaustive()
    }
}

impl BackendClient {
    /// A client for the configured instance.
    ///
    /// # Errors
    /// When there is no TLS on this machine.
    pub fn new(configuration: &Configuration) -> Result<Self, BackendError> {
        // A redirect would take the secret key elsewhere, and the Backend API has none.
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Ok(Self {
            http: http.map_err(|_| BackendError::NoTls)?,
            api_url: configuration.api_url.clone(),
            secret_key: configuration.secret_key.clone(),
            machine_secret_key: configuration.machine_secret_key.clone(),
        })
    }

    /// Sends a call and gives the answer's JSON; `null` when the answer has no body.
    ///
    /// # Errors
    /// When a part of the path would lead elsewhere, when there is no answer, and when Clerk refuses.
    pub async fn send(&self, request: BackendRequest) -> Result<Value, BackendError> {
        let path = request.path?;
        // The path is joined as text first: resolving it as a reference could replace the host.
        let url = format!("{}{}", self.api_url.trim_end_matches('/'), path);
        let mut url = Url::parse(&url).map_err(|_| BackendError::InvalidAddress)?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let key = self
            .machine_secret_key
            .as_ref()
            .filter(|_| request.with_machine_key)
            .unwrap_or(&self.secret_key);
        let mut call = self
            .http
            .request(request.method, url)
            .bearer_auth(key.as_secret_str())
            .header("clerk-api-version", API_VERSION)
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(body) = &request.body {
            call = call.body(body.to_string());
        }
        let answer = call
            .send()
            .await
            .map_err(|error| BackendError::unreachable(&error))?;
        let status = answer.status();
        let headers = answer.headers().clone();
        let body = answer
            .bytes()
            .await
            .map_err(|error| BackendError::unreachable(&error))?;
        if !status.is_success() {
            return Err(refusal(status.as_u16(), &headers, &body));
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        // Any JSON counts, whatever the content type says.
        serde_json::from_slice(&body)
            .map_err(|_| BackendError::UnexpectedAnswer("not JSON".to_owned()))
    }

    /// Sends a call and reads the answer into a type.
    ///
    /// # Errors
    /// As [`send`](Self::send), and when the answer has another form.
    pub async fn fetch<T: DeserializeOwned>(
        &self,
        request: BackendRequest,
    ) -> Result<T, BackendError> {
        read(self.send(request).await?)
    }

    /// Sends a call whose answer is a list, paged or bare.
    pub(super) async fn fetch_list<T: DeserializeOwned>(
        &self,
        request: BackendRequest,
    ) -> Result<super::Page<T>, BackendError> {
        match self.send(request).await? {
            Value::Array(data) => {
                let total_count = data.len() as u64;
                Ok(super::Page {
                    data: read(Value::Array(data))?,
                    total_count,
                })
            }
            page => read(page),
        }
    }
}

fn read<T: DeserializeOwned>(answer: Value) -> Result<T, BackendError> {
    // The message of serde can repeat a value, which may be a token: only its kind goes on.
    T::deserialize(answer).map_err(|error| {
        tracing::debug!(line = error.line(), category = ?error.classify(), "an answer of the Backend API cannot be read");
        BackendError::UnexpectedAnswer(format!("not a {}", short_name::<T>()))
    })
}

fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
}

fn refusal(status: u16, headers: &HeaderMap, body: &[u8]) -> BackendError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let errors = body
        .get("errors")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let trace_id = body
        .get("clerk_trace_id")
        .and_then(Value::as_str)
        .or_else(|| text("cf-ray"));
    let retry_after = text("retry-after").and_then(|seconds| seconds.trim().parse().ok());
    BackendError::Refused {
        status,
        errors: errors
            .iter()
            .filter_map(|error| serde::Deserialize::deserialize(error).ok())
            .collect::<Vec<BackendApiError>>(),
        trace_id: trace_id.map(str::to_owned),
        retry_after: retry_after.map(Duration::from_secs),
    }
}
