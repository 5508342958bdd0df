//! Server functions, called as whom this tab shows.

use futures_util::{Sink, Stream};
use leptos::server_fn::{
    Bytes,
    client::{Client, browser::BrowserClient},
    error::FromServerFnError,
    request::browser::BrowserRequest,
    response::browser::BrowserResponse,
};
use send_wrapper::SendWrapper;
use serde_json::json;

use super::context::session_token;

/// A client for server functions that sends the session token of this tab, which outranks the cookie that all tabs share: two
/// tabs with two organizations, or two accounts, each ask for themselves. A token that is about to end is replaced first.
///
/// *While loading* ClerkJS, and *when it fails*, the cookie speaks, as it does without this client. *On the server* a server
/// function is called directly, and no client is asked.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::clerk::SessionClient;
///
/// #[server(client = SessionClient)]
/// async fn my_role() -> Result<Option<String>, ServerFnError> {
///     let auth = leptos_clerk_convex::server::auth()?;
///     let organization = auth.identity().and_then(|identity| identity.organization.clone());
///     Ok(organization.and_then(|organization| organization.role))
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SessionClient;

impl<Error, InputStreamError, OutputStreamError> Client<Error, InputStreamError, OutputStreamError>
    for SessionClient
where
    Error: FromServerFnError,
    InputStreamError: FromServerFnError,
    OutputStreamError: FromServerFnError,
{
    type Request = BrowserRequest;
    type Response = BrowserResponse;

    fn send(
        request: BrowserRequest,
    ) -> impl Future<Output = Result<BrowserResponse, Error>> + Send {
        // A browser has one thread.
        SendWrapper::new(async move {
            if let Ok(token) = session_token(json!({})).await {
                request
                    .headers()
                    .set("Authorization", &format!("Bearer {token}"));
            }
            <BrowserClient as Client<Error, InputStreamError, OutputStreamError>>::send(request)
                .await
        })
    }

    fn open_websocket(
        path: &str,
    ) -> impl Future<
        Output = Result<
            (
                impl Stream<Item = Result<Bytes, Bytes>> + Send + 'static,
                impl Sink<Bytes> + Send + 'static,
            ),
            Error,
        >,
    > + Send {
        // A socket of the browser's has no headers.
        <BrowserClient as Client<Error, InputStreamError, OutputStreamError>>::open_websocket(path)
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <BrowserClient as Client<Error, InputStreamError, OutputStreamError>>::spawn(future);
    }
}
