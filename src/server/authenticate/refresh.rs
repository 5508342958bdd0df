//! Exchanging an expired session token for a new one.

use serde_json::{Map, Value, json};

use crate::server::jwt::DecodedToken;

use super::{BackendCall, BackendKey, BackendReply, Context, RefreshFailure};

/// The call that exchanges `expired`.
pub(super) fn call(
    context: &Context<'_>,
    expired: &str,
    refresh_token: &str,
) -> Result<BackendCall, RefreshFailure> {
    let decoded = DecodedToken::decode(expired).map_err(|_| RefreshFailure::TokenUnreadable)?;
    let session_id = decoded
        .claims
        .session_id()
        .ok_or(RefreshFailure::NoSessionId)?;
    // The id becomes part of a path, and the token need not have been verified: the cookie's, when the header's had expired.
    if !session_id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    {
        return Err(RefreshFailure::NoSessionId);
    }
    let mut query = Vec::new();
    if context.suffixed {
        query.push(("suffixed_cookies", "true".to_owned()));
    }
    Ok(BackendCall {
        method: http::Method::POST,
        path: format!("/v1/sessions/{session_id}/refresh"),
        query,
        body: Some(json!({
            "format": "cookie",
            "expired_token": expired,
            "refresh_token": refresh_token,
            "request_origin": context.clerk_url.origin().ascii_serialization(),
            "request_headers": request_headers(context),
        })),
        key: BackendKey::Secret,
    })
}

/// Every header of the request, as Clerk wants them: lists of one.
fn request_headers(context: &Context<'_>) -> Map<String, Value> {
    let names = context.request.headers.keys();
    names
        .filter_map(|name| {
            Some((
                name.as_str().to_owned(),
                json!([context.header(name.as_str())?]),
            ))
        })
        .collect()
}

/// The cookie lines in the answer.
pub(super) fn read(reply: &BackendReply) -> Result<Vec<String>, RefreshFailure> {
    let Some(body) = reply.success() else {
        return Err(match reply.first_error_code() {
            Some("unexpected_error") => RefreshFailure::Fetch,
            Some(code) => RefreshFailure::Backend(code.to_owned()),
            None => RefreshFailure::BackendSilent,
        });
    };
    let cookies: Vec<String> = texts(body.get("cookies"));
    if cookies.is_empty() {
        Err(RefreshFailure::Empty)
    } else {
        Ok(cookies)
    }
}

/// A list of texts; anything else is an empty list.
pub(super) fn texts(value: Option<&Value>) -> Vec<String> {
    let values = value.and_then(Value::as_array).into_iter().flatten();
    values
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
