//! What a browser asks first: a dev browser and the environment.

use axum::routing::MethodRouter;
use http::{Method, StatusCode};
use serde_json::json;

use crate::error::ApiError;
use crate::http::call::Call;
use crate::http::{App, Reply, anonymous};
use crate::resources;

/// `GET /v1/proxy-health`
pub(super) async fn health() -> axum::response::Response {
    crate::http::json(StatusCode::OK, &json!({ "status": "ok" }))
}

/// `POST /v1/dev_browser`: the one call that needs no dev browser, because it makes one.
pub(super) fn create_dev_browser() -> MethodRouter<App> {
    anonymous([(Method::POST, |call: &mut Call<'_>| {
        let id = call.ensure_dev_browser()?;
        Ok(Reply::Json(
            json!({ "id": id, "object": "dev_browser", "instance_id": call.instance.keys.key_id() }),
        ))
    })])
}

/// `GET` or `PATCH /v1/environment`; ClerkJS uses the latter with development keys.
pub(super) fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::Json(resources::environment(call.instance)))
}
