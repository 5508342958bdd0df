//! Files by address: uploads with a token, downloads in whole or in part.

use std::future::Future;
use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;

use super::answer::{ApiError, not_found};
use crate::sync::SystemError;

const DIGEST: HeaderName = HeaderName::from_static("digest");

/// The deployment's file storage.
pub(crate) trait Files: Send + Sync + 'static {
    /// Stores a file. The answer is its id in `_storage`.
    fn upload(&self, upload: Upload) -> impl Future<Output = Result<String, UploadError>> + Send;

    /// The file with an id that is the capability to read it, and not the one in `_storage`.
    fn find(
        &self,
        uuid: &str,
    ) -> impl Future<Output = Result<Option<StoredFile>, SystemError>> + Send;

    /// Reads bytes of a file; `None` when it is empty.
    fn read(
        &self,
        uuid: &str,
        range: Option<RangeInclusive<u64>>,
    ) -> impl Future<Output = Result<Body, SystemError>> + Send;
}

/// A file on its way in.
#[derive(Debug)]
pub(crate) struct Upload {
    /// From `generateUploadUrl`. Whether it is genuine and still valid is for the storage to say.
    pub(crate) token: String,
    pub(crate) content_type: Option<String>,
    /// What the file has to hash to, if the uploader says so.
    pub(crate) sha256: Option<Vec<u8>>,
    pub(crate) body: Body,
}

/// A file in storage.
#[derive(Clone, Debug)]
pub(crate) struct StoredFile {
    pub(crate) content_type: Option<String>,
    pub(crate) length: u64,
}

/// Why a file was not stored.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum UploadError {
    #[error("the upload URL is not valid, or no longer")]
    Token,
    #[error("the file does not have the digest that the request names")]
    Digest,
    #[error("the file can't be read to its end: {0}")]
    Body(String),
    #[error(transparent)]
    System(#[from] SystemError),
}

impl From<UploadError> for ApiError {
    fn from(error: UploadError) -> Self {
        let message = error.to_string();
        match error {
            UploadError::Token => {
                Self::new(StatusCode::UNAUTHORIZED, "StorageTokenInvalid", message)
            }
            UploadError::Digest => Self::bad_request("DigestMismatch", message),
            UploadError::Body(_) => Self::bad_request("BodyUnreadable", message),
            UploadError::System(error) => error.into(),
        }
    }
}

pub(super) fn router<F: Files>(files: Arc<F>) -> Router {
    Router::new()
        .route("/api/storage/upload", post(upload::<F>))
        .route("/api/storage/{uuid}", get(download::<F>))
        .with_state(files)
}

async fn upload<F: Files>(
    State(files): State<Arc<F>>,
    request: Request,
) -> Result<Response, ApiError> {
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let token = url::form_urlencoded::parse(query)
        .find(|(name, _)| name == "token")
        .map(|(_, token)| token.into_owned())
        .ok_or(UploadError::Token)?;
    let upload = Upload {
        token,
        content_type: text(request.headers(), &header::CONTENT_TYPE),
        sha256: digest(request.headers())?,
        body: request.into_body(),
    };
    let storage_id = files.upload(upload).await?;
    Ok(Json(json!({ "storageId": storage_id })).into_response())
}

async fn download<F: Files>(
    State(files): State<Arc<F>>,
    Path(uuid): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Some(file) = files.find(&uuid).await? else {
        return Err(not_found().await);
    };
    let part = match part(&headers, file.length) {
        Ok(part) => part,
        Err(Unsatisfiable) => {
            let length = format!("bytes */{}", file.length);
            let status = StatusCode::RANGE_NOT_SATISFIABLE;
            return Ok((status, [(header::CONTENT_RANGE, length)]).into_response());
        }
    };
    let whole = (file.length > 0).then(|| 0..=file.length - 1);
    let range = part.clone().or(whole);
    let length = range
        .as_ref()
        .map_or(0, |range| range.end() - range.start() + 1);
    let mut response = files.read(&uuid, range).await?.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=2592000"),
    );
    let content_type = file
        .content_type
        .and_then(|content_type| HeaderValue::from_str(&content_type).ok());
    if let Some(content_type) = content_type {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if let Some(part) = part {
        let range = format!("bytes {}-{}/{}", part.start(), part.end(), file.length);
        if let Ok(range) = HeaderValue::from_str(&range) {
            headers.insert(header::CONTENT_RANGE, range);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

struct Unsatisfiable;

/// The part of the file that is asked for. Headers that can't be read, and several parts at once, ask for all of it.
fn part(headers: &HeaderMap, length: u64) -> Result<Option<RangeInclusive<u64>>, Unsatisfiable> {
    let Some(ranges) = text(headers, &header::RANGE)
        .and_then(|text| http_range_header::parse_range_header(&text).ok())
    else {
        return Ok(None);
    };
    if ranges.ranges.len() > 1 {
        return Ok(None);
    }
    let mut ranges = ranges.validate(length).map_err(|_| Unsatisfiable)?;
    Ok(ranges.pop())
}

/// The `sha-256` of a `Digest` header.
fn digest(headers: &HeaderMap) -> Result<Option<Vec<u8>>, ApiError> {
    let Some(header) = text(headers, &DIGEST) else {
        return Ok(None);
    };
    header
        .split_once('=')
        .filter(|(algorithm, _)| algorithm.eq_ignore_ascii_case("sha-256"))
        .and_then(|(_, encoded)| STANDARD.decode(encoded).ok())
        .map(Some)
        .ok_or_else(|| ApiError::bad_request("BadDigest", "`Digest` must be `sha-256=` and base64"))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}
