//! `/v1/organizations`: what members do with their organization.

use axum::Router;
use http::Method;
use serde_json::json;

use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, frontend};
use crate::images;
use crate::invitations::{self, NewInvitation};
use crate::organizations::{self, page};
use crate::resources::{ROLES, role};
use crate::store::records::{Image, Invitation, Membership, Organization, User};

const MANAGE_PROFILE: &str = "org:sys_profile:manage";
const DELETE_PROFILE: &str = "org:sys_profile:delete";
const READ_MEMBERSHIPS: &str = "org:sys_memberships:read";
const MANAGE_MEMBERSHIPS: &str = "org:sys_memberships:manage";

pub(super) fn router() -> Router<App> {
    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PUT: Method = Method::PUT;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    let under = |path: &str| format!("/v1/organizations/{{organization}}{path}");
    Router::new()
        .route("/v1/organizations", frontend([(POST, create)]))
        .route(
            &under(""),
            frontend([(GET, show), (PATCH, update), (DELETE, delete)]),
        )
        .route(
            &under("/logo"),
            frontend([(PUT, set_logo), (DELETE, remove_logo)]),
        )
        .route(
            &under("/memberships"),
            frontend([(GET, memberships), (POST, add_member)]),
        )
        .route(
            &under("/memberships/{user}"),
            frontend([(PATCH, change_role), (DELETE, remove_member)]),
        )
        .route(
            &under("/invitations"),
            frontend([(GET, list_invitations), (POST, invite)]),
        )
        .route(&under("/invitations/bulk"), frontend([(POST, invite_many)]))
        .route(
            &under("/invitations/{invitation}/revoke"),
            frontend([(POST, revoke_invitation)]),
        )
        .route(&under("/roles"), frontend([(GET, roles)]))
        .route(&under("/domains"), frontend([(GET, empty)]))
        .route(&under("/membership_requests"), frontend([(GET, empty)]))
}

fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_session()?;
    let (name, slug) = (call.required("name")?, call.request.form.text("slug"));
    let organization = organizations::create(call.store, name, slug, Some(&user), call.now)?;
    respond(call, &organization)
}

fn show(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (organization, _) = member(call, None)?;
    respond(call, &organization)
}

fn update(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (mut organization, _) = member(call, Some(MANAGE_PROFILE))?;
    let form = &call.request.form;
    organizations::rename(
        call.store,
        &mut organization,
        form.text("name"),
        form.text("slug"),
        call.now,
    )?;
    respond(call, &organization)
}

fn delete(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (organization, _) = member(call, Some(DELETE_PROFILE))?;
    organizations::delete(call.store, &organization)?;
    call.respond(json!({ "object": "organization", "id": organization.id, "deleted": true }))
}

fn set_logo(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (mut organization, _) = member(call, Some(MANAGE_PROFILE))?;
    let id = images::store_upload(call.store, call.request.file.as_ref())?;
    if let Some(old) = organization.image_id.replace(id) {
        call.store.delete::<Image>(&old)?;
    }
    organization.updated_at = call.now;
    call.store.save(&organization)?;
    respond(call, &organization)
}

fn remove_logo(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (mut organization, _) = member(call, Some(MANAGE_PROFILE))?;
    if let Some(old) = organization.image_id.take() {
        call.store.delete::<Image>(&old)?;
    }
    organization.updated_at = call.now;
    call.store.save(&organization)?;
    respond(call, &organization)
}

fn memberships(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (organization, _) = member(call, Some(READ_MEMBERSHIPS))?;
    let query = &call.request.query;
    let (roles, text) = (
        query.all("role"),
        query.text("query").map(str::to_lowercase),
    );
    let mut items = Vec::new();
    for membership in call
        .store
        .list::<Membership>("organization_id", &organization.id)?
    {
        let Some(user) = call.store.find::<User>(&membership.user_id)? else {
            continue;
        };
        let json = call.view().membership(&membership, &organization, &user)?;
        let identifier = json["public_user_data"]["identifier"]
            .as_str()
            .unwrap_or_default();
        let haystack =
            format!("{} {identifier}", user.full_name().unwrap_or_default()).to_lowercase();
        let wanted = roles.is_empty() || roles.contains(&membership.role.as_str());
        if wanted && text.as_ref().is_none_or(|text| haystack.contains(text)) {
            items.push(json);
        }
    }
    call.respond(page(items, query))
}

fn add_member(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (organization, _) = member(call, Some(MANAGE_MEMBERSHIPS))?;
    let id = call.required("user_id")?;
    let user = call
        .store
        .find::<User>(id)?
        .ok_or_else(|| ApiError::new(Code::FormResourceNotFound).parameter("user_id"))?;
    let membership = organizations::add_member(
        call.store,
        &organization,
        &user,
        call.required("role")?,
        call.now,
    )?;
    call.respond(call.view().membership(&membership, &organization, &user)?)
}

fn change_role(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (organization, _) = member(call, Some(MANAGE_MEMBERSHIPS))?;
    let (membership, user) = organizations::named_member(call, &organization)?;
    let membership =
        organizations::change_role(call.store, membership, call.required("role")?, call.now)?;
    call.respond(call.view().membership(&membership, &organization, &user)?)
}

fn remove_member(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (organization, _) = member(call, Some(MANAGE_MEMBERSHIPS))?;
    let (membership, user) = organizations::named_member(call, &organization)?;
    let json = call.view().membership(&membership, &organization, &user)?;
    organizations::remove_member(call.store, &membership)?;
    call.respond(json)
}

fn list_invitations(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (organization, _) = member(call, Some(MANAGE_MEMBERSHIPS))?;
    let (query, view) = (&call.request.query, call.view());
    let statuses = query.all("status");
    let mut invitations = call
        .store
        .list::<Invitation>("organization_id", &organization.id)?;
    invitations.retain(|invitation| {
        statuses.is_empty() || statuses.contains(&view.invitation_status(invitation))
    });
    call.respond(page(
        invitations
            .iter()
            .map(|invitation| view.invitation(invitation))
            .collect(),
        query,
    ))
}

fn invite(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (organization, _) = member(call, Some(MANAGE_MEMBERSHIPS))?;
    let new = NewInvitation::new(call.required("email_address")?, call.required("role")?);
    let invitations = invitations::create_all(call, &organization, vec![new])?;
    let view = call.view();
    let json = invitations
        .first()
        .map(|invitation| view.invitation(invitation));
    call.respond(json.unwrap_or_default())
}

fn invite_many(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (organization, _) = member(call, Some(MANAGE_MEMBERSHIPS))?;
    let role = call.required("role")?;
    let addresses = call.request.form.all("email_address");
    if addresses.is_empty() {
        return Err(ApiError::missing("email_address"));
    }
    let all = addresses
        .into_iter()
        .map(|address| NewInvitation::new(address, role));
    let invitations = invitations::create_all(call, &organization, all.collect())?;
    let view = call.view();
    let items = invitations
        .iter()
        .map(|invitation| view.invitation(invitation));
    call.respond(items.collect())
}

fn revoke_invitation(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (organization, _) = member(call, Some(MANAGE_MEMBERSHIPS))?;
    let id = call.request.parameter("invitation");
    let invitation = invitations::revoke(call.store, &organization.id, id, call.now)?;
    call.respond(call.view().invitation(&invitation))
}

fn roles(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    member(call, None)?;
    call.respond(page(
        ROLES.iter().map(|role| role.json()).collect(),
        &call.request.query,
    ))
}

/// Domains and membership requests: the environment says that they are off, and ClerkJS asks nevertheless.
fn empty(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    member(call, None)?;
    call.respond(page(Vec::new(), &call.request.query))
}

/// The organization that the path names, if the caller is in it and, where one is needed, has the permission.
pub(super) fn member(
    call: &Call<'_>,
    permission: Option<&str>,
) -> Result<(Organization, Membership), ApiError> {
    let (_, user) = call.require_session()?;
    let organization = organizations::find(call.store, call.request.parameter("organization"))?;
    let membership = organizations::membership(call.store, &organization.id, &user.id)?
        .ok_or(Code::OrganizationNotFound)?;
    let permissions = role(&membership.role).map_or(&[][..], |role| role.permissions);
    match permission {
        Some(permission) if !permissions.contains(&permission) => {
            Err(ApiError::new(Code::OrganizationMissingPermission)
                .meta("permissions", vec![permission]))
        }
        _ => Ok((organization, membership)),
    }
}

fn respond(call: &Call<'_>, organization: &Organization) -> Result<Reply, ApiError> {
    call.respond(call.view().organization(organization)?)
}
