//! Documents for verifiers: the JWKS and OpenID Connect discovery. Convex reads both.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::http::App;

/// `GET /.well-known/jwks.json`
pub(super) async fn jwks(State(app): State<App>) -> Response {
    public(app.keys.jwks())
}

/// `GET /.well-known/openid-configuration`
pub(super) async fn openid_configuration(State(app): State<App>) -> Response {
    let issuer = app.issuer();
    public(&json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "userinfo_endpoint": format!("{issuer}/oauth/userinfo"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat"],
    }))
}

fn public(value: &Value) -> Response {
    let mut response = crate::http::json(StatusCode::OK, value);
    let headers = response.headers_mut();
    // Another data directory at the same address has other keys, so nothing may be kept for long.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=5"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    response
}
