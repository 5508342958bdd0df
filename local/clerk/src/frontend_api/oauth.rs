//! The simulated OAuth provider: a page that lets the developer be anyone, or refuse.

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::MethodRouter;
use http::{HeaderValue, Method, header};
use serde::Deserialize;

use super::{sign_in, sign_up};
use crate::accounts::{account, check_address, require_usable, user_of_address};
use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, anonymous, no_store};
use crate::inbox::escape;
use crate::instance::MOUNT;
use crate::machine::sign_in::waiting_for_provider;
use crate::machine::sign_in::{
    Account, Event as SignInEvent, ProviderProfile, ProviderRequest, SignIn, SignInStatus,
};
use crate::machine::sign_up::{Event as SignUpEvent, SignUp, SignUpStatus};
use crate::machine::verification::{Verification, VerificationStatus};
use crate::random;
use crate::resources::{PROVIDER, PROVIDER_NAME, PROVIDER_STRATEGY};
use crate::store::records::{ExternalAccount, User};

#[derive(Debug, Deserialize)]
pub(super) struct Authorize {
    kind: String,
    state: String,
}

/// `GET /oauth/authorize`: the provider's consent page.
pub(super) async fn authorize(State(app): State<App>, Query(query): Query<Authorize>) -> Response {
    let page = format!(
        include_str!("oauth.html"),
        provider = PROVIDER_NAME,
        application = escape(&app.application_name),
        action = format_args!("{MOUNT}/v1/oauth_callback"),
        kind = escape(&query.kind),
        state = escape(&query.state),
    );
    let mut response = no_store(Html(page).into_response());
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
    );
    response
}

/// `POST /v1/oauth_callback`: the provider's answer.
pub(super) fn callback() -> MethodRouter<App> {
    anonymous([(Method::POST, answer)])
}

fn answer(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    call.find_browser()?;
    let allowed = call.request.form.text("answer") == Some("allow");
    let profile = if allowed {
        Some(profile(check_address(call.required("email_address")?)?))
    } else {
        None
    };
    let state = call.required("state")?;
    match call.required("kind")? {
        "sign_in" => answer_sign_in(call, state, profile),
        "sign_up" => answer_sign_up(call, state, profile),
        "connect" => answer_connect(call, state, profile),
        _ => Err(Code::OAuthCallbackInvalid.into()),
    }
}

fn answer_sign_in(
    call: &mut Call<'_>,
    state: &str,
    profile: Option<ProviderProfile>,
) -> Result<Reply, ApiError> {
    let client = call.client.clone().ok_or(Code::OAuthCallbackInvalid)?;
    let sign_in = call
        .store
        .find::<SignIn>(state)?
        .filter(|sign_in| sign_in.client_id == client.id)
        .ok_or(Code::OAuthCallbackInvalid)?;
    let request = sign_in.provider.clone().ok_or(Code::OAuthCallbackInvalid)?;
    let event = match profile {
        None => SignInEvent::ProviderRefused {
            code: Code::OAuthAccessDenied,
        },
        Some(profile) => match account_of_profile(call, &profile)? {
            None => SignInEvent::ProviderKnowsNobody { profile },
            Some((user, account)) => match require_usable(&user, call.now) {
                Err(error) => SignInEvent::ProviderRefused { code: error.code() },
                Ok(()) => SignInEvent::ProviderKnows { account },
            },
        },
    };
    sign_in::apply(call, sign_in, event, None)?;
    let complete = call
        .store
        .find::<SignIn>(state)?
        .is_some_and(|sign_in| sign_in.status == SignInStatus::Complete);
    Ok(Reply::SeeOther(if complete {
        request.complete_url
    } else {
        request.redirect_url
    }))
}

fn answer_sign_up(
    call: &mut Call<'_>,
    state: &str,
    profile: Option<ProviderProfile>,
) -> Result<Reply, ApiError> {
    let client = call.client.clone().ok_or(Code::OAuthCallbackInvalid)?;
    let sign_up = call
        .store
        .find::<SignUp>(state)?
        .filter(|sign_up| sign_up.client_id == client.id)
        .ok_or(Code::OAuthCallbackInvalid)?;
    let request = sign_up.provider.clone().ok_or(Code::OAuthCallbackInvalid)?;
    let event = match profile {
        None => SignUpEvent::ProviderDenied,
        Some(profile) => match account_of_profile(call, &profile)? {
            None => SignUpEvent::ProviderKnowsNobody { profile },
            Some(_) => SignUpEvent::ProviderKnows { profile },
        },
    };
    sign_up::apply(call, sign_up, event)?;
    let complete = call
        .store
        .find::<SignUp>(state)?
        .is_some_and(|sign_up| sign_up.status == SignUpStatus::Complete);
    Ok(Reply::SeeOther(if complete {
        request.complete_url
    } else {
        request.redirect_url
    }))
}

fn answer_connect(
    call: &mut Call<'_>,
    state: &str,
    profile: Option<ProviderProfile>,
) -> Result<Reply, ApiError> {
    let (_, user) = call.require_session()?;
    let account = call.store.find::<ExternalAccount>(state)?;
    let mut account = account
        .filter(|account| account.user_id == user.id)
        .ok_or(Code::OAuthCallbackInvalid)?;
    let redirect_url = account
        .redirect_url
        .clone()
        .ok_or(Code::OAuthCallbackInvalid)?;
    let strategy = waiting_for_provider(account.verification.as_ref(), call.now)?;
    let refused = |code: Code| {
        Verification::refused(
            &strategy,
            VerificationStatus::Unverified,
            ApiError::new(code).item(),
        )
    };
    account.verification = Some(match profile {
        None => refused(Code::OAuthAccessDenied),
        Some(profile) if is_linked(call, &profile)? => refused(Code::OAuthIdentificationClaimed),
        Some(profile) => {
            account.provider_user_id = profile.provider_user_id;
            account.email_address = profile.email_address;
            Verification::verified(&strategy)
        }
    });
    call.store.save(&account)?;
    Ok(Reply::SeeOther(redirect_url))
}

fn is_linked(call: &Call<'_>, profile: &ProviderProfile) -> Result<bool, ApiError> {
    let linked = call
        .store
        .find_by::<ExternalAccount>("provider_user_id", &profile.provider_user_id)?;
    Ok(linked.is_some())
}

fn profile(email_address: String) -> ProviderProfile {
    ProviderProfile {
        provider: PROVIDER.to_owned(),
        // The simulated provider knows people by their address alone.
        provider_user_id: format!("{PROVIDER}:{}", email_address.to_lowercase()),
        email_address,
    }
}

/// The provider's strategy and where to go afterwards, from the form.
pub(super) fn provider_request(
    call: &Call<'_>,
    strategy: &str,
) -> Result<ProviderRequest, ApiError> {
    if strategy != PROVIDER_STRATEGY {
        return Err(ApiError::new(Code::OAuthProviderNotEnabled).parameter("strategy"));
    }
    let redirect_url = call.redirect_target("redirect_url", call.required("redirect_url")?)?;
    let complete_url = match call.request.form.text("action_complete_redirect_url") {
        Some(url) => call.redirect_target("action_complete_redirect_url", url)?,
        None => redirect_url.clone(),
    };
    Ok(ProviderRequest {
        strategy: strategy.to_owned(),
        redirect_url: redirect_url.into(),
        complete_url: complete_url.into(),
    })
}

/// The account that belongs to the provider's account, by an earlier link or by the address, which links them.
pub(super) fn account_of_profile(
    call: &Call<'_>,
    profile: &ProviderProfile,
) -> Result<Option<(User, Account)>, ApiError> {
    let linked = call
        .store
        .find_by::<ExternalAccount>("provider_user_id", &profile.provider_user_id)?;
    let user = match &linked {
        Some(linked) => call.store.find::<User>(&linked.user_id)?,
        None => user_of_address(call.store, &profile.email_address)?,
    };
    let Some(user) = user else { return Ok(None) };
    if linked.is_none() {
        link(call, &user, profile)?;
    }
    let account = account(&user, &profile.email_address);
    Ok(Some((user, account)))
}

/// Remembers that a provider's account belongs to a user.
pub(super) fn link(
    call: &Call<'_>,
    user: &User,
    profile: &ProviderProfile,
) -> Result<(), ApiError> {
    call.store.save(&ExternalAccount {
        id: random::id("eac")?,
        user_id: user.id.clone(),
        identification_id: random::id("idn")?,
        provider: profile.provider.clone(),
        provider_user_id: profile.provider_user_id.clone(),
        email_address: profile.email_address.clone(),
        verification: None,
        redirect_url: None,
        created_at: call.now,
    })?;
    Ok(())
}
