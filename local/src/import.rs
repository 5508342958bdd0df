//! Users from a file, created the way a backend creates them: through the instance's own Backend API.

use std::path::Path;

use axum::body::Body;
use axum::http::{Request, header};
use local_clerk::LocalClerk;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::error::CommandError;

/// Creates the users of a file; those whose address exists are left as they are.
pub(crate) async fn import(clerk: &LocalClerk, file: &Path) -> Result<usize, CommandError> {
    let failed = |problem: String| CommandError::Import {
        file: file.to_owned(),
        problem,
    };
    let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let users: Vec<Value> =
        serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    let mut created = 0;
    for user in &users {
        let address = user["email_address"]
            .as_str()
            .ok_or_else(|| failed("a user has no `email_address`".to_owned()))?;
        let body = json!({
            "email_address": [address],
            "password": user["password"],
            "first_name": user["first_name"],
            "last_name": user["last_name"],
        });
        let request = Request::post("/bapi/v1/users")
            .header(header::HOST, "127.0.0.1")
            .header(
                header::AUTHORIZATION,
                format!("Bearer {}", clerk.secret_key()),
            )
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .map_err(|error| failed(error.to_string()))?;
        let Ok(response) = clerk.router().oneshot(request).await;
        if response.status().is_success() {
            created += 1;
            continue;
        }
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await;
        let error: Value = body
            .ok()
            .and_then(|body| serde_json::from_slice(&body).ok())
            .unwrap_or_default();
        let error = &error["errors"][0];
        if error["code"] == "form_identifier_exists" {
            tracing::info!("{address} exists already");
            continue;
        }
        let message = error["long_message"].as_str().or(error["message"].as_str());
        return Err(failed(format!(
            "{address}: {}",
            message.unwrap_or("refused")
        )));
    }
    Ok(created)
}
