//! `fetch`, in actions.

use std::{cell::OnceCell, rc::Rc, str::FromStr, time::Duration};

use reqwest::{
    Client, Method, Request, Url,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use rquickjs::{Array, Ctx, Exception, Function, IntoJs, Object, Result, TypedArray, Value};

use super::{Binary, Event, Host, Settle, State};

/// The largest response body, in bytes.
const BODY_LIMIT: usize = 20 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// As many as browsers follow.
const REDIRECTS: usize = 20;

/// A response that has arrived in full.
pub(in crate::runtime) struct Fetched {
    url: String,
    is_redirected: bool,
    status: u16,
    status_text: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl<'js> IntoJs<'js> for Fetched {
    fn into_js(self, context: &Ctx<'js>) -> Result<Value<'js>> {
        let object = Object::new(context.clone())?;
        object.set("url", self.url)?;
        object.set("redirected", self.is_redirected)?;
        object.set("status", self.status)?;
        object.set("statusText", self.status_text)?;
        let headers = Array::new(context.clone())?;
        for (index, (name, value)) in self.headers.into_iter().enumerate() {
            headers.set(index, vec![name, value])?;
        }
        object.set("headers", headers)?;
        object.set("body", TypedArray::new(context.clone(), self.body)?)?;
        Ok(object.into_value())
    }
}

/// HTTP clients, made when the first action needs them.
#[derive(Debug, Default)]
pub(in crate::runtime) struct Clients {
    following: OnceCell<Client>,
    plain: OnceCell<Client>,
}

impl Clients {
    fn client(&self, follows_redirects: bool) -> std::result::Result<Client, String> {
        let (cell, policy) = if follows_redirects {
            (&self.following, Policy::limited(REDIRECTS))
        } else {
            (&self.plain, Policy::none())
        };
        if let Some(client) = cell.get() {
            return Ok(client.clone());
        }
        let client = Client::builder()
            .redirect(policy)
            .connect_timeout(CONNECT_TIMEOUT)
            .build();
        let client = client.map_err(|error| explained(&error))?;
        Ok(cell.get_or_init(|| client).clone())
    }
}

pub(super) fn install<'js>(host: &mut Host<'js>, state: &Rc<State>) -> Result<()> {
    let shared = Rc::clone(state);
    host.add(
        "startFetch",
        move |context: Ctx<'js>,
              request: Object<'js>,
              resolve: Function<'js>,
              reject: Function<'js>| {
            start(&context, &shared, &request, resolve, reject)
        },
    )?;
    let shared = Rc::clone(state);
    host.add("stopFetch", move |number: f64| {
        if let Some(mut side) = shared.action() {
            let number = number as u64;
            side.open.remove(&number);
            if let Some(task) = side.fetches.remove(&number) {
                task.abort();
            }
        }
    })
}

fn start<'js>(
    context: &Ctx<'js>,
    state: &State,
    request: &Object<'js>,
    resolve: Function<'js>,
    reject: Function<'js>,
) -> Result<f64> {
    let mut side = state.expect_action(context, "fetch")?;
    let follows = request.get::<_, String>("redirect")? == "follow";
    let request = read(request)?.map_err(|message| Exception::throw_type(context, &message))?;
    let client = side
        .clients
        .client(follows)
        .map_err(|message| Exception::throw_type(context, &message))?;
    let (number, sender) = side.begin(Settle::new(context, resolve, reject));
    let task = side.tokio.spawn(async move {
        let fetched = run(client, request).await;
        // Nobody listens any more when the action is over.
        drop(sender.send(Event::Fetched(number, fetched)));
    });
    side.fetches.insert(number, task.abort_handle());
    Ok(number as f64)
}

fn read(request: &Object<'_>) -> Result<std::result::Result<Request, String>> {
    let url: String = request.get("url")?;
    let method: String = request.get("method")?;
    let headers: Vec<Vec<String>> = request.get("headers")?;
    let body: Option<Binary> = request.get("body")?;
    let body = body.map(|body| body.0);
    Ok(build(&url, &method, &headers, body))
}

fn build(
    url: &str,
    method: &str,
    headers: &[Vec<String>],
    body: Option<Vec<u8>>,
) -> std::result::Result<Request, String> {
    let url = Url::parse(url).map_err(|error| format!("fetch: {url:?}: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!(
            "fetch: the scheme of {url} is neither http nor https."
        ));
    }
    let method = Method::from_str(method).map_err(|error| format!("fetch: {error}"))?;
    let mut request = Request::new(method, url);
    let mut map = HeaderMap::new();
    for pair in headers {
        let [name, value] = pair.as_slice() else {
            continue;
        };
        let name = HeaderName::from_str(name).map_err(|error| format!("fetch: {error}"))?;
        let value = HeaderValue::from_str(value).map_err(|error| format!("fetch: {error}"))?;
        map.append(name, value);
    }
    *request.headers_mut() = map;
    *request.body_mut() = body.map(Into::into);
    Ok(request)
}

async fn run(client: Client, request: Request) -> std::result::Result<Fetched, String> {
    let asked = request.url().clone();
    let mut response = client
        .execute(request)
        .await
        .map_err(|error| explained(&error))?;
    let headers = response.headers().iter().map(|(name, value)| {
        (
            name.as_str().to_owned(),
            String::from_utf8_lossy(value.as_bytes()).into_owned(),
        )
    });
    let headers = headers.collect();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| explained(&error))? {
        if body.len() + piece.len() > BODY_LIMIT {
            return Err(format!(
                "fetch: the response from {asked} is larger than {} MiB.",
                BODY_LIMIT >> 20
            ));
        }
        body.extend_from_slice(&piece);
    }
    let status = response.status();
    Ok(Fetched {
        is_redirected: *response.url() != asked,
        url: response.url().to_string(),
        status: status.as_u16(),
        status_text: status.canonical_reason().unwrap_or_default().to_owned(),
        headers,
        body,
    })
}

/// The error with what caused it: alone it often only says that a request failed.
fn explained(error: &reqwest::Error) -> String {
    let mut text = format!("fetch failed: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
