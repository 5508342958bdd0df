//! Signing in.

use crate::accounts::{self, account, check_password, require_usable, user_of_address};
use crate::error::{ApiError, Code};
use crate::http::Reply;
use crate::http::call::Call;
use crate::inbox;
use crate::machine::sign_in::{Effect, Event, SignIn};
use crate::random;
use crate::store::records::{EmailAddress, User};

/// `POST /v1/client/sign_ins`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let client = call.ensure_client()?;
    if call.instance.single_session_mode && !call.view().live_sessions(&client)?.is_empty() {
        return Err(Code::SessionExists.into());
    }
    let sign_in = SignIn::new(random::id("sia")?, client.id, call.now);
    let form = &call.request.form;
    let Some(identifier) = form.text("identifier") else {
        return finish(call, sign_in, None);
    };
    let mut user = user_of_address(call.store, identifier)?
        .ok_or_else(|| ApiError::new(Code::FormIdentifierNotFound).parameter("identifier"))?;
    require_usable(&user, call.now)?;
    require_not_signed_in(call, &user)?;
    let (sign_in, result) = sign_in.step(Event::Identify { account: account(&user, identifier) }, call.now);
    result?;
    match form.text("password") {
        None => finish(call, sign_in, None),
        Some(password) => {
            let correct = check_password(call.store, &mut user, password, call.now)?;
            let event = Event::CheckPassword { correct, account: account(&user, identifier) };
            apply(call, sign_in, event, Some("password"))
        }
    }
}

/// `GET /v1/client/sign_ins/{sign_in}`
pub(super) fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let sign_in = named(call)?;
    call.respond(call.view().sign_in(&sign_in)?)
}

/// `POST /v1/client/sign_ins/{sign_in}/prepare_first_factor`
pub(super) fn prepare_first_factor(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let sign_in = named(call)?;
    let strategy = call.required("strategy")?;
    let subject = match strategy {
        "email_code" => "Your sign-in code",
        "reset_password_email_code" => "Your code to set a new password",
        _ => return Err(ApiError::new(Code::StrategyForUserInvalid).parameter("strategy")),
    };
    let user = user_of(call, &sign_in)?;
    let id = call.request.form.text("email_address_id").or(user.primary_email_address_id.as_deref());
    let email = match id {
        Some(id) => call.store.find::<EmailAddress>(id)?,
        None => None,
    };
    let email = email
        .filter(|email| email.user_id == user.id && email.verified())
        .ok_or_else(|| ApiError::new(Code::FormResourceNotFound).parameter("email_address_id"))?;
    let code = inbox::code_for(&email.email_address)?;
    let event = Event::SendCode { strategy, email_address_id: &email.id, code: &code };
    let reply = apply(call, sign_in, event, None)?;
    inbox::deliver(call.instance, call.store, &email.email_address, subject, &code, call.now)?;
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
            let event = Event::CheckPassword { correct, account: account(&user, &identifier) };
            apply(call, sign_in, event, Some("password"))
        }
        strategy @ ("email_code" | "reset_password_email_code") => {
            let code = call.required("code")?;
            let event = Event::CheckCode { strategy, code, account: account(&user, &identifier) };
            apply(call, sign_in, event, Some("code"))
        }
        _ => Err(ApiError::new(Code::StrategyForUserInvalid).parameter("strategy")),
    }
}

/// Takes a step, keeps the state whatever comes of it, and does what the step asks for. `parameter` is named in refusals.
pub(super) fn apply(
    call: &mut Call<'_>,
    sign_in: SignIn,
    event: Event<'_>,
    parameter: Option<&str>,
) -> Result<Reply, ApiError> {
    let (sign_in, result) = sign_in.step(event, call.now);
    match result {
        Ok(Effect::StartSession { second_factor, strategy }) => {
            let mut user = user_of(call, &sign_in)?;
            let session = accounts::start_session(call, &mut user, second_factor, &strategy)?;
            let sign_in = sign_in.completed(&session.id);
            call.store.save(&sign_in)?;
            call.respond(call.view().sign_in(&sign_in)?)
        }
        Ok(Effect::Nothing | Effect::SendCode) => finish(call, sign_in, None),
        Err(code) => {
            let error = ApiError::new(code);
            finish(call, sign_in, Some(match parameter {
                Some(parameter) if code.status() == http::StatusCode::UNPROCESSABLE_ENTITY => error.parameter(parameter),
                _ => error,
            }))
        }
    }
}

/// Keeps an attempt as the one the client is in the middle of.
fn finish(call: &mut Call<'_>, sign_in: SignIn, refusal: Option<ApiError>) -> Result<Reply, ApiError> {
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
pub(super) fn named(call: &Call<'_>) -> Result<SignIn, ApiError> {
    let id = call.request.parameter("sign_in");
    let client = call.client.as_ref().ok_or(Code::ClientNotFound)?;
    call.store
        .find::<SignIn>(id)?
        .filter(|sign_in| sign_in.client_id == client.id)
        .ok_or_else(|| ApiError::not_found("sign-in attempt", id))
}

pub(super) fn user_of(call: &Call<'_>, sign_in: &SignIn) -> Result<User, ApiError> {
    let id = sign_in.user_id.as_deref().ok_or(Code::ClientStateInvalid)?;
    call.store.find::<User>(id)?.ok_or_else(|| Code::ClientStateInvalid.into())
}

/// In multi-session mode every account can be signed in once on a client.
pub(super) fn require_not_signed_in(call: &Call<'_>, user: &User) -> Result<(), ApiError> {
    let Some(client) = &call.client else { return Ok(()) };
    match call.view().live_sessions(client)?.into_iter().find(|session| session.user_id == user.id) {
        Some(session) => Err(ApiError::new(Code::IdentifierAlreadySignedIn).meta("session_id", session.id)),
        None => Ok(()),
    }
}
