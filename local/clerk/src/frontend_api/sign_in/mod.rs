//! Signing in.

mod create;
mod second_factor;

pub(super) use create::create;
pub(super) use second_factor::{attempt_second_factor, prepare_second_factor};

use crate::accounts::{self, account, check_password, end_other_sessions, require_usable};
use crate::error::{ApiError, Code};
use crate::http::Reply;
use crate::http::call::Call;
use crate::inbox;
use crate::invitations;
use crate::machine::sign_in::{Effect, Event, SignIn, SignInStatus};
use crate::password;
use crate::store::records::{EmailAddress, SessionStatus, User};

/// `GET /v1/client/sign_ins/{sign_in}`
pub(super) fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let sign_in = named(call)?;
    call.respond(call.view().sign_in(&sign_in)?)
}

/// `POST /v1/client/sign_ins/{sign_in}/prepare_first_factor`
pub(super) fn prepare_first_factor(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let sign_in = named(call)?;
    let strategy = call.required("strategy")?;
    if strategy.starts_with("oauth_") {
        return create::ask_provider(call, sign_in, strategy);
    }
    send_code(call, sign_in, strategy)
}

/// Sends a code to the address that the form names, or else to the one that the person typed, or to the primary one.
fn send_code(call: &mut Call<'_>, sign_in: SignIn, strategy: &str) -> Result<Reply, ApiError> {
    let subject = match strategy {
        "email_code" => "Your sign-in code",
        "reset_password_email_code" => "Your code to set a new password",
        _ => return Err(ApiError::new(Code::StrategyForUserInvalid).parameter("strategy")),
    };
    let user = user_of(call, &sign_in)?;
    let email = match (
        call.request.form.text("email_address_id"),
        &sign_in.identifier,
    ) {
        (Some(id), _) => call.store.find::<EmailAddress>(id)?,
        (None, Some(typed)) => call.store.find_by::<EmailAddress>("email_address", typed)?,
        (None, None) => call.view().primary_email_address(&user)?,
    };
    let email = email
        .filter(|email| email.user_id == user.id && email.verified())
        .ok_or_else(|| ApiError::new(Code::FormResourceNotFound).parameter("email_address_id"))?;
    let code = inbox::code_for(&email.email_address)?;
    let event = Event::SendCode {
        strategy,
        email_address_id: &email.id,
        code: &code,
    };
    let reply = apply(call, sign_in, event, None)?;
    inbox::deliver_code(
        call.instance,
        call.store,
        &email.email_address,
        subject,
        &code,
        call.now,
    )?;
    Ok(reply)
}

/// `POST /v1/client/sign_ins/{sign_in}/attempt_first_factor`
pub(super) fn attempt_first_factor(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let sign_in = named(call)?;
    let mut user = user_of(call, &sign_in)?;
    require_usable(&user, call.now)?;
    let identifier = sign_in.identifier.clone().unwrap_or_default();
    match call.required("strategy")? {
        "password" => {
            let password = call.required("password")?;
            let correct = check_password(call.store, &mut user, password, call.now)?;
            let event = Event::CheckPassword {
                correct,
                account: account(&user, &identifier),
            };
            apply(call, sign_in, event, Some("password"))
        }
        strategy @ ("email_code" | "reset_password_email_code") => {
            let code = call.required("code")?;
            let event = Event::CheckCode {
                strategy,
                code,
                account: account(&user, &identifier),
            };
            apply(call, sign_in, event, Some("code"))
        }
        _ => Err(ApiError::new(Code::StrategyForUserInvalid).parameter("strategy")),
    }
}

/// `POST /v1/client/sign_ins/{sign_in}/reset_password`
pub(super) fn reset_password(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let sign_in = named(call)?;
    if sign_in.status != SignInStatus::NeedsNewPassword {
        return Err(Code::ClientStateInvalid.into());
    }
    let mut user = user_of(call, &sign_in)?;
    let password = call.required("password")?;
    password::check_rules(password, "password")?;
    user.password_hash = Some(password::hash(password)?);
    user.password_compromised = false;
    user.updated_at = call.now;
    call.store.save(&user)?;
    if call.request.form.flag("sign_out_of_other_sessions") {
        end_other_sessions(call.store, &user.id, None, SessionStatus::Revoked, call.now)?;
        call.reload_client()?;
    }
    let identifier = sign_in.identifier.clone().unwrap_or_default();
    apply(
        call,
        sign_in,
        Event::NewPassword {
            account: account(&user, &identifier),
        },
        None,
    )
}

/// Takes a step, keeps the state whatever comes of it, and does what the step asks for. `parameter` is named in refusals.
pub(in crate::frontend_api) fn apply(
    call: &mut Call<'_>,
    sign_in: SignIn,
    event: Event<'_>,
    parameter: Option<&str>,
) -> Result<Reply, ApiError> {
    let (sign_in, result) = sign_in.step(event, call.now);
    match result {
        Ok(Effect::StartSession {
            second_factor,
            strategy,
        }) => {
            let mut user = user_of(call, &sign_in)?;
            let mut session = accounts::start_session(call, &mut user, second_factor, &strategy)?;
            if let Some(id) = &sign_in.invitation_id {
                invitations::accept_with_session(call.store, id, &user, &mut session, call.now)?;
            }
            let sign_in = sign_in.completed(&session.id);
            call.store.save(&sign_in)?;
            call.respond(call.view().sign_in(&sign_in)?)
        }
        Ok(Effect::Nothing | Effect::SendCode) => finish(call, sign_in, None),
        Err(code) => {
            let error = ApiError::new(code);
            finish(
                call,
                sign_in,
                Some(match parameter {
                    Some(parameter) if code.status() == http::StatusCode::UNPROCESSABLE_ENTITY => {
                        error.parameter(parameter)
                    }
                    _ => error,
                }),
            )
        }
    }
}

/// Keeps an attempt as the one the client is in the middle of.
fn finish(
    call: &mut Call<'_>,
    sign_in: SignIn,
    refusal: Option<ApiError>,
) -> Result<Reply, ApiError> {
    call.store.save(&sign_in)?;
    let mut client = call.ensure_client()?;
    if client.sign_in_id.as_ref() != Some(&sign_in.id) {
        client.sign_in_id = Some(sign_in.id.clone());
        call.save_client(client)?;
    }
    match refusal {
        Some(error) => Err(error),
        None => call.respond(call.view().sign_in(&sign_in)?),
    }
}

/// The attempt that the path names, if it is the caller's.
pub(in crate::frontend_api) fn named(call: &Call<'_>) -> Result<SignIn, ApiError> {
    let id = call.request.parameter("sign_in");
    let client = call.client.as_ref().ok_or(Code::ClientNotFound)?;
    call.store
        .find::<SignIn>(id)?
        .filter(|sign_in| sign_in.client_id == client.id)
        .ok_or_else(|| ApiError::not_found("sign-in attempt", id))
}

fn user_of(call: &Call<'_>, sign_in: &SignIn) -> Result<User, ApiError> {
    let id = sign_in.user_id.as_deref().ok_or(Code::ClientStateInvalid)?;
    call.store
        .find::<User>(id)?
        .ok_or_else(|| Code::ClientStateInvalid.into())
}

/// In multi-session mode every account can be signed in once on a client.
fn require_not_signed_in(call: &Call<'_>, user: &User) -> Result<(), ApiError> {
    let Some(client) = &call.client else {
        return Ok(());
    };
    match call
        .view()
        .live_sessions(client)?
        .into_iter()
        .find(|session| session.user_id == user.id)
    {
        Some(session) => {
            Err(ApiError::new(Code::IdentifierAlreadySignedIn).meta("session_id", session.id))
        }
        None => Ok(()),
    }
}
