//! `/v1/me`: what a signed-in person does with their own account.

mod email_address;
mod external_account;
mod organization;
mod profile;
mod second_factor;
mod session;

use axum::Router;
use http::Method;

use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, frontend};

pub(super) fn router() -> Router<App> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    let mut router = Router::new()
        .route(
            "/v1/me",
            frontend([
                (GET, profile::show),
                (PATCH, profile::update),
                (DELETE, profile::delete),
            ]),
        )
        .route(
            "/v1/me/metadata",
            frontend([(PATCH, profile::update_metadata)]),
        )
        .route(
            "/v1/me/change_password",
            frontend([(POST, profile::change_password)]),
        )
        .route(
            "/v1/me/remove_password",
            frontend([(POST, profile::remove_password)]),
        )
        .route(
            "/v1/me/profile_image",
            frontend([(POST, profile::set_image), (DELETE, profile::remove_image)]),
        )
        .route(
            "/v1/me/external_accounts",
            frontend([(POST, external_account::create)]),
        )
        .route(
            "/v1/me/external_accounts/{account}/reauthorize",
            frontend([(PATCH, external_account::reauthorize)]),
        )
        .route(
            "/v1/me/external_accounts/{account}",
            frontend([(DELETE, external_account::delete)]),
        )
        .route("/v1/me/sessions", frontend([(GET, session::list)]))
        .route("/v1/me/sessions/active", frontend([(GET, session::list)]))
        .route(
            "/v1/me/sessions/{session}/revoke",
            frontend([(POST, session::revoke)]),
        )
        .route(
            "/v1/me/email_addresses",
            frontend([(GET, email_address::list), (POST, email_address::create)]),
        )
        .route(
            "/v1/me/email_addresses/{email}",
            frontend([(GET, email_address::show), (DELETE, email_address::delete)]),
        )
        .route(
            "/v1/me/email_addresses/{email}/prepare_verification",
            frontend([(POST, email_address::prepare)]),
        )
        .route(
            "/v1/me/email_addresses/{email}/attempt_verification",
            frontend([(POST, email_address::attempt)]),
        )
        .route(
            "/v1/me/totp",
            frontend([
                (POST, second_factor::create),
                (DELETE, second_factor::delete),
            ]),
        )
        .route(
            "/v1/me/totp/attempt_verification",
            frontend([(POST, second_factor::attempt)]),
        )
        .route(
            "/v1/me/backup_codes",
            frontend([(POST, second_factor::create_backup_codes)]),
        );
    router = router
        .route(
            "/v1/me/organization_memberships",
            frontend([(GET, organization::memberships)]),
        )
        .route(
            "/v1/me/organization_memberships/{organization}",
            frontend([(DELETE, organization::leave)]),
        )
        .route(
            "/v1/me/organization_invitations",
            frontend([(GET, organization::list_invitations)]),
        )
        .route(
            "/v1/me/organization_invitations/{invitation}/accept",
            frontend([(POST, organization::accept)]),
        )
        .route(
            "/v1/me/organization_suggestions",
            frontend([(GET, organization::suggestions)]),
        )
        .route(
            "/v1/me/organization_creation_defaults",
            frontend([(GET, organization::creation_defaults)]),
        );
    for path in ["phone_numbers", "passkeys", "web3_wallets"] {
        router = router.route(&format!("/v1/me/{path}"), frontend([(POST, left_out)]));
    }
    router
}

/// What hosted instances can and this one cannot.
fn left_out(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    call.require_session()?;
    Err(ApiError::new(Code::FeatureNotEnabled)
        .because("The local instance has no phone numbers, passkeys and wallets."))
}
