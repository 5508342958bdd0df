//! One session of the client: touch, tokens, the end.

use serde_json::json;

use crate::accounts::end_session;
use crate::error::{ApiError, Code};
use crate::http::Reply;
use crate::http::call::Call;
use crate::organizations::{self, membership};
use crate::store::records::{Session, SessionStatus};
use crate::tokens;

/// `GET /v1/client/sessions/{session}`
pub(super) fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let session = named(call)?;
    call.respond(call.view().session(&session)?)
}

/// `POST /v1/client/sessions/{session}/touch`: makes the session the active one, and chooses its organization.
pub(super) fn touch(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let mut session = named(call).or_else(|error| Err(over(call)?.unwrap_or(error)))?;
    if let Some(choice) = call.request.form.sent("active_organization_id") {
        session.active_organization_id = organization(call, &session, choice)?;
    }
    session.last_active_at = call.now;
    call.store.save(&session)?;
    let mut client = call.ensure_client()?;
    let before = client.last_active_session_id.replace(session.id.clone());
    let changed = before.as_ref() != Some(&session.id);
    call.save_client(client)?;
    if changed {
        call.follow_active_session()?;
    }
    call.respond(call.view().session(&session)?)
}

/// `POST /v1/client/sessions/{session}/tokens`
pub(super) fn token(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let session = live(call)?;
    let organization = match call.request.form.sent("organization_id") {
        Some(choice) => Some(organization(call, &session, choice)?),
        None => None,
    };
    let organization = organization.as_ref().map(Option::as_deref);
    let jwt = tokens::session(&call.view(), &session, organization)?;
    Ok(Reply::Json(json!({ "object": "token", "jwt": jwt })))
}

/// `POST /v1/client/sessions/{session}/tokens/{template}`
pub(super) fn template_token(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let session = live(call)?;
    let name = call.request.parameter("template");
    let jwt = tokens::template(&call.view(), &session, name)?.ok_or_else(|| {
        ApiError::new(Code::ResourceNotFound)
            .because(format!("No JWT template exists with name: {name}"))
    })?;
    Ok(Reply::Json(json!({ "object": "token", "jwt": jwt })))
}

/// `POST /v1/client/sessions/{session}/end`
pub(super) fn end(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    finish(call, SessionStatus::Ended)
}

/// `POST /v1/client/sessions/{session}/remove`
pub(super) fn remove(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    finish(call, SessionStatus::Removed)
}

fn finish(call: &mut Call<'_>, status: SessionStatus) -> Result<Reply, ApiError> {
    let session = end_session(call.store, named(call)?, status, call.now)?;
    call.reload_client()?;
    call.follow_active_session()?;
    call.respond(call.view().session(&session)?)
}

/// The session that the path names, if it is a live one of the caller's client.
fn named(call: &Call<'_>) -> Result<Session, ApiError> {
    let id = call.request.parameter("session");
    call.session_of_client(id)?
        .ok_or_else(|| ApiError::not_found("session", id))
}

/// The same, where ClerkJS takes 401 to mean that the session is over: it then asks for the client, and signs out.
fn live(call: &Call<'_>) -> Result<Session, ApiError> {
    call.session_of_client(call.request.parameter("session"))?
        .ok_or_else(|| Code::AuthenticationInvalid.into())
}

/// What a session of the caller's that ended elsewhere answers: from a 404 ClerkJS would not learn that it is signed out.
fn over(call: &Call<'_>) -> Result<Option<ApiError>, ApiError> {
    let session = call
        .store
        .find::<Session>(call.request.parameter("session"))?;
    let own = session.filter(|session| {
        call.client
            .as_ref()
            .is_some_and(|client| client.id == session.client_id)
    });
    Ok(own.map(|_| Code::AuthenticationInvalid.into()))
}

/// The organization that a form chooses by id or slug, if the session's user is in it; empty is the personal account.
fn organization(
    call: &Call<'_>,
    session: &Session,
    choice: &str,
) -> Result<Option<String>, ApiError> {
    if choice.is_empty() {
        return Ok(None);
    }
    let organization = organizations::find(call.store, choice)?;
    match membership(call.store, &organization.id, &session.user_id)? {
        Some(_) => Ok(Some(organization.id)),
        None => Err(Code::OrganizationNotFound.into()),
    }
}
