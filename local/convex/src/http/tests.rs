#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod calls;
mod service;

use axum::body::{Body, Bytes, to_bytes};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, StatusCode, header};
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use super::*;
use crate::sync::scripted::{Person, Scripted};
use crate::sync::{Backend, FunctionFailure, JsonText, Snapshot, SystemError};

impl Site for Scripted {
    fn instance_name(&self) -> &str {
        "local-test"
    }

    async fn http_action(&self, request: ActionRequest<Person>) -> Result<Response, SiteError> {
        match request.parts.uri.path() {
            "/echo" => Ok((
                [("x-name", request.identity.name.unwrap_or_default())],
                format!("{} {} {}", request.parts.method, request.parts.uri, request.body.len()),
            )
                .into_response()),
            "/fails" => Err(FunctionFailure {
                message: "[Request ID: 0123456789abcdef] Server Error\nUncaught Error: x\n    at f (../convex/http.ts:1:2)".to_owned(),
                data: Some(JsonText("7".into())),
            }
            .into()),
            _ => Err(SiteError::NoRoute),
        }
    }
}

/// One file of ten bytes.
struct OneFile;

impl Files for OneFile {
    async fn upload(&self, upload: Upload) -> Result<String, UploadError> {
        if upload.token != "good" {
            return Err(UploadError::Token);
        }
        let body = to_bytes(upload.body, 100)
            .await
            .map_err(|error| UploadError::Body(error.to_string()))?;
        match upload.sha256 {
            Some(digest) if digest.len() != 32 => Err(UploadError::Digest),
            _ => Ok(format!(
                "{}:{}",
                upload.content_type.unwrap_or_default(),
                body.len()
            )),
        }
    }

    async fn find(&self, uuid: &str) -> Result<Option<StoredFile>, SystemError> {
        let length = match uuid {
            "digits" => 10,
            "empty" => 0,
            _ => return Ok(None),
        };
        Ok(Some(StoredFile {
            content_type: Some("text/plain".to_owned()),
            length,
        }))
    }

    async fn read(
        &self,
        _: &str,
        range: Option<std::ops::RangeInclusive<u64>>,
    ) -> Result<Body, SystemError> {
        Ok(range.map_or_else(Body::empty, |range| {
            Body::from("0123456789"[*range.start() as usize..=*range.end() as usize].to_owned())
        }))
    }
}

fn app() -> Router {
    deployment(&Scripted::new(), Arc::new(OneFile), Settings::default())
}

async fn send(app: &Router, request: Request<Body>) -> (StatusCode, http::HeaderMap, Bytes) {
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    (
        parts.status,
        parts.headers,
        to_bytes(body, usize::MAX).await.unwrap(),
    )
}

async fn post(app: &Router, path: &str, authorization: Option<&str>, body: &str) -> (u16, Json) {
    let mut request = Request::post(path)
        .header(header::HOST, "127.0.0.1:3210")
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let (status, _, body) = send(app, request.body(Body::from(body.to_owned())).unwrap()).await;
    let json = serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{status} {body:?}"));
    (status.as_u16(), json)
}

async fn get(app: &Router, path: &str) -> (u16, Bytes) {
    let request = Request::get(path)
        .header(header::HOST, "localhost:3210")
        .body(Body::empty())
        .unwrap();
    let (status, _, body) = send(app, request).await;
    (status.as_u16(), body)
}
