//! Organizations.

use axum::Router;
use http::Method;
use serde_json::{Value, json};

use super::object_field;
use crate::clock::{DAY, Millis};
use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, backend};
use crate::invitations::{self, NewInvitation};
use crate::metadata::merge;
use crate::organizations::{self, page};
use crate::store::records::{Invitation, Membership, Organization, User};

pub(super) fn router() -> Router<App> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    let under = |path: &str| format!("/v1/organizations/{{organization}}{path}");
    Router::new()
        .route("/v1/organizations", backend([(GET, list), (POST, create)]))
        .route(
            &under(""),
            backend([(GET, show), (PATCH, update), (DELETE, delete)]),
        )
        .route(&under("/metadata"), backend([(PATCH, merge_metadata)]))
        .route(
            &under("/memberships"),
            backend([(GET, memberships), (POST, add_member)]),
        )
        .route(
            &under("/memberships/{user}"),
            backend([(PATCH, change_role), (DELETE, remove_member)]),
        )
        .route(
            &under("/invitations"),
            backend([(GET, list_invitations), (POST, invite)]),
        )
        .route(
            &under("/invitations/{invitation}"),
            backend([(GET, show_invitation)]),
        )
        .route(
            &under("/invitations/{invitation}/revoke"),
            backend([(POST, revoke_invitation)]),
        )
}

fn list(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let text = call.request.query.text("query").map(str::to_lowercase);
    let mut items = Vec::new();
    for organization in call.store.all::<Organization>()?.into_iter().rev() {
        let haystack = format!(
            "{} {} {}",
            organization.id, organization.name, organization.slug
        )
        .to_lowercase();
        if text.as_ref().is_none_or(|text| haystack.contains(text)) {
            items.push(render(call, &organization)?);
        }
    }
    Ok(Reply::Json(page(items, &call.request.query)))
}

fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let creator = match call.request.form.text("created_by") {
        Some(id) => Some(
            call.store
                .find::<User>(id)?
                .ok_or_else(|| ApiError::not_found("user", id))?,
        ),
        None => None,
    };
    let (name, slug) = (call.required("name")?, call.request.form.text("slug"));
    let mut organization =
        organizations::create(call.store, name, slug, creator.as_ref(), call.now)?;
    apply_metadata(call, &mut organization, false)?;
    respond(call, &organization)
}

fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    respond(call, &organization)
}

fn update(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let mut organization = named(call)?;
    let form = &call.request.form;
    if let Some(limit) = form.number("max_allowed_memberships") {
        organization.max_allowed_memberships = u32::try_from(limit).unwrap_or(u32::MAX);
    }
    organizations::rename(
        call.store,
        &mut organization,
        form.text("name"),
        form.text("slug"),
        call.now,
    )?;
    apply_metadata(call, &mut organization, false)?;
    respond(call, &organization)
}

fn merge_metadata(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let mut organization = named(call)?;
    apply_metadata(call, &mut organization, true)?;
    respond(call, &organization)
}

fn apply_metadata(
    call: &Call<'_>,
    organization: &mut Organization,
    merging: bool,
) -> Result<(), ApiError> {
    for (name, metadata) in [
        ("public_metadata", &mut organization.public_metadata),
        ("private_metadata", &mut organization.private_metadata),
    ] {
        match object_field(call, name)? {
            Some(changes) if merging => merge(metadata, &changes),
            Some(new) => *metadata = new,
            None => {}
        }
    }
    Ok(call.store.save(organization)?)
}

fn delete(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    organizations::delete(call.store, &organization)?;
    Ok(Reply::Json(
        json!({ "object": "organization", "id": organization.id, "deleted": true }),
    ))
}

fn memberships(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    let (ids, roles) = (
        call.request.query.all("user_id"),
        call.request.query.all("role"),
    );
    let mut items = Vec::new();
    for membership in call
        .store
        .list::<Membership>("organization_id", &organization.id)?
    {
        let wanted = (ids.is_empty() || ids.contains(&membership.user_id.as_str()))
            && (roles.is_empty() || roles.contains(&membership.role.as_str()));
        if let Some(user) = call
            .store
            .find::<User>(&membership.user_id)?
            .filter(|_| wanted)
        {
            items.push(call.view().membership(&membership, &organization, &user)?);
        }
    }
    Ok(Reply::Json(page(items, &call.request.query)))
}

fn add_member(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    let id = call.required("user_id")?;
    let user = call
        .store
        .find::<User>(id)?
        .ok_or_else(|| ApiError::not_found("user", id))?;
    let membership = organizations::add_member(
        call.store,
        &organization,
        &user,
        call.required("role")?,
        call.now,
    )?;
    Ok(Reply::Json(call.view().membership(
        &membership,
        &organization,
        &user,
    )?))
}

fn change_role(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    let (membership, user) = organizations::named_member(call, &organization)?;
    let membership =
        organizations::change_role(call.store, membership, call.required("role")?, call.now)?;
    Ok(Reply::Json(call.view().membership(
        &membership,
        &organization,
        &user,
    )?))
}

fn remove_member(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    let (membership, user) = organizations::named_member(call, &organization)?;
    let json = call.view().membership(&membership, &organization, &user)?;
    organizations::remove_member(call.store, &membership)?;
    Ok(Reply::Json(json))
}

fn list_invitations(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    let (query, view) = (&call.request.query, call.view());
    let statuses = query.all("status");
    let mut invitations = call
        .store
        .list::<Invitation>("organization_id", &organization.id)?;
    invitations.retain(|invitation| {
        statuses.is_empty() || statuses.contains(&view.invitation_status(invitation))
    });
    Ok(Reply::Json(page(
        invitations
            .iter()
            .map(|invitation| view.invitation(invitation))
            .collect(),
        query,
    )))
}

/// Unlike the Frontend API, servers choose where the link leads and how long it works.
fn invite(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    let form = &call.request.form;
    let mut new = NewInvitation::new(call.required("email_address")?, call.required("role")?);
    new.public_metadata = object_field(call, "public_metadata")?.unwrap_or_default();
    if let Some(url) = form.text("redirect_url") {
        new.redirect_url = Some(call.redirect_target("redirect_url", url)?.into());
    }
    if let Some(days) = form.number("expires_in_days") {
        new.lifetime = Millis::try_from(days.clamp(1, 365)).unwrap_or(1) * DAY;
    }
    let invitations = invitations::create_all(call, &organization, vec![new])?;
    match invitations.first() {
        Some(invitation) => Ok(Reply::Json(render_invitation(call, invitation)?)),
        None => Err(ApiError::missing("email_address")),
    }
}

fn show_invitation(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    let id = call.request.parameter("invitation");
    let invitation = call
        .store
        .find::<Invitation>(id)?
        .filter(|invitation| invitation.organization_id == organization.id)
        .ok_or_else(|| ApiError::not_found("invitation", id))?;
    Ok(Reply::Json(render_invitation(call, &invitation)?))
}

fn revoke_invitation(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let organization = named(call)?;
    let id = call.request.parameter("invitation");
    let invitation = invitations::revoke(call.store, &organization.id, id, call.now)?;
    Ok(Reply::Json(call.view().invitation(&invitation)))
}

fn named(call: &Call<'_>) -> Result<Organization, ApiError> {
    let id = call.request.parameter("organization");
    organizations::find(call.store, id).map_err(|error| match error.code() {
        Code::OrganizationNotFound => ApiError::not_found("organization", id),
        _ => error,
    })
}

/// An invitation with its link, which only servers may see: whoever has it can join.
fn render_invitation(call: &Call<'_>, invitation: &Invitation) -> Result<Value, ApiError> {
    let mut json = call.view().invitation(invitation);
    json["url"] = json!(invitations::url(call.instance, invitation)?);
    json["private_metadata"] = json!({});
    Ok(json)
}

fn render(call: &Call<'_>, organization: &Organization) -> Result<Value, ApiError> {
    let mut json = call.view().organization(organization)?;
    json["private_metadata"] = Value::Object(organization.private_metadata.clone());
    Ok(json)
}

fn respond(call: &Call<'_>, organization: &Organization) -> Result<Reply, ApiError> {
    Ok(Reply::Json(render(call, organization)?))
}
