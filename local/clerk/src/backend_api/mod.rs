//! The Backend API: what servers call, at `/__clerk/bapi/v1`, with the instance's secret key.

mod api_key;
mod organization;
mod session;
mod sign_in_token;
mod user;

use axum::Router;
use http::Method;
use serde_json::{Map, Value, json};

use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, backend};
use crate::random;
use crate::store::records::Handshake;

/// Routes that only an instance in memory has: they are for tests.
pub(crate) fn testing_router() -> Router<App> {
    Router::new().route("/testing/reset", backend([(Method::POST, reset)]))
}

/// `POST /testing/reset`: forgets everything but the keys, and seeds anew.
fn reset(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    call.store.clear()?;
    if let Some(seed) = &call.instance.seed {
        seed.plant_if_empty(call.store, call.now)?;
    }
    Ok(Reply::Json(json!({ "object": "instance", "reset": true })))
}

pub(crate) fn router() -> Router<App> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    Router::new()
        .route(
            "/v1/jwks",
            backend([(GET, |call| {
                Ok(Reply::Json(call.instance.keys.jwks().clone()))
            })]),
        )
        .route(
            "/v1/testing_tokens",
            backend([(POST, create_testing_token)]),
        )
        .route(
            "/v1/clients/handshake_payload",
            backend([(GET, handshake_payload)]),
        )
        .merge(user::router())
        .merge(session::router())
        .merge(sign_in_token::router())
        .merge(organization::router())
        .merge(api_key::router())
}

/// `POST /v1/testing_tokens`. This instance never asks for a captcha, so the token opens nothing and is not kept.
fn create_testing_token(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let seconds = call.now / 1000;
    let token = format!("{seconds}-{}", random::base62(32)?);
    Ok(Reply::Json(
        json!({ "object": "testing_token", "token": token, "expires_at": seconds + 3600 }),
    ))
}

/// `GET /v1/clients/handshake_payload`: the cookies that a nonce stands for, once.
fn handshake_payload(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let nonce = call
        .request
        .query
        .text("nonce")
        .ok_or_else(|| ApiError::missing("nonce"))?;
    let handshake = call
        .store
        .find::<Handshake>(nonce)?
        .ok_or(Code::InvalidHandshake)?;
    call.store.delete::<Handshake>(nonce)?;
    if call.now >= handshake.expire_at {
        return Err(Code::InvalidHandshake.into());
    }
    Ok(Reply::Json(json!({ "directives": handshake.directives })))
}

/// A field of the JSON body that is an object, if it is there.
fn object_field(call: &Call<'_>, name: &str) -> Result<Option<Map<String, Value>>, ApiError> {
    match call.request.json.as_ref().and_then(|body| body.get(name)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map.clone())),
        Some(_) => Err(ApiError::new(Code::FormParamFormatInvalid)
            .parameter(name)
            .because("This must be a JSON object.")),
    }
}

/// A field of the JSON body that is text: `None` when it is not there, `Some(None)` when it is null or empty.
fn text_field(call: &Call<'_>, name: &str) -> Option<Option<String>> {
    call.request
        .form
        .sent(name)
        .map(|value| Some(value.to_owned()).filter(|value| !value.is_empty()))
}
