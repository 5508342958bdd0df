//! The client: the browser and its sessions.

use serde_json::{Value, json};

use crate::accounts::end_session;
use crate::error::ApiError;
use crate::http::Reply;
use crate::http::call::Call;
use crate::store::records::{Session, SessionStatus};

/// `GET /v1/client`
pub(super) fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    plain(call)
}

/// `PUT /v1/client`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    call.ensure_client()?;
    plain(call)
}

/// `DELETE /v1/client`
pub(super) fn destroy(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    call.drop_client()?;
    plain(call)
}

/// `DELETE /v1/client/sessions`: signs out everyone on this browser.
pub(super) fn sign_out(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    if let Some(client) = call.client.clone() {
        for session in call.store.list::<Session>("client_id", &client.id)? {
            if session.live(call.now) {
                end_session(call.store, session, SessionStatus::Removed, call.now)?;
            }
        }
        call.reload_client()?;
        call.follow_active_session()?;
    }
    plain(call)
}

fn plain(call: &Call<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::Json(
        json!({ "response": call.client_json()?, "client": Value::Null }),
    ))
}
