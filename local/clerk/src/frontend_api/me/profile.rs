//! Names, metadata, password, image, and the end of an account.

use serde_json::json;

use crate::accounts::{check_password, delete_user, end_other_sessions};
use crate::error::{ApiError, Code};
use crate::frontend_api::sign_up::metadata;
use crate::http::Reply;
use crate::http::call::Call;
use crate::images;
use crate::metadata::merge;
use crate::password;
use crate::store::records::{EmailAddress, Image, SessionStatus, User};

/// `GET /v1/me`
pub(super) fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_session()?;
    call.respond(call.view().user(&user)?)
}

/// `PATCH /v1/me`
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, mut user) = call.require_session()?;
    let form = &call.request.form;
    // An empty name clears it.
    let sent = |name: &str| {
        form.sent(name)
            .map(|value| Some(value.trim().to_owned()).filter(|value| !value.is_empty()))
    };
    if let Some(first_name) = sent("first_name") {
        user.first_name = first_name;
    }
    if let Some(last_name) = sent("last_name") {
        user.last_name = last_name;
    }
    if form.text("username").is_some() {
        return Err(ApiError::new(Code::FormParamUnknown).parameter("username"));
    }
    if let Some(id) = form.text("primary_email_address_id") {
        call.require_fresh_session()?;
        let email = call
            .store
            .find::<EmailAddress>(id)?
            .filter(|email| email.user_id == user.id && email.verified());
        let email = email.ok_or_else(|| {
            ApiError::new(Code::FormResourceNotFound).parameter("primary_email_address_id")
        })?;
        user.primary_email_address_id = Some(email.id);
    }
    if let Some(text) = form.text("unsafe_metadata") {
        user.unsafe_metadata = metadata(text, "unsafe_metadata")?;
    }
    save(call, user)
}

/// `PATCH /v1/me/metadata`: merges.
pub(super) fn update_metadata(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, mut user) = call.require_session()?;
    let changes = metadata(call.required("unsafe_metadata")?, "unsafe_metadata")?;
    merge(&mut user.unsafe_metadata, &changes);
    save(call, user)
}

/// `DELETE /v1/me`
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_fresh_session()?;
    end_other_sessions(call.store, &user.id, None, SessionStatus::Removed, call.now)?;
    delete_user(call.store, &user)?;
    call.reload_client()?;
    call.respond(json!({ "object": "user", "id": user.id, "deleted": true }))
}

/// `POST /v1/me/change_password`
pub(super) fn change_password(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (session, mut user) = call.require_fresh_session()?;
    // The form of the task that replaces a compromised password does not ask for that password.
    if user.password_hash.is_some() && !user.password_compromised {
        prove_password(call, &mut user)?;
    }
    let new = call.required("new_password")?;
    password::check_rules(new, "new_password")?;
    if user
        .password_hash
        .as_deref()
        .is_some_and(|hash| password::matches(new, hash))
    {
        return Err(ApiError::new(Code::FormNewPasswordMatchesCurrent).parameter("new_password"));
    }
    user.password_hash = Some(password::hash(new)?);
    user.password_compromised = false;
    if call.request.form.flag("sign_out_of_other_sessions") {
        end_other_sessions(
            call.store,
            &user.id,
            Some(&session.id),
            SessionStatus::Revoked,
            call.now,
        )?;
        call.reload_client()?;
    }
    save(call, user)
}

/// `POST /v1/me/remove_password`
pub(super) fn remove_password(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_session()?;
    Err(if user.password_hash.is_some() {
        Code::PasswordRequired
    } else {
        Code::NoPasswordSet
    }
    .into())
}

/// `POST /v1/me/profile_image`
pub(super) fn set_image(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, mut user) = call.require_session()?;
    let id = images::store_upload(call.store, call.request.file.as_ref())?;
    if let Some(old) = user.image_id.replace(id.clone()) {
        call.store.delete::<Image>(&old)?;
    }
    user.updated_at = call.now;
    call.store.save(&user)?;
    let public_url = call.view().user_image_url(&user);
    call.respond(json!({ "object": "image", "id": id, "name": null, "public_url": public_url }))
}

/// `DELETE /v1/me/profile_image`
pub(super) fn remove_image(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, mut user) = call.require_session()?;
    let id = user
        .image_id
        .take()
        .ok_or_else(|| ApiError::not_found("image", "profile_image"))?;
    call.store.delete::<Image>(&id)?;
    user.updated_at = call.now;
    call.store.save(&user)?;
    call.respond(json!({ "object": "image", "id": id, "deleted": true }))
}

fn prove_password(call: &Call<'_>, user: &mut User) -> Result<(), ApiError> {
    let current = call.required("current_password")?;
    if check_password(call.store, user, current, call.now)? {
        return Ok(());
    }
    Err(ApiError::new(Code::FormPasswordIncorrect).parameter("current_password"))
}

fn save(call: &Call<'_>, mut user: User) -> Result<Reply, ApiError> {
    user.updated_at = call.now;
    call.store.save(&user)?;
    call.respond(call.view().user(&user)?)
}
