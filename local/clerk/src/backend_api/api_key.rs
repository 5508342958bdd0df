//! API keys and the waiting list, as servers see them.

use axum::Router;
use http::Method;

use crate::api_keys;
use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, backend};
use crate::organizations::page;
use crate::resources;
use crate::store::records::{ApiKey, WaitlistEntry};

pub(super) fn router() -> Router<App> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    Router::new()
        .route("/v1/api_keys", backend([(GET, list), (POST, create)]))
        .route("/v1/api_keys/verify", backend([(POST, verify)]))
        .route("/v1/api_keys/{api_key}", backend([(GET, show)]))
        .route("/v1/api_keys/{api_key}/revoke", backend([(POST, revoke)]))
        .route("/v1/waitlist_entries", backend([(GET, waitlist)]))
}

fn list(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let query = &call.request.query;
    let subject = query
        .text("subject")
        .ok_or_else(|| ApiError::missing("subject"))?;
    let keys = api_keys::list(call.store, subject, query, call.now)?;
    let items = keys.iter().map(|key| resources::api_key(key, call.now));
    Ok(Reply::Json(page(items.collect(), query)))
}

fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let form = &call.request.form;
    let subject = call.required("subject")?;
    let creator = form.text("created_by").unwrap_or(subject);
    let (key, secret) = api_keys::create(call.store, form, subject, creator, call.now)?;
    let mut json = resources::api_key(&key, call.now);
    json["secret"] = secret.into();
    Ok(Reply::Json(json))
}

/// `POST /v1/api_keys/verify`: whose key a program has sent to a server.
fn verify(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let secret = call.required("secret")?;
    let key = api_keys::of_secret(call.store, secret, call.now)?.ok_or_else(|| {
        ApiError::new(Code::ResourceNotFound)
            .because("There is no such API key, or it was revoked or has expired.")
    })?;
    Ok(Reply::Json(resources::api_key(&key, call.now)))
}

fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let key = named(call)?;
    Ok(Reply::Json(resources::api_key(&key, call.now)))
}

fn revoke(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let reason = call.request.form.text("revocation_reason");
    let key = api_keys::revoke(call.store, named(call)?, reason, call.now)?;
    Ok(Reply::Json(resources::api_key(&key, call.now)))
}

fn named(call: &Call<'_>) -> Result<ApiKey, ApiError> {
    let id = call.request.parameter("api_key");
    call.store
        .find::<ApiKey>(id)?
        .ok_or_else(|| ApiError::not_found("API key", id))
}

/// `GET /v1/waitlist_entries`, newest first.
fn waitlist(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let entries = call.store.all::<WaitlistEntry>()?;
    let items = entries.iter().rev().map(resources::waitlist_entry);
    Ok(Reply::Json(page(items.collect(), &call.request.query)))
}
