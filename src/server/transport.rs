//! The way to the Backend API.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde_json::Value;

use crate::config::{Configuration, SecretKey};

use super::authenticate::{BackendCall, BackendKey, BackendReply};

/// A request for a page must not hang on Clerk for longer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The version of the Backend API that this speaks.
const API_VERSION: &str = "2026-05-12";

/// A future on the heap, as a trait's method returns it.
pub(super) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Makes the calls that authentication asks for.
pub(super) trait Transport: Send + Sync + 'static {
    /// Makes a call. A call that gets no answer has no status.
    fn call(&self, call: BackendCall) -> BoxFuture<'_, BackendReply>;

    /// Gets a public document, without any authorization.
    fn get_public(&self, url: String) -> BoxFuture<'_, BackendReply>;
}

/// Calls over HTTP.
pub(super) struct HttpTransport {
    client: reqwest::Client,
    api_url: String,
    secret_key: SecretKey,
    machine_secret_key: Option<SecretKey>,
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpTransport")
            .field("api_url", &self.api_url)
            .finish_non_exhaustive()
    }
}

impl HttpTransport {
    pub(super) fn new(configuration: &Configuration) -> Self {
        // The builder fails only when the platform has no TLS; then every call fails, and says so.
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .unwrap_or_default();
        Self {
            client,
            api_url: configuration.api_url.trim_end_matches('/').to_owned(),
            secret_key: configuration.secret_key.clone(),
            machine_secret_key: configuration.machine_secret_key.clone(),
        }
    }

    async fn send(&self, call: BackendCall) -> Result<BackendReply, reqwest::Error> {
        let key = match (call.key, &self.machine_secret_key) {
            (BackendKey::Machine, Some(key)) => key,
            _ => &self.secret_key,
        };
        let mut url = format!("{}{}", self.api_url, call.path);
        if !call.query.is_empty() {
            url.push('?');
            url.push_str(
                &url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(&call.query)
                    .finish(),
            );
        }
        let mut request = self
            .client
            .request(call.method, url)
            .bearer_auth(key.as_secret_str())
            .header("clerk-api-version", API_VERSION)
            .header(
                "user-agent",
                concat!(env!("CARGO_PKG_NAME"), "@", env!("CARGO_PKG_VERSION")),
            )
            .header("content-type", "application/json");
        if let Some(body) = &call.body {
            request = request.body(body.to_string());
        }
        read(request.send().await?).await
    }
}

async fn read(response: reqwest::Response) -> Result<BackendReply, reqwest::Error> {
    let status = response.status().as_u16();
    // Any JSON counts, whatever the content type says about its charset.
    let body = serde_json::from_slice(&response.bytes().await?).unwrap_or(Value::Null);
    Ok(BackendReply {
        status: Some(status),
        body,
    })
}

impl Transport for HttpTransport {
    fn call(&self, call: BackendCall) -> BoxFuture<'_, BackendReply> {
        Box::pin(async move {
            let endpoint = endpoint_name(&call.path);
            match self.send(call).await {
                Ok(reply) => reply,
                Err(error) => {
                    // The URL may hold a nonce.
                    tracing::warn!(endpoint, error = %error.without_url(), "the Backend API did not answer");
                    BackendReply::unreachable()
                }
            }
        })
    }

    fn get_public(&self, url: String) -> BoxFuture<'_, BackendReply> {
        Box::pin(async move {
            let reply = async { read(self.client.get(url).send().await?).await };
            reply.await.unwrap_or_else(|error: reqwest::Error| {
                tracing::debug!(error = %error.without_url(), "the Frontend API did not answer");
                BackendReply::unreachable()
            })
        })
    }
}

/// The last part of a path: what it is about, without ids.
fn endpoint_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}
