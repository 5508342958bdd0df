//! The devices that a person is signed in on.

use serde_json::Value;

use crate::accounts::end_session;
use crate::error::ApiError;
use crate::http::Reply;
use crate::http::call::Call;
use crate::store::records::{Session, SessionStatus};

/// `GET /v1/me/sessions/active`: a bare array, without client.
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_session()?;
    let view = call.view();
    let sessions = call.store.list::<Session>("user_id", &user.id)?;
    let sessions = sessions.iter().filter(|session| session.live(call.now));
    let items: Result<Vec<Value>, _> = sessions
        .map(|session| view.session_with_activity(session))
        .collect();
    Ok(Reply::Json(Value::Array(items?)))
}

/// `POST /v1/me/sessions/{session}/revoke`
pub(super) fn revoke(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_session()?;
    let id = call.request.parameter("session");
    let session = call
        .store
        .find::<Session>(id)?
        .filter(|session| session.user_id == user.id && session.live(call.now))
        .ok_or_else(|| ApiError::not_found("session", id))?;
    let session = end_session(call.store, session, SessionStatus::Revoked, call.now)?;
    call.reload_client()?;
    call.respond(call.view().session_with_activity(&session)?)
}
