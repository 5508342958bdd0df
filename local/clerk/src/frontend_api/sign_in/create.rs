//! The ways to start signing in.

use super::{apply, finish, require_not_signed_in, send_code};
use crate::accounts::{account, check_password, require_usable, user_of_address};
use crate::error::{ApiError, Code};
use crate::frontend_api::oauth::{account_of_profile, provider_request};
use crate::http::Reply;
use crate::http::call::Call;
use crate::invitations;
use crate::machine::sign_in::{Event, SignIn};
use crate::machine::sign_up::SignUp;
use crate::machine::verification::VerificationStatus;
use crate::random;
use crate::store::records::{SignInToken, SignInTokenStatus, User};
use crate::tokens::{self, Ticket};

/// `POST /v1/client/sign_ins`
pub(in crate::frontend_api) fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let client = call.ensure_client()?;
    if call.instance.single_session_mode && !call.view().live_sessions(&client)?.is_empty() {
        return Err(Code::SessionExists.into());
    }
    let sign_in = SignIn::new(random::id("sia")?, client.id, call.now);
    let form = &call.request.form;
    if form.flag("transfer") {
        return transfer(call, sign_in);
    }
    match form.text("strategy") {
        Some("ticket") => ticket(call, sign_in),
        Some(strategy) if strategy.starts_with("oauth_") => ask_provider(call, sign_in, strategy),
        Some(strategy @ ("password" | "email_code" | "reset_password_email_code")) => {
            identify(call, sign_in, Some(strategy))
        }
        Some(_) => Err(ApiError::new(Code::StrategyForUserInvalid).parameter("strategy")),
        None => identify(call, sign_in, None),
    }
}

fn identify(
    call: &mut Call<'_>,
    sign_in: SignIn,
    strategy: Option<&str>,
) -> Result<Reply, ApiError> {
    let form = &call.request.form;
    let Some(identifier) = form.text("identifier") else {
        return match strategy {
            Some(_) => Err(ApiError::missing("identifier")),
            None => finish(call, sign_in, None),
        };
    };
    let mut user = user_of_address(call.store, identifier)?
        .ok_or_else(|| ApiError::new(Code::FormIdentifierNotFound).parameter("identifier"))?;
    require_usable(&user, call.now)?;
    require_not_signed_in(call, &user)?;
    let (sign_in, result) = sign_in.step(
        Event::Identify {
            account: account(&user, identifier),
        },
        call.now,
    );
    result?;
    match (strategy, form.text("password")) {
        (Some(strategy @ ("email_code" | "reset_password_email_code")), _) => {
            send_code(call, sign_in, strategy)
        }
        (_, Some(password)) => {
            let correct = check_password(call.store, &mut user, password, call.now)?;
            let event = Event::CheckPassword {
                correct,
                account: account(&user, identifier),
            };
            apply(call, sign_in, event, Some("password"))
        }
        (Some(_), None) => Err(ApiError::missing("password")),
        (None, None) => finish(call, sign_in, None),
    }
}

fn ticket(call: &mut Call<'_>, sign_in: SignIn) -> Result<Reply, ApiError> {
    let ticket = call.required("ticket")?;
    let ticket = tokens::read_ticket(call.instance, ticket).ok_or(Code::TicketInvalid)?;
    let (user, invitation_id) = match &ticket {
        Ticket::SignInToken(id) => (use_sign_in_token(call, id)?, None),
        Ticket::OrganizationInvitation(_) => {
            let invitation = invitations::of_ticket(call, &ticket)?;
            let user = user_of_address(call.store, &invitation.email_address)?
                .ok_or(Code::OrganizationInvitationNoAccount)?;
            require_usable(&user, call.now)?;
            require_not_signed_in(call, &user)?;
            (user, Some(invitation.id))
        }
    };
    let identifier = call
        .view()
        .primary_email_address(&user)?
        .map(|email| email.email_address)
        .unwrap_or_default();
    apply(
        call,
        sign_in,
        Event::Ticket {
            account: account(&user, &identifier),
            invitation_id,
        },
        None,
    )
}

/// The person that a sign-in token signs in, once.
fn use_sign_in_token(call: &Call<'_>, id: &str) -> Result<User, ApiError> {
    let mut token = call
        .store
        .find::<SignInToken>(id)?
        .ok_or(Code::TicketInvalid)?;
    match token.status {
        SignInTokenStatus::Accepted => return Err(Code::SignInTokenAlreadyUsed.into()),
        SignInTokenStatus::Revoked => return Err(Code::SignInTokenRevoked.into()),
        SignInTokenStatus::Pending if call.now >= token.expire_at => {
            return Err(Code::TicketExpired.into());
        }
        SignInTokenStatus::Pending => {}
    }
    let user = call
        .store
        .find::<User>(&token.user_id)?
        .ok_or(Code::TicketInvalid)?;
    require_usable(&user, call.now)?;
    require_not_signed_in(call, &user)?;
    token.status = SignInTokenStatus::Accepted;
    token.updated_at = call.now;
    call.store.save(&token)?;
    Ok(user)
}

/// Continues a sign-up whose OAuth account turned out to have an account here.
fn transfer(call: &mut Call<'_>, sign_in: SignIn) -> Result<Reply, ApiError> {
    let sign_up = match call
        .client
        .as_ref()
        .and_then(|client| client.sign_up_id.as_ref())
    {
        Some(id) => call.store.find::<SignUp>(id)?,
        None => None,
    };
    let (profile, external) = sign_up
        .and_then(|sign_up| sign_up.profile.zip(sign_up.external))
        .filter(|(_, external)| external.status == VerificationStatus::Transferable)
        .ok_or(Code::AccountTransferInvalid)?;
    let (user, account) =
        account_of_profile(call, &profile)?.ok_or(Code::AccountTransferInvalid)?;
    require_usable(&user, call.now)?;
    require_not_signed_in(call, &user)?;
    apply(
        call,
        sign_in,
        Event::Transfer {
            account,
            strategy: &external.strategy,
        },
        None,
    )
}

/// Sends the browser to the simulated OAuth provider.
pub(super) fn ask_provider(
    call: &mut Call<'_>,
    sign_in: SignIn,
    strategy: &str,
) -> Result<Reply, ApiError> {
    let request = provider_request(call, strategy)?;
    let redirect_url = format!(
        "{}/oauth/authorize?kind=sign_in&state={}",
        call.base_url(),
        sign_in.id
    );
    apply(
        call,
        sign_in,
        Event::AskProvider {
            request,
            redirect_url: &redirect_url,
        },
        None,
    )
}
