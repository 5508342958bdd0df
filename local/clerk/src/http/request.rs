//! An incoming request, read once.

use std::collections::HashMap;

use axum::RequestExt as _;
use axum::extract::{FromRequest, Multipart, RawPathParams, Request};
use http::request::Parts;
use http::{HeaderMap, Method, Uri, header};
use serde_json::Value;

use super::Fields;
use crate::error::{ApiError, Code};

/// The largest body: a profile image of 10 MB.
pub(crate) const MAX_BODY: usize = 10 * 1024 * 1024;

/// A request as the handlers see it.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) path: HashMap<String, String>,
    pub(crate) query: Fields,
    pub(crate) form: Fields,
    /// The body when it was JSON.
    pub(crate) json: Option<Value>,
    /// The uploaded file when there was one: content type and bytes.
    pub(crate) file: Option<(String, Vec<u8>)>,
    pub(crate) headers: HeaderMap,
}

impl Incoming {
    pub(crate) async fn read(mut request: Request) -> Result<Self, ApiError> {
        let path = request
            .extract_parts::<RawPathParams>()
            .await
            .map(|parameters| {
                parameters
                    .iter()
                    .map(|(k, v)| (k.to_owned(), v.to_owned()))
                    .collect()
            })
            .unwrap_or_default();
        let query = Fields::parse(request.uri().query().unwrap_or_default().as_bytes());
        let headers = request.headers().clone();
        let mut incoming = Self {
            path,
            query,
            form: Fields::default(),
            json: None,
            file: None,
            headers,
        };
        let content_type = incoming
            .header(header::CONTENT_TYPE.as_str())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if content_type.starts_with("multipart/form-data") {
            incoming.file = read_file(request).await?;
            return Ok(incoming);
        }
        let body = axum::body::to_bytes(request.into_body(), MAX_BODY)
            .await
            .map_err(|_| {
                ApiError::new(Code::ImageTooLarge).because("The request's body is too large.")
            })?;
        if content_type.starts_with("application/json") && !body.is_empty() {
            let value = serde_json::from_slice(&body)
                .map_err(|_| ApiError::new(Code::RequestBodyInvalid))?;
            incoming.form = Fields::from_json(&value);
            incoming.json = Some(value);
        } else if content_type.starts_with("application/octet-stream") {
            incoming.file = Some((content_type, body.to_vec()));
        } else {
            incoming.form = Fields::parse(&body);
        }
        Ok(incoming)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The first cookie of this name.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// A parameter of the route.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// The origin of the page that sent the request.
    pub(crate) fn origin(&self) -> Option<String> {
        let text = self.header("origin").or_else(|| self.header("referer"))?;
        let origin = url::Url::parse(text).ok()?.origin();
        origin.is_tuple().then(|| origin.ascii_serialization())
    }
}

async fn read_file(request: Request) -> Result<Option<(String, Vec<u8>)>, ApiError> {
    let invalid = || ApiError::new(Code::RequestBodyInvalid);
    let mut multipart = Multipart::from_request(request, &())
        .await
        .map_err(|_| invalid())?;
    while let Some(field) = multipart.next_field().await.map_err(|_| invalid())? {
        if field.name() == Some("file") {
            let content_type = field
                .content_type()
                .unwrap_or("application/octet-stream")
                .to_owned();
            let bytes = field
                .bytes()
                .await
                .map_err(|_| ApiError::new(Code::ImageTooLarge))?;
            return Ok(Some((content_type, bytes.to_vec())));
        }
    }
    Ok(None)
}

/// ClerkJS sends every verb but GET as `POST …?_method=VERB`, and some paths with a slash at the end: both are undone here,
/// before routing.
pub(crate) fn normalise(request: Request) -> Request {
    let (mut parts, body) = request.into_parts();
    if parts.method == Method::POST
        && let Some(method) = logical_method(&parts)
    {
        parts.method = method;
    }
    if let Some(uri) = without_trailing_slash(&parts.uri) {
        parts.uri = uri;
    }
    Request::from_parts(parts, body)
}

fn logical_method(parts: &Parts) -> Option<Method> {
    let query = Fields::parse(parts.uri.query()?.as_bytes());
    match query.text("_method")?.to_ascii_uppercase().as_str() {
        "PATCH" => Some(Method::PATCH),
        "PUT" => Some(Method::PUT),
        "DELETE" => Some(Method::DELETE),
        _ => None,
    }
}

fn without_trailing_slash(uri: &Uri) -> Option<Uri> {
    let path = uri
        .path()
        .strip_suffix('/')
        .filter(|path| !path.is_empty())?;
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse().ok()?);
    Uri::from_parts(parts).ok()
}
