//! The Frontend API: what ClerkJS calls.

mod api_key;
mod billing;
mod client;
mod environment;
mod handshake;
mod me;
mod oauth;
mod organization;
mod reverification;
mod session;
mod sign_in;
mod sign_up;
mod ticket;
mod waitlist;
mod well_known;

use axum::Router;
use axum::routing::get;
use http::Method;

use crate::http::{App, frontend};

pub(crate) fn router() -> Router<App> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PUT: Method = Method::PUT;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    Router::new()
        .route("/v1/proxy-health", get(environment::health))
        .route("/v1/dev_browser", environment::create_dev_browser())
        .route(
            "/v1/environment",
            frontend([(GET, environment::show), (PATCH, environment::show)]),
        )
        .route(
            "/v1/client",
            frontend([
                (GET, client::show),
                (PUT, client::create),
                (DELETE, client::destroy),
            ]),
        )
        .route(
            "/v1/client/sessions",
            frontend([(DELETE, client::sign_out)]),
        )
        .route("/v1/client/handshake", handshake::routes())
        .route("/v1/client/touch", handshake::touch())
        .route("/v1/tickets/accept", ticket::accept())
        .route(
            "/v1/client/sessions/{session}",
            frontend([(GET, session::show)]),
        )
        .route(
            "/v1/client/sessions/{session}/touch",
            frontend([(POST, session::touch)]),
        )
        .route(
            "/v1/client/sessions/{session}/tokens",
            frontend([(POST, session::token)]),
        )
        .route(
            "/v1/client/sessions/{session}/tokens/{template}",
            frontend([(POST, session::template_token)]),
        )
        .route(
            "/v1/client/sessions/{session}/end",
            frontend([(POST, session::end)]),
        )
        .route(
            "/v1/client/sessions/{session}/remove",
            frontend([(POST, session::remove)]),
        )
        .route("/v1/client/sign_ins", frontend([(POST, sign_in::create)]))
        .route(
            "/v1/client/sign_ins/{sign_in}",
            frontend([(GET, sign_in::show)]),
        )
        .route(
            "/v1/client/sign_ins/{sign_in}/prepare_first_factor",
            frontend([(POST, sign_in::prepare_first_factor)]),
        )
        .route(
            "/v1/client/sign_ins/{sign_in}/attempt_first_factor",
            frontend([(POST, sign_in::attempt_first_factor)]),
        )
        .route(
            "/v1/client/sign_ins/{sign_in}/prepare_second_factor",
            frontend([(POST, sign_in::prepare_second_factor)]),
        )
        .route(
            "/v1/client/sign_ins/{sign_in}/attempt_second_factor",
            frontend([(POST, sign_in::attempt_second_factor)]),
        )
        .route(
            "/v1/client/sign_ins/{sign_in}/reset_password",
            frontend([(POST, sign_in::reset_password)]),
        )
        .route("/v1/client/sign_ups", frontend([(POST, sign_up::create)]))
        .route(
            "/v1/client/sign_ups/{sign_up}",
            frontend([(GET, sign_up::show), (PATCH, sign_up::update)]),
        )
        .route(
            "/v1/client/sign_ups/{sign_up}/prepare_verification",
            frontend([(POST, sign_up::prepare_verification)]),
        )
        .route(
            "/v1/client/sign_ups/{sign_up}/attempt_verification",
            frontend([(POST, sign_up::attempt_verification)]),
        )
        .merge(reverification::router())
        .merge(me::router())
        .merge(organization::router())
        .merge(billing::router())
        .merge(api_key::router())
        .route("/v1/waitlist", frontend([(POST, waitlist::join)]))
        .route("/oauth/authorize", get(oauth::authorize))
        .route("/v1/oauth_callback", oauth::callback())
        .route("/.well-known/jwks.json", get(well_known::jwks))
        .route(
            "/.well-known/openid-configuration",
            get(well_known::openid_configuration),
        )
}
