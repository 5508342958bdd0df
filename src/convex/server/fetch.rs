//! Single calls.

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    answer,
    error::FetchError,
    http::Deployment,
    options::{Credential, FetchOptions, Target},
};
use crate::convex::{
    Action, FunctionKind, FunctionPath, Mutation, Query,
    values::{EncodedValue, encode_arguments},
};

/// Somebody waits for a query or a mutation.
const TIMEOUT: Duration = Duration::from_secs(10);
/// As long as a deployment lets an action run.
const ACTION_TIMEOUT: Duration = Duration::from_secs(600);

/// Asks a query.
///
/// With the default options it asks as the person whose request is being answered; see [`FetchOptions`] for other callers and
/// for axum handlers.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::convex::{Query, server::{FetchOptions, fetch_query}};
/// # #[derive(serde::Serialize)] struct ListArguments { channel: String }
/// # type Message = serde_json::Value;
///
/// const LIST: Query<ListArguments, Vec<Message>> = Query::new("messages:list");
///
/// #[server]
/// async fn how_many(channel: String) -> Result<usize, ServerFnError> {
///     let messages = fetch_query(LIST, &ListArguments { channel }, FetchOptions::default()).await;
///     Ok(messages.map_err(ServerFnError::new)?.len())
/// }
/// ```
///
/// # Errors
/// [`FetchError`]: the function failed, the token was refused, the deployment does not answer, or nothing is configured.
pub async fn fetch_query<Arguments: Serialize, Output: DeserializeOwned>(
    query: Query<Arguments, Output>,
    arguments: &Arguments,
    options: FetchOptions,
) -> Result<Output, FetchError> {
    fetch(FunctionKind::Query, &query.path(), arguments, options).await
}

/// Runs a mutation. It runs once or not at all; after [`FetchError::NoAnswer`] it is not known which.
///
/// ```
/// use leptos_clerk_convex::convex::{Mutation, server::{FetchError, FetchOptions, fetch_mutation}};
/// use leptos_clerk_convex::server::Auth;
/// # #[derive(serde::Serialize)] struct SendArguments { body: String }
///
/// const SEND: Mutation<SendArguments, ()> = Mutation::new("messages:send");
///
/// async fn handler(auth: Auth, body: String) -> Result<(), FetchError> {
///     fetch_mutation(SEND, &SendArguments { body }, FetchOptions::request(&auth)).await
/// }
/// # let _ = handler;
/// ```
///
/// # Errors
/// As [`fetch_query`].
pub async fn fetch_mutation<Arguments: Serialize, Output: DeserializeOwned>(
    mutation: Mutation<Arguments, Output>,
    arguments: &Arguments,
    options: FetchOptions,
) -> Result<Output, FetchError> {
    fetch(FunctionKind::Mutation, &mutation.path(), arguments, options).await
}

/// Runs an action. After [`FetchError::NoAnswer`] it is not known whether it ran.
///
/// ```
/// use leptos_clerk_convex::convex::{Action, server::{FetchError, FetchOptions, fetch_action}};
///
/// const CLEAN_UP: Action<(), u32> = Action::new("maintenance:cleanUp");
///
/// async fn nightly() -> Result<u32, FetchError> {
///     let options = FetchOptions::anonymous().url("https://happy-animal-123.convex.cloud");
///     fetch_action(CLEAN_UP, &(), options).await
/// }
/// # let _ = nightly;
/// ```
///
/// # Errors
/// As [`fetch_query`].
pub async fn fetch_action<Arguments: Serialize, Output: DeserializeOwned>(
    action: Action<Arguments, Output>,
    arguments: &Arguments,
    options: FetchOptions,
) -> Result<Output, FetchError> {
    fetch(FunctionKind::Action, &action.path(), arguments, options).await
}

async fn fetch<Arguments: Serialize, Output: DeserializeOwned>(
    kind: FunctionKind,
    path: &FunctionPath,
    arguments: &Arguments,
    options: FetchOptions,
) -> Result<Output, FetchError> {
    let arguments = encode_arguments(arguments)?;
    let connection = Connection::open(options.resolve()?).await?;
    let value = connection.call(kind, path, &arguments, None).await?;
    Ok(value.decode()?)
}

/// A deployment, and as whom it is called.
pub(super) struct Connection {
    deployment: Deployment,
    credential: Credential,
    timeout: Option<Duration>,
}

impl Connection {
    pub(super) async fn open(target: Target) -> Result<Self, FetchError> {
        Ok(Self {
            deployment: Deployment::parse(&target.address)?,
            credential: target.credential().await?,
            timeout: target.timeout,
        })
    }

    /// Calls a function and returns its encoded value; a query at this timestamp, if one is given.
    pub(super) async fn call(
        &self,
        kind: FunctionKind,
        path: &FunctionPath,
        arguments: &Value,
        timestamp: Option<&str>,
    ) -> Result<EncodedValue, FetchError> {
        let (route, usual) = match kind {
            FunctionKind::Query if timestamp.is_some() => ("/api/query_at_ts", TIMEOUT),
            FunctionKind::Query => ("/api/query", TIMEOUT),
            FunctionKind::Mutation => ("/api/mutation", TIMEOUT),
            FunctionKind::Action => ("/api/action", ACTION_TIMEOUT),
        };
        let mut body = json!({
            "path": path,
            "format": "convex_encoded_json",
            "args": [arguments],
        });
        if let Some(timestamp) = timestamp {
            body["ts"] = Value::from(timestamp);
        }
        let timeout = self.timeout.unwrap_or(usual);
        let reply = self
            .deployment
            .post(route, &self.credential, &body, timeout)
            .await?;
        answer::value(kind, path, &self.credential, &reply)
    }

    /// The deployment's newest timestamp. It is nobody's secret, so it is asked for without the token.
    pub(super) async fn timestamp(&self) -> Result<String, FetchError> {
        let timeout = self.timeout.unwrap_or(TIMEOUT);
        let reply = self
            .deployment
            .post("/api/query_ts", &Credential::None, &Value::Null, timeout)
            .await?;
        answer::timestamp(&self.credential, &reply)
    }
}
