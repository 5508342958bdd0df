//! `/v1/client/sessions/{session}/verify`: proving again who one is.

use axum::Router;
use http::{Method, StatusCode};

use crate::accounts::{check_password, record_proof, require_usable};
use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, frontend};
use crate::inbox;
use crate::machine::reverification::{Event, Level, Reverification, ReverificationStatus};
use crate::second_factor::{use_backup_code, use_totp};
use crate::store::records::{EmailAddress, Session, User};

pub(super) fn router() -> Router<App> {
    let under = |path: &str| format!("/v1/client/sessions/{{session}}/verify{path}");
    Router::new()
        .route(&under(""), frontend([(Method::POST, start)]))
        .route(
            &under("/prepare_first_factor"),
            frontend([(Method::POST, prepare_first_factor)]),
        )
        .route(
            &under("/attempt_first_factor"),
            frontend([(Method::POST, attempt_first_factor)]),
        )
        .route(
            &under("/prepare_second_factor"),
            frontend([(Method::POST, prepare_second_factor)]),
        )
        .route(
            &under("/attempt_second_factor"),
            frontend([(Method::POST, attempt_second_factor)]),
        )
}

fn start(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (mut session, user) = named(call)?;
    let level = call.request.form.text("level").unwrap_or("second_factor");
    let level = Level::parse(level)
        .ok_or_else(|| ApiError::new(Code::FormParamValueInvalid).parameter("level"))?;
    session.reverification = Some(Reverification::new(level, user.totp_enabled()));
    call.store.save(&session)?;
    respond(call, &session)
}

fn prepare_first_factor(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (session, user) = named(call)?;
    if call.required("strategy")? != "email_code" {
        return Err(ApiError::new(Code::VerificationStrategyInvalid).parameter("strategy"));
    }
    let email = match call.request.form.text("email_address_id") {
        Some(id) => call.store.find::<EmailAddress>(id)?,
        None => call.view().primary_email_address(&user)?,
    };
    let email = email
        .filter(|email| email.user_id == user.id && email.verified())
        .ok_or_else(|| ApiError::new(Code::FormResourceNotFound).parameter("email_address_id"))?;
    let code = inbox::code_for(&email.email_address)?;
    let event = Event::SendCode {
        email_address_id: &email.id,
        code: &code,
    };
    let reply = apply(call, session, event, "code")?;
    inbox::deliver_code(
        call.instance,
        call.store,
        &email.email_address,
        "Your code to confirm that it is you",
        &code,
        call.now,
    )?;
    Ok(reply)
}

fn attempt_first_factor(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (session, mut user) = named(call)?;
    require_usable(&user, call.now)?;
    match call.required("strategy")? {
        "password" => {
            let password = call.required("password")?;
            let correct = check_password(call.store, &mut user, password, call.now)?;
            apply(call, session, Event::CheckPassword { correct }, "password")
        }
        "email_code" => {
            let code = call.required("code")?;
            apply(call, session, Event::CheckCode { code }, "code")
        }
        _ => Err(ApiError::new(Code::VerificationStrategyInvalid).parameter("strategy")),
    }
}

/// Authenticator apps and backup codes need no preparation.
fn prepare_second_factor(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (session, _) = named(call)?;
    match call.required("strategy")? {
        "totp" | "backup_code" => respond(call, &session),
        _ => Err(ApiError::new(Code::VerificationStrategyInvalid).parameter("strategy")),
    }
}

fn attempt_second_factor(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (session, mut user) = named(call)?;
    require_usable(&user, call.now)?;
    // Codes are used up by being checked, so the state is looked at first.
    let waiting = session
        .reverification
        .as_ref()
        .is_some_and(|state| state.status == ReverificationStatus::NeedsSecondFactor);
    if !waiting {
        return Err(Code::SessionReverificationMissing.into());
    }
    let (strategy, code) = (call.required("strategy")?, call.required("code")?);
    let correct = match strategy {
        "totp" => use_totp(&mut user, code, call.now),
        "backup_code" => use_backup_code(&mut user, code),
        _ => return Err(ApiError::new(Code::VerificationStrategyInvalid).parameter("strategy")),
    };
    call.store.save(&user)?;
    record_proof(call.store, &mut user, correct, call.now)?;
    apply(
        call,
        session,
        Event::CheckSecondFactor { strategy, correct },
        "code",
    )
}

/// Takes a step, keeps the state whatever comes of it, and notes in the session what was proved.
fn apply(
    call: &mut Call<'_>,
    mut session: Session,
    event: Event<'_>,
    parameter: &str,
) -> Result<Reply, ApiError> {
    let state = session
        .reverification
        .take()
        .ok_or(Code::SessionReverificationMissing)?;
    let (state, result) = state.step(event, call.now);
    if state.status == ReverificationStatus::Complete {
        let verified = |factor: &Option<_>| factor.is_some().then_some(call.now);
        session.first_factor_at = verified(&state.first).or(session.first_factor_at);
        session.second_factor_at = verified(&state.second).or(session.second_factor_at);
    }
    session.reverification = Some(state);
    call.store.save(&session)?;
    match result {
        Ok(()) => respond(call, &session),
        Err(code) if code.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            Err(ApiError::new(code).parameter(parameter))
        }
        Err(code) => Err(code.into()),
    }
}

/// The live session of the caller's that the path names, and its person.
fn named(call: &Call<'_>) -> Result<(Session, User), ApiError> {
    let session = call
        .session_of_client(call.request.parameter("session"))?
        .ok_or(Code::AuthenticationInvalid)?;
    let user = call.store.find::<User>(&session.user_id)?;
    Ok((session, user.ok_or(Code::AuthenticationInvalid)?))
}

fn respond(call: &Call<'_>, session: &Session) -> Result<Reply, ApiError> {
    let state = session
        .reverification
        .as_ref()
        .ok_or(Code::SessionReverificationMissing)?;
    call.respond(call.view().session_verification(session, state)?)
}
