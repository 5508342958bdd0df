//! Connecting and disconnecting an OAuth provider's account.

use serde_json::json;

use crate::error::{ApiError, Code};
use crate::frontend_api::oauth::provider_request;
use crate::http::Reply;
use crate::http::call::Call;
use crate::machine::verification::Verification;
use crate::random;
use crate::resources::{PROVIDER, external_account};
use crate::store::records::ExternalAccount;

/// `POST /v1/me/external_accounts`: sends the browser to the provider, whose answer connects the account.
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_session()?;
    let request = provider_request(call, call.required("strategy")?)?;
    let id = random::id("eac")?;
    let redirect_url = format!(
        "{}/oauth/authorize?kind=connect&state={id}",
        call.base_url()
    );
    let account = ExternalAccount {
        user_id: user.id,
        identification_id: random::id("idn")?,
        provider: PROVIDER.to_owned(),
        // Who it is turns out at the provider; until then the account stands for nobody.
        provider_user_id: format!("pending:{id}"),
        email_address: String::new(),
        verification: Some(Verification::redirecting(
            &request.strategy,
            &redirect_url,
            call.now,
        )),
        redirect_url: Some(request.redirect_url),
        created_at: call.now,
        id,
    };
    call.store.save(&account)?;
    call.respond(external_account(&account))
}

/// `DELETE /v1/me/external_accounts/{account}`
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_fresh_session()?;
    let id = call.request.parameter("account");
    call.store
        .find::<ExternalAccount>(id)?
        .filter(|account| account.user_id == user.id)
        .ok_or_else(|| ApiError::not_found("external account", id))?;
    call.store.delete::<ExternalAccount>(id)?;
    call.respond(json!({ "object": "external_account", "id": id, "deleted": true }))
}

/// `PATCH /v1/me/external_accounts/{account}/reauthorize`: the simulated provider has no scopes to ask for again.
pub(super) fn reauthorize(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    call.require_session()?;
    Err(ApiError::new(Code::FeatureNotEnabled)
        .because("The simulated provider grants everything at once."))
}
