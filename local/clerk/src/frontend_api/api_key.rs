//! API keys, which ClerkJS manages outside of `/v1`, with a session token and without envelope.

use axum::Router;
use http::Method;

use crate::api_keys;
use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, bearer};
use crate::organizations::{self, page};
use crate::resources::{self, role};
use crate::store::records::ApiKey;

const READ: &str = "org:sys_api_keys:read";
const MANAGE: &str = "org:sys_api_keys:manage";

pub(super) fn router() -> Router<App> {
    Router::new()
        .route(
            "/api_keys",
            bearer([(Method::GET, list), (Method::POST, create)]),
        )
        .route(
            "/api_keys/{api_key}/revoke",
            bearer([(Method::POST, revoke)]),
        )
}

fn list(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let query = &call.request.query;
    let subject = subject(call, query.text("subject"), READ)?;
    let keys = api_keys::list(call.store, &subject, query, call.now)?;
    let items = keys.iter().map(|key| resources::api_key(key, call.now));
    Ok(Reply::Json(page(items.collect(), query)))
}

fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let form = &call.request.form;
    let subject = subject(call, form.text("subject"), MANAGE)?;
    let creator = call.bearer()?.1.id.clone();
    let (key, secret) = api_keys::create(call.store, form, &subject, &creator, call.now)?;
    let mut json = resources::api_key(&key, call.now);
    json["secret"] = secret.into();
    Ok(Reply::Json(json))
}

fn revoke(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let id = call.request.parameter("api_key");
    let not_found = || ApiError::not_found("API key", id);
    let key = call.store.find::<ApiKey>(id)?.ok_or_else(not_found)?;
    // Whose key it is, is not for everyone to know.
    subject(call, Some(&key.subject), MANAGE).map_err(|_| not_found())?;
    let reason = call.request.form.text("revocation_reason");
    let key = api_keys::revoke(call.store, key, reason, call.now)?;
    Ok(Reply::Json(resources::api_key(&key, call.now)))
}

/// Whom a call is about: the person, or an organization in which they have the permission.
fn subject(
    call: &Call<'_>,
    asked: Option<&str>,
    permission: &'static str,
) -> Result<String, ApiError> {
    let (_, user) = call.bearer()?;
    let Some(asked) = asked.filter(|asked| *asked != user.id) else {
        return Ok(user.id.clone());
    };
    let membership = organizations::membership(call.store, asked, &user.id)?
        .ok_or(Code::OrganizationNotFound)?;
    let permissions = role(&membership.role).map_or(&[][..], |role| role.permissions);
    if permissions.contains(&permission) {
        Ok(asked.to_owned())
    } else {
        Err(ApiError::new(Code::OrganizationMissingPermission)
            .meta("permissions", vec![permission]))
    }
}
