//! The Backend API: what servers call, at `/__clerk/bapi/v1`.

use axum::Router;
use http::Method;

use crate::http::{App, Reply, backend};

pub(crate) fn router() -> Router<App> {
    const GET: Method = Method::GET;
    Router::new().route("/v1/jwks", backend([(GET, |call| Ok(Reply::Json(call.instance.keys.jwks().clone())))]))
}
