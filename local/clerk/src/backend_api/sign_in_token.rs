//! Sign-in tokens: tickets that sign a user in once.

use axum::Router;
use http::Method;
use serde_json::json;

use crate::clock::DAY;
use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, backend};
use crate::random;
use crate::store::records::{SignInToken, SignInTokenStatus, User};
use crate::tokens;

const DEFAULT_LIFETIME: i64 = 30 * DAY;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/v1/sign_in_tokens", backend([(Method::POST, create)]))
        .route(
            "/v1/sign_in_tokens/{token}/revoke",
            backend([(Method::POST, revoke)]),
        )
}

fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let id = call.required("user_id")?;
    let user = call
        .store
        .find::<User>(id)?
        .ok_or_else(|| ApiError::not_found("user", id))?;
    let seconds = call
        .request
        .form
        .text("expires_in_seconds")
        .and_then(|text| text.parse::<i64>().ok());
    let token = SignInToken {
        id: random::id("sit")?,
        user_id: user.id,
        status: SignInTokenStatus::Pending,
        expire_at: call.now
            + seconds.map_or(DEFAULT_LIFETIME, |seconds| {
                seconds.clamp(1, 315_360_000) * 1000
            }),
        created_at: call.now,
        updated_at: call.now,
    };
    call.store.save(&token)?;
    respond(call, &token)
}

fn revoke(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let id = call.request.parameter("token");
    let mut token = call
        .store
        .find::<SignInToken>(id)?
        .ok_or_else(|| ApiError::not_found("sign-in token", id))?;
    if token.status != SignInTokenStatus::Pending {
        return Err(Code::SignInTokenAlreadyUsed.into());
    }
    token.status = SignInTokenStatus::Revoked;
    token.updated_at = call.now;
    call.store.save(&token)?;
    respond(call, &token)
}

fn respond(call: &Call<'_>, token: &SignInToken) -> Result<Reply, ApiError> {
    let ticket = tokens::ticket(call.instance, token)?;
    let status = match token.status {
        SignInTokenStatus::Pending => "pending",
        SignInTokenStatus::Accepted => "accepted",
        SignInTokenStatus::Revoked => "revoked",
    };
    Ok(Reply::Json(json!({
        "object": "sign_in_token",
        "id": token.id,
        "user_id": token.user_id,
        "status": status,
        "token": ticket,
        // The app's own sign-in page takes the ticket; there is no hosted page in between.
        "url": format!("{}/sign-in?__clerk_ticket={ticket}", call.instance.origin),
        "created_at": token.created_at,
        "updated_at": token.updated_at,
    })))
}
