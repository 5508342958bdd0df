//! Sessions, their tokens, and the refresh of an expired one.

use axum::Router;
use http::Method;
use serde_json::{Value, json};

use crate::accounts::{end_session, new_session};
use crate::cookies;
use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, backend};
use crate::organizations::page;
use crate::random;
use crate::store::records::{Client, Session, SessionStatus, User};
use crate::tokens;

pub(super) fn router() -> Router<App> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    Router::new()
        .route("/v1/sessions", backend([(GET, list), (POST, create)]))
        .route("/v1/sessions/{session}", backend([(GET, show)]))
        .route("/v1/sessions/{session}/revoke", backend([(POST, revoke)]))
        .route("/v1/sessions/{session}/refresh", backend([(POST, refresh)]))
        .route("/v1/sessions/{session}/tokens", backend([(POST, token)]))
        .route(
            "/v1/sessions/{session}/tokens/{template}",
            backend([(POST, template_token)]),
        )
}

fn list(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (query, view) = (&call.request.query, call.view());
    let sessions = match (query.text("user_id"), query.text("client_id")) {
        (Some(id), _) => call.store.list::<Session>("user_id", id)?,
        (None, Some(id)) => call.store.list::<Session>("client_id", id)?,
        (None, None) => call.store.all::<Session>()?,
    };
    let status = query.text("status");
    let mut items = Vec::new();
    for session in sessions.iter().rev() {
        let json = view.backend_session(session)?;
        if status.is_none_or(|status| json["status"] == status) {
            items.push(json);
        }
    }
    let page = page(items, query);
    // Without `paginated` the list is bare, as it was before lists had pages.
    Ok(Reply::Json(if query.flag("paginated") {
        page
    } else {
        page["data"].clone()
    }))
}

/// `POST /v1/sessions`: a session without a browser, for tests.
fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let id = call.required("user_id")?;
    let mut user = call
        .store
        .find::<User>(id)?
        .ok_or_else(|| ApiError::not_found("user", id))?;
    let client = Client {
        id: random::id("client")?,
        rotating_token: random::base62(32)?,
        sign_in_id: None,
        sign_up_id: None,
        last_active_session_id: None,
        last_authentication_strategy: None,
        created_at: call.now,
        updated_at: call.now,
    };
    let session = new_session(call, &mut user, &client.id, false)?;
    call.store.save(&Client {
        last_active_session_id: Some(session.id.clone()),
        ..client
    })?;
    respond(call, &session)
}

fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let session = named(call)?;
    respond(call, &session)
}

fn revoke(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let session = end_session(call.store, live(call)?, SessionStatus::Revoked, call.now)?;
    respond(call, &session)
}

fn token(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let session = live(call)?;
    let jwt = tokens::session(&call.view(), &session, None)?;
    Ok(Reply::Json(json!({ "object": "token", "jwt": jwt })))
}

fn template_token(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let session = live(call)?;
    let name = call.request.parameter("template");
    let jwt = tokens::template(&call.view(), &session, name)?.ok_or_else(|| {
        ApiError::new(Code::ResourceNotFound)
            .because(format!("No JWT template exists with name: {name}"))
    })?;
    Ok(Reply::Json(json!({ "object": "token", "jwt": jwt })))
}

/// `POST /v1/sessions/{session}/refresh`: a fresh token for an expired one, without a redirect of the browser.
///
/// Both the expired token and the refresh token have to be ours and of this session.
fn refresh(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let session = live(call)?;
    let refuse = || {
        ApiError::new(Code::AuthenticationInvalid)
            .because("The tokens to refresh are not of this session.")
    };
    let expired = call.required("expired_token")?;
    let refresh = call.required("refresh_token")?;
    if tokens::session_of_token(call.instance, expired).as_ref() != Some(&session.id)
        || tokens::session_of_refresh_token(call.instance, refresh).as_ref() != Some(&session.id)
    {
        return Err(refuse());
    }
    let mut view = call.view();
    if let Some(origin) = call.request.form.text("request_origin") {
        view.authorized_party = origin.to_owned();
    }
    let jwt = tokens::session(&view, &session, None)?;
    if call.request.form.text("format") == Some("cookie") {
        let directives =
            cookies::readable(cookies::SESSION, &call.instance.cookie_suffix, Some(&jwt));
        return Ok(Reply::Json(
            json!({ "object": "cookies", "cookies": directives }),
        ));
    }
    Ok(Reply::Json(json!({ "object": "token", "jwt": jwt })))
}

fn named(call: &Call<'_>) -> Result<Session, ApiError> {
    let id = call.request.parameter("session");
    call.store
        .find::<Session>(id)?
        .ok_or_else(|| ApiError::not_found("session", id))
}

fn live(call: &Call<'_>) -> Result<Session, ApiError> {
    let session = named(call)?;
    if session.live(call.now) {
        return Ok(session);
    }
    Err(ApiError::not_found("live session", &session.id))
}

fn respond(call: &Call<'_>, session: &Session) -> Result<Reply, ApiError> {
    let json: Value = call.view().backend_session(session)?;
    Ok(Reply::Json(json))
}
