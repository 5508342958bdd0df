//! Signing up.

use serde_json::{Map, Value};

use super::oauth::{link, provider_request};
use crate::accounts::{self, NewUser, check_address, require_free, user_of_address};
use crate::error::{ApiError, Code};
use crate::http::Reply;
use crate::http::call::Call;
use crate::inbox;
use crate::invitations;
use crate::machine::sign_in::SignIn;
use crate::machine::sign_up::{Effect, Event, Fields, SignUp};
use crate::machine::verification::VerificationStatus;
use crate::password;
use crate::random;
use crate::tokens;

/// `POST /v1/client/sign_ups`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let client = call.ensure_client()?;
    if call.instance.single_session_mode && !call.view().live_sessions(&client)?.is_empty() {
        return Err(Code::SessionExists.into());
    }
    let sign_up = SignUp::new(random::id("sua")?, client.id, call.now);
    if call.request.form.flag("transfer") {
        return transfer(call, sign_up);
    }
    let fields = fields(call)?;
    let strategy = match call.request.form.text("strategy") {
        Some("ticket") => return ticket(call, sign_up, fields),
        Some(strategy) if strategy.starts_with("oauth_") => strategy,
        _ => return apply(call, sign_up, Event::Fill(fields)),
    };
    let request = provider_request(call, strategy)?;
    let redirect_url = format!(
        "{}/oauth/authorize?kind=sign_up&state={}",
        call.base_url(),
        sign_up.id
    );
    let (sign_up, result) = sign_up.step(Event::Fill(fields), call.now);
    result?;
    apply(
        call,
        sign_up,
        Event::AskProvider {
            request,
            redirect_url: &redirect_url,
        },
    )
}

/// Signs up with the ticket of an invitation; what else the form says counts too.
fn ticket(call: &mut Call<'_>, sign_up: SignUp, fields: Fields) -> Result<Reply, ApiError> {
    let ticket = call.required("ticket")?;
    let ticket = tokens::read_ticket(call.instance, ticket).ok_or(Code::TicketInvalid)?;
    let invitation = invitations::of_ticket(call, &ticket)?;
    if user_of_address(call.store, &invitation.email_address)?.is_some() {
        return Err(Code::OrganizationInvitationAccountExists.into());
    }
    let (sign_up, result) = sign_up.step(
        Event::Fill(Fields {
            email_address: None,
            ..fields
        }),
        call.now,
    );
    match result? {
        Effect::CreateUser { strategy } => create_user(call, sign_up, &strategy),
        _ => apply(
            call,
            sign_up,
            Event::Ticket {
                email_address: &invitation.email_address,
                invitation_id: &invitation.id,
            },
        ),
    }
}

/// Continues a sign-in whose OAuth account turned out to have no account here.
fn transfer(call: &mut Call<'_>, sign_up: SignUp) -> Result<Reply, ApiError> {
    let sign_in = match call
        .client
        .as_ref()
        .and_then(|client| client.sign_in_id.as_ref())
    {
        Some(id) => call.store.find::<SignIn>(id)?,
        None => None,
    };
    let (profile, first) = sign_in
        .and_then(|sign_in| sign_in.profile.zip(sign_in.first))
        .filter(|(_, first)| first.status == VerificationStatus::Transferable)
        .ok_or(Code::AccountTransferInvalid)?;
    apply(
        call,
        sign_up,
        Event::Transfer {
            profile,
            strategy: &first.strategy,
        },
    )
}

/// `GET /v1/client/sign_ups/{sign_up}`
pub(super) fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let sign_up = named(call)?;
    call.respond(call.view().sign_up(&sign_up))
}

/// `PATCH /v1/client/sign_ups/{sign_up}`
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let sign_up = named(call)?;
    let fields = fields(call)?;
    if call.request.form.text("strategy") == Some("ticket") {
        return ticket(call, sign_up, fields);
    }
    apply(call, sign_up, Event::Fill(fields))
}

/// `POST /v1/client/sign_ups/{sign_up}/prepare_verification`
pub(super) fn prepare_verification(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let sign_up = named(call)?;
    require_email_code(call)?;
    let code = inbox::code_for(sign_up.fields.email_address.as_deref().unwrap_or_default())?;
    apply(call, sign_up, Event::SendCode { code: &code })
}

/// `POST /v1/client/sign_ups/{sign_up}/attempt_verification`
pub(super) fn attempt_verification(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let sign_up = named(call)?;
    require_email_code(call)?;
    let code = call.required("code")?;
    apply(call, sign_up, Event::CheckCode { code })
}

fn require_email_code(call: &Call<'_>) -> Result<(), ApiError> {
    match call.required("strategy")? {
        "email_code" => Ok(()),
        _ => Err(ApiError::new(Code::VerificationStrategyInvalid).parameter("strategy")),
    }
}

/// The form's fields, checked. Empty ones are hidden fields of the form, not values.
fn fields(call: &Call<'_>) -> Result<Fields, ApiError> {
    let form = &call.request.form;
    let owned = |name: &str| form.text(name).map(str::to_owned);
    let email_address = form.text("email_address").map(check_address).transpose()?;
    if let Some(address) = &email_address {
        require_free(call.store, address)?;
    }
    let password_hash = match form.text("password") {
        Some(password) => {
            password::check_rules(password, "password")?;
            Some(password::hash(password)?)
        }
        None => None,
    };
    Ok(Fields {
        email_address,
        password_hash,
        first_name: owned("first_name"),
        last_name: owned("last_name"),
        unsafe_metadata: form
            .text("unsafe_metadata")
            .map(|text| metadata(text, "unsafe_metadata"))
            .transpose()?,
        locale: owned("locale"),
        legal_accepted_at: form.flag("legal_accepted").then_some(call.now),
    })
}

/// A metadata object, which ClerkJS sends as JSON text.
pub(super) fn metadata(text: &str, parameter: &str) -> Result<Map<String, Value>, ApiError> {
    serde_json::from_str(text).map_err(|_| {
        ApiError::new(Code::FormParamFormatInvalid)
            .parameter(parameter)
            .because("Metadata must be a JSON object.")
    })
}

/// Takes a step, keeps the state whatever comes of it, and does what the step asks for.
pub(super) fn apply(
    call: &mut Call<'_>,
    sign_up: SignUp,
    event: Event<'_>,
) -> Result<Reply, ApiError> {
    let code = match &event {
        Event::SendCode { code } => Some((*code).to_owned()),
        _ => None,
    };
    let (sign_up, result) = sign_up.step(event, call.now);
    match result {
        Ok(Effect::CreateUser { strategy }) => return create_user(call, sign_up, &strategy),
        Ok(Effect::SendCode { email_address }) => {
            let code = code.unwrap_or_default();
            inbox::deliver_code(
                call.instance,
                call.store,
                &email_address,
                "Your sign-up code",
                &code,
                call.now,
            )?;
        }
        Ok(Effect::Nothing) => {}
        Err(code) => {
            call.store.save(&sign_up)?;
            let error = ApiError::new(code);
            return Err(if code == Code::FormCodeIncorrect {
                error.parameter("code")
            } else {
                error
            });
        }
    }
    call.store.save(&sign_up)?;
    let mut client = call.ensure_client()?;
    client.sign_up_id = Some(sign_up.id.clone());
    call.save_client(client)?;
    call.respond(call.view().sign_up(&sign_up))
}

fn create_user(call: &mut Call<'_>, sign_up: SignUp, strategy: &str) -> Result<Reply, ApiError> {
    let fields = sign_up.fields.clone();
    let new = NewUser {
        email_addresses: fields.email_address.into_iter().collect(),
        password_hash: fields.password_hash,
        first_name: fields.first_name,
        last_name: fields.last_name,
        locale: None,
        unsafe_metadata: fields.unsafe_metadata.unwrap_or_default(),
        legal_accepted_at: fields.legal_accepted_at,
        ..NewUser::default()
    };
    let mut user = accounts::create_user(call.store, new, call.now)?;
    let mut session = accounts::start_session(call, &mut user, false, strategy)?;
    if let Some(id) = &sign_up.invitation_id {
        invitations::accept_with_session(call.store, id, &user, &mut session, call.now)?;
    }
    if let Some(profile) = sign_up
        .profile
        .as_ref()
        .filter(|_| sign_up.external_verified())
    {
        link(call, &user, profile)?;
    }
    let sign_up = sign_up.completed(&user.id, &session.id);
    call.store.save(&sign_up)?;
    call.respond(call.view().sign_up(&sign_up))
}

/// The attempt that the path names, if it is the caller's.
fn named(call: &Call<'_>) -> Result<SignUp, ApiError> {
    let id = call.request.parameter("sign_up");
    let client = call.client.as_ref().ok_or(Code::ClientNotFound)?;
    call.store
        .find::<SignUp>(id)?
        .filter(|sign_up| sign_up.client_id == client.id)
        .ok_or_else(|| ApiError::not_found("sign-up attempt", id))
}
