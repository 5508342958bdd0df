//! A person's memberships, and invitations to them.

use serde_json::{Value, json};

use crate::error::{ApiError, Code};
use crate::http::Reply;
use crate::http::call::Call;
use crate::invitations;
use crate::organizations::{self, page};
use crate::store::records::{Invitation, Organization};

/// `GET /v1/me/organization_memberships`
pub(super) fn memberships(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_session()?;
    call.respond(page(
        call.view().memberships_of(&user)?,
        &call.request.query,
    ))
}

/// `DELETE /v1/me/organization_memberships/{organization}`
pub(super) fn leave(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_session()?;
    let organization = organizations::find(call.store, call.request.parameter("organization"))?;
    let membership = organizations::membership(call.store, &organization.id, &user.id)?
        .ok_or(Code::NotAMember)?;
    organizations::remove_member(call.store, &membership)?;
    call.respond(
        json!({ "object": "organization_membership", "id": membership.id, "deleted": true }),
    )
}

/// `GET /v1/me/organization_invitations`
pub(super) fn list_invitations(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_session()?;
    let view = call.view();
    let statuses = call.request.query.all("status");
    let mut items = Vec::new();
    for invitation in invitations::to_person(call.store, &user)? {
        if statuses.is_empty() || statuses.contains(&view.invitation_status(&invitation)) {
            items.extend(with_organization(call, &invitation)?);
        }
    }
    call.respond(page(items, &call.request.query))
}

/// An invitation as the invited person sees it; `None` when its organization is gone.
fn with_organization(call: &Call<'_>, invitation: &Invitation) -> Result<Option<Value>, ApiError> {
    let view = call.view();
    let organization = call
        .store
        .find::<Organization>(&invitation.organization_id)?;
    Ok(organization.map(|organization| {
        let mut json = view.invitation(invitation);
        json["public_organization_data"] = json!({
            "id": organization.id,
            "name": organization.name,
            "slug": organization.slug,
            "image_url": view.organization_image_url(&organization),
            "has_image": organization.image_id.is_some(),
        });
        json
    }))
}

/// `POST /v1/me/organization_invitations/{invitation}/accept`
pub(super) fn accept(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, user) = call.require_session()?;
    let id = call.request.parameter("invitation");
    let invitation = invitations::to_person(call.store, &user)?
        .into_iter()
        .find(|invitation| invitation.id == id)
        .ok_or_else(|| ApiError::not_found("invitation", id))?;
    let invitation = invitations::accept(call.store, invitation, &user, call.now)?;
    let answer = with_organization(call, &invitation)?
        .ok_or_else(|| ApiError::not_found("organization", &invitation.organization_id))?;
    call.respond(answer)
}

/// `GET /v1/me/organization_suggestions`: suggestions come from verified domains, which are off.
pub(super) fn suggestions(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    call.require_session()?;
    call.respond(page(Vec::new(), &call.request.query))
}

/// `GET /v1/me/organization_creation_defaults`
pub(super) fn creation_defaults(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    call.require_session()?;
    call.respond(json!({
        "object": "organization_creation_defaults",
        "form": { "name": "", "slug": "", "logo": null, "blur_hash": null },
        "advisory": null,
    }))
}
