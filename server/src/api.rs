//! Plain axum routes.

use axum::Json;
use leptos_clerk_convex::server::RequireAuth;
use serde::Serialize;

/// What `/api/example` answers.
#[derive(Serialize)]
pub(crate) struct Example {
    user_id: String,
}

/// `GET /api/example`: the id of the person, or 401.
pub(crate) async fn example(auth: RequireAuth) -> Json<Example> {
    Json(Example {
        user_id: auth.identity().user_id.clone(),
    })
}
