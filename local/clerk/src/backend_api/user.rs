//! Users.

use axum::Router;
use http::Method;
use serde_json::{Value, json};

use super::{object_field, text_field};
use crate::accounts::{self, NewUser, check_address, delete_user, end_other_sessions};
use crate::clock::HOUR;
use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, backend};
use crate::metadata::merge;
use crate::organizations::page;
use crate::password;
use crate::second_factor::matching_step;
use crate::store::records::{EmailAddress, SessionStatus, User};

pub(super) fn router() -> Router<App> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    Router::new()
        .route("/v1/users", backend([(GET, list), (POST, create)]))
        .route("/v1/users/count", backend([(GET, count)]))
        .route(
            "/v1/users/{user}",
            backend([(GET, show), (PATCH, update), (DELETE, delete)]),
        )
        .route(
            "/v1/users/{user}/metadata",
            backend([(PATCH, merge_metadata)]),
        )
        .route(
            "/v1/users/{user}/password/set_compromised",
            backend([(POST, |call| {
                set(call, |user, _| user.password_compromised = true)
            })]),
        )
        .route(
            "/v1/users/{user}/password/unset_compromised",
            backend([(POST, |call| {
                set(call, |user, _| user.password_compromised = false)
            })]),
        )
        .route(
            "/v1/users/{user}/ban",
            backend([(POST, |call| set(call, |user, _| user.banned = true))]),
        )
        .route(
            "/v1/users/{user}/unban",
            backend([(POST, |call| set(call, |user, _| user.banned = false))]),
        )
        .route(
            "/v1/users/{user}/lock",
            backend([(POST, |call| {
                set(call, |user, now| user.locked_until = Some(now + HOUR))
            })]),
        )
        .route(
            "/v1/users/{user}/unlock",
            backend([(POST, |call| set(call, |user, _| user.locked_until = None))]),
        )
        .route(
            "/v1/users/{user}/verify_password",
            backend([(POST, verify_password)]),
        )
        .route(
            "/v1/users/{user}/verify_totp",
            backend([(POST, verify_totp)]),
        )
        .route("/v1/users/{user}/mfa", backend([(DELETE, disable_mfa)]))
        .route(
            "/v1/users/{user}/organization_memberships",
            backend([(GET, memberships)]),
        )
}

fn list(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let query = &call.request.query;
    let users = matching(call)?;
    let limit = query.number("limit").unwrap_or(10).clamp(1, 500);
    let users = users
        .iter()
        .skip(query.number("offset").unwrap_or(0))
        .take(limit);
    let view = call.view();
    Ok(Reply::Json(Value::Array(
        users
            .map(|user| view.backend_user(user))
            .collect::<Result<_, _>>()?,
    )))
}

fn count(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    Ok(Reply::Json(
        json!({ "object": "total_count", "total_count": matching(call)?.len() }),
    ))
}

/// The users that the query asks for, in its order.
fn matching(call: &Call<'_>) -> Result<Vec<User>, ApiError> {
    let query = &call.request.query;
    let (ids, external) = (query.all("user_id"), query.all("external_id"));
    let addresses: Vec<String> = query
        .all("email_address")
        .into_iter()
        .map(str::to_lowercase)
        .collect();
    let text = query.text("query").map(str::to_lowercase);
    let mut users = Vec::new();
    for user in call.store.all::<User>()? {
        let emails = call.store.list::<EmailAddress>("user_id", &user.id)?;
        let own: Vec<String> = emails
            .into_iter()
            .map(|email| email.email_address.to_lowercase())
            .collect();
        let haystack = || {
            format!(
                "{} {} {}",
                user.id,
                user.full_name().unwrap_or_default(),
                own.join(" ")
            )
            .to_lowercase()
        };
        let wanted = (ids.is_empty() || ids.contains(&user.id.as_str()))
            && (external.is_empty()
                || user
                    .external_id
                    .as_deref()
                    .is_some_and(|id| external.contains(&id)))
            && (addresses.is_empty() || own.iter().any(|address| addresses.contains(address)))
            && text.as_ref().is_none_or(|text| haystack().contains(text));
        if wanted {
            users.push(user);
        }
    }
    let order = query.text("order_by").unwrap_or("-created_at");
    match order.trim_start_matches(['-', '+']) {
        "created_at" => {}
        "updated_at" => users.sort_by_key(|user| user.updated_at),
        "last_sign_in_at" => users.sort_by_key(|user| user.last_sign_in_at),
        "last_active_at" => users.sort_by_key(|user| user.last_active_at),
        "first_name" => users.sort_by(|a, b| a.first_name.cmp(&b.first_name)),
        "last_name" => users.sort_by(|a, b| a.last_name.cmp(&b.last_name)),
        _ => return Err(ApiError::new(Code::FormParamValueInvalid).parameter("order_by")),
    }
    if order.starts_with('-') {
        users.reverse();
    }
    Ok(users)
}

fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let form = &call.request.form;
    let owned = |name: &str| form.text(name).map(str::to_owned);
    let email_addresses = form
        .all("email_address")
        .into_iter()
        .map(check_address)
        .collect::<Result<Vec<_>, _>>()?;
    if email_addresses.is_empty() {
        return Err(ApiError::missing("email_address"));
    }
    let password_hash = match form.text("password") {
        Some(text) => {
            if !form.flag("skip_password_checks") {
                password::check_rules(text, "password")?;
            }
            Some(password::hash(text)?)
        }
        None if form.flag("skip_password_requirement") => None,
        None => return Err(ApiError::missing("password")),
    };
    let new = NewUser {
        email_addresses,
        password_hash,
        first_name: owned("first_name"),
        last_name: owned("last_name"),
        locale: owned("locale"),
        external_id: owned("external_id"),
        public_metadata: object_field(call, "public_metadata")?.unwrap_or_default(),
        private_metadata: object_field(call, "private_metadata")?.unwrap_or_default(),
        unsafe_metadata: object_field(call, "unsafe_metadata")?.unwrap_or_default(),
        legal_accepted_at: None,
    };
    let user = accounts::create_user(call.store, new, call.now)?;
    respond(call, &user)
}

fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let user = named(call)?;
    respond(call, &user)
}

fn update(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let mut user = named(call)?;
    if let Some(first_name) = text_field(call, "first_name") {
        user.first_name = first_name;
    }
    if let Some(last_name) = text_field(call, "last_name") {
        user.last_name = last_name;
    }
    if let Some(external_id) = text_field(call, "external_id") {
        user.external_id = external_id;
    }
    if let Some(id) = call.request.form.text("primary_email_address_id") {
        let email = call
            .store
            .find::<EmailAddress>(id)?
            .filter(|email| email.user_id == user.id && email.verified());
        user.primary_email_address_id = Some(
            email
                .ok_or_else(|| {
                    ApiError::new(Code::FormResourceNotFound).parameter("primary_email_address_id")
                })?
                .id,
        );
    }
    if let Some(text) = call.request.form.text("password") {
        if !call.request.form.flag("skip_password_checks") {
            password::check_rules(text, "password")?;
        }
        user.password_hash = Some(password::hash(text)?);
        user.password_compromised = false;
        if call.request.form.flag("sign_out_of_other_sessions") {
            end_other_sessions(call.store, &user.id, None, SessionStatus::Revoked, call.now)?;
        }
    }
    for (name, metadata) in [
        ("public_metadata", &mut user.public_metadata),
        ("private_metadata", &mut user.private_metadata),
        ("unsafe_metadata", &mut user.unsafe_metadata),
    ] {
        if let Some(new) = object_field(call, name)? {
            *metadata = new;
        }
    }
    save(call, user)
}

fn merge_metadata(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let mut user = named(call)?;
    for (name, metadata) in [
        ("public_metadata", &mut user.public_metadata),
        ("private_metadata", &mut user.private_metadata),
        ("unsafe_metadata", &mut user.unsafe_metadata),
    ] {
        if let Some(changes) = object_field(call, name)? {
            merge(metadata, &changes);
        }
    }
    save(call, user)
}

fn delete(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let user = named(call)?;
    end_other_sessions(call.store, &user.id, None, SessionStatus::Removed, call.now)?;
    delete_user(call.store, &user)?;
    Ok(Reply::Json(
        json!({ "object": "user", "id": user.id, "deleted": true }),
    ))
}

fn set(call: &mut Call<'_>, change: fn(&mut User, i64)) -> Result<Reply, ApiError> {
    let mut user = named(call)?;
    change(&mut user, call.now);
    if user.banned {
        end_other_sessions(call.store, &user.id, None, SessionStatus::Revoked, call.now)?;
    }
    save(call, user)
}

fn verify_password(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let user = named(call)?;
    let hash = user.password_hash.as_deref().ok_or(Code::NoPasswordSet)?;
    if password::matches(call.required("password")?, hash) {
        return Ok(Reply::Json(json!({ "verified": true })));
    }
    Err(ApiError::new(Code::FormPasswordIncorrect).parameter("password"))
}

fn verify_totp(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let user = named(call)?;
    let totp = user
        .totp
        .as_ref()
        .filter(|totp| totp.verified)
        .ok_or(Code::NoSecondFactors)?;
    if matching_step(totp, call.required("code")?, call.now).is_some() {
        return Ok(Reply::Json(
            json!({ "verified": true, "code_type": "totp" }),
        ));
    }
    Err(ApiError::new(Code::FormCodeIncorrect).parameter("code"))
}

fn disable_mfa(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let mut user = named(call)?;
    user.totp = None;
    user.backup_codes.clear();
    user.mfa_disabled_at = Some(call.now);
    user.updated_at = call.now;
    call.store.save(&user)?;
    Ok(Reply::Json(json!({ "user_id": user.id })))
}

fn memberships(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let user = named(call)?;
    Ok(Reply::Json(page(
        call.view().memberships_of(&user)?,
        &call.request.query,
    )))
}

fn named(call: &Call<'_>) -> Result<User, ApiError> {
    let id = call.request.parameter("user");
    call.store
        .find::<User>(id)?
        .ok_or_else(|| ApiError::not_found("user", id))
}

fn save(call: &Call<'_>, mut user: User) -> Result<Reply, ApiError> {
    user.updated_at = call.now;
    call.store.save(&user)?;
    respond(call, &user)
}

fn respond(call: &Call<'_>, user: &User) -> Result<Reply, ApiError> {
    Ok(Reply::Json(call.view().backend_user(user)?))
}
