//! A person's e-mail addresses.

use serde_json::{Value, json};

use crate::accounts::{check_address, require_free};
use crate::error::{ApiError, Code};
use crate::http::Reply;
use crate::http::call::Call;
use crate::inbox;
use crate::machine::verification::Verification;
use crate::random;
use crate::store::records::{EmailAddress, ExternalAccount, User};

/// `GET /v1/me/email_addresses`
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_session()?;
    let accounts = call.store.list::<ExternalAccount>("user_id", &user.id)?;
    let emails = call.store.list::<EmailAddress>("user_id", &user.id)?;
    let view = call.view();
    call.respond(Value::Array(
        emails
            .iter()
            .map(|email| view.email_address(email, &accounts))
            .collect(),
    ))
}

/// `POST /v1/me/email_addresses`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_fresh_session()?;
    let email_address = check_address(call.required("email_address")?)?;
    require_free(call.store, &email_address)?;
    let email = EmailAddress {
        id: random::id("idn")?,
        user_id: user.id,
        email_address,
        verification: None,
        created_at: call.now,
        updated_at: call.now,
    };
    save(call, email)
}

/// `GET /v1/me/email_addresses/{email}`
pub(super) fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, email) = named(call)?;
    respond(call, &email)
}

/// `POST /v1/me/email_addresses/{email}/prepare_verification`
pub(super) fn prepare(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, mut email) = named(call)?;
    if call.required("strategy")? != "email_code" {
        return Err(ApiError::new(Code::VerificationStrategyInvalid).parameter("strategy"));
    }
    if email.verified() {
        return Err(Code::VerificationAlreadyVerified.into());
    }
    let code = inbox::code_for(&email.email_address)?;
    email.verification = Some(Verification::sent(
        "email_code",
        Some(&email.id),
        &code,
        call.now,
    ));
    inbox::deliver_code(
        call.instance,
        call.store,
        &email.email_address,
        "Your code to verify this address",
        &code,
        call.now,
    )?;
    save(call, email)
}

/// `POST /v1/me/email_addresses/{email}/attempt_verification`
pub(super) fn attempt(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (mut user, mut email) = named(call)?;
    let code = call.required("code")?;
    let verification = email.verification.take().ok_or(Code::VerificationNotSent)?;
    let (verification, result) = verification.attempt(code, call.now);
    email.verification = Some(verification);
    email.updated_at = call.now;
    call.store.save(&email)?;
    match result {
        Ok(()) => {
            if user.primary_email_address_id.is_none() {
                user.primary_email_address_id = Some(email.id.clone());
                call.store.save(&user)?;
            }
            respond(call, &email)
        }
        Err(Code::FormCodeIncorrect) => {
            Err(ApiError::new(Code::FormCodeIncorrect).parameter("code"))
        }
        Err(code) => Err(code.into()),
    }
}

/// `DELETE /v1/me/email_addresses/{email}`: all but the last verified address, without which nobody could sign in.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    call.require_fresh_session()?;
    let (mut user, email) = named(call)?;
    let others = call.store.list::<EmailAddress>("user_id", &user.id)?;
    let next = others
        .into_iter()
        .find(|other| other.id != email.id && other.verified());
    if email.verified() {
        let next = next.ok_or(Code::LastRequiredIdentification)?;
        if user.primary_email_address_id.as_ref() == Some(&email.id) {
            user.primary_email_address_id = Some(next.id);
        }
        user.updated_at = call.now;
        call.store.save(&user)?;
    }
    call.store.delete::<EmailAddress>(&email.id)?;
    call.respond(json!({ "object": "email_address", "id": email.id, "deleted": true }))
}

fn named(call: &Call<'_>) -> Result<(User, EmailAddress), ApiError> {
    let (_, user) = call.require_session()?;
    let id = call.request.parameter("email");
    let email = call
        .store
        .find::<EmailAddress>(id)?
        .filter(|email| email.user_id == user.id);
    Ok((
        user,
        email.ok_or_else(|| ApiError::not_found("email address", id))?,
    ))
}

fn save(call: &Call<'_>, mut email: EmailAddress) -> Result<Reply, ApiError> {
    email.updated_at = call.now;
    call.store.save(&email)?;
    respond(call, &email)
}

fn respond(call: &Call<'_>, email: &EmailAddress) -> Result<Reply, ApiError> {
    let accounts = call
        .store
        .list::<ExternalAccount>("user_id", &email.user_id)?;
    call.respond(call.view().email_address(email, &accounts))
}
