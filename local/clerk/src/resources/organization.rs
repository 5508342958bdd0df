//! Organizations, roles, memberships, invitations.

use serde_json::{Value, json};

use super::View;
use crate::error::Internal;
use crate::store::records::{Invitation, InvitationStatus, Membership, Organization, User};

/// A role in an organization, with Clerk's system permissions and those of the instance's own features.
#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
    pub(crate) permissions: &'static [&'static str],
}

/// Clerk's two default roles.
pub(crate) const ROLES: [Role; 2] = [
    Role {
        key: "org:admin",
        name: "Admin",
        permissions: &[
            "org:sys_profile:manage",
            "org:sys_profile:delete",
            "org:sys_memberships:read",
            "org:sys_memberships:manage",
            "org:sys_domains:read",
            "org:sys_domains:manage",
            "org:sys_api_keys:read",
            "org:sys_api_keys:manage",
            "org:sys_billing:read",
            "org:sys_billing:manage",
            "org:messages:moderate",
        ],
    },
    Role {
        key: "org:member",
        name: "Member",
        permissions: &["org:sys_memberships:read"],
    },
];

pub(crate) fn role(key: &str) -> Option<&'static Role> {
    ROLES.iter().find(|role| role.key == key)
}

impl Role {
    pub(crate) fn json(&self) -> Value {
        let permission = |key: &&str| {
            let kind = if key.starts_with("org:sys_") {
                "system"
            } else {
                "user"
            };
            json!({
                "object": "permission", "id": format!("perm_{key}"), "key": key, "name": key, "description": "",
                "type": kind, "created_at": 0, "updated_at": 0,
            })
        };
        json!({
            "object": "role",
            "id": format!("role_{}", self.key.trim_start_matches("org:")),
            "key": self.key,
            "name": self.name,
            "description": "",
            "permissions": self.permissions.iter().map(permission).collect::<Vec<_>>(),
            "created_at": 0,
            "updated_at": 0,
        })
    }
}

impl View<'_> {
    pub(crate) fn organization(&self, organization: &Organization) -> Result<Value, Internal> {
        let members = self
            .store
            .list::<Membership>("organization_id", &organization.id)?
            .len();
        let pending = self
            .store
            .list::<Invitation>("organization_id", &organization.id)?
            .iter()
            .filter(|invitation| self.invitation_status(invitation) == "pending")
            .count();
        Ok(json!({
            "object": "organization",
            "id": organization.id,
            "name": organization.name,
            "slug": organization.slug,
            "image_url": self.organization_image_url(organization),
            "has_image": organization.image_id.is_some(),
            "members_count": members,
            "pending_invitations_count": pending,
            "max_allowed_memberships": organization.max_allowed_memberships,
            "admin_delete_enabled": true,
            "public_metadata": organization.public_metadata,
            "created_at": organization.created_at,
            "updated_at": organization.updated_at,
            "created_by": organization.created_by,
        }))
    }

    pub(crate) fn organization_image_url(&self, organization: &Organization) -> String {
        let issuer = self.instance.issuer();
        match &organization.image_id {
            Some(image) => format!("{issuer}/images/{image}"),
            None => format!("{issuer}/images/{}", organization.id),
        }
    }

    pub(crate) fn membership(
        &self,
        membership: &Membership,
        organization: &Organization,
        user: &User,
    ) -> Result<Value, Internal> {
        let role = role(&membership.role);
        Ok(json!({
            "object": "organization_membership",
            "id": membership.id,
            "role": membership.role,
            "role_name": role.map_or(membership.role.as_str(), |role| role.name),
            "permissions": role.map_or(&[][..], |role| role.permissions),
            "public_metadata": membership.public_metadata,
            "organization": self.organization(organization)?,
            "public_user_data": self.public_user_data(user)?,
            "created_at": membership.created_at,
            "updated_at": membership.updated_at,
        }))
    }

    pub(crate) fn memberships_of(&self, user: &User) -> Result<Vec<Value>, Internal> {
        let mut memberships = Vec::new();
        for membership in self.store.list::<Membership>("user_id", &user.id)? {
            if let Some(organization) = self
                .store
                .find::<Organization>(&membership.organization_id)?
            {
                memberships.push(self.membership(&membership, &organization, user)?);
            }
        }
        Ok(memberships)
    }

    pub(crate) fn invitation(&self, invitation: &Invitation) -> Value {
        json!({
            "object": "organization_invitation",
            "id": invitation.id,
            "email_address": invitation.email_address,
            "organization_id": invitation.organization_id,
            "public_metadata": invitation.public_metadata,
            "role": invitation.role,
            "role_name": role(&invitation.role).map_or(invitation.role.as_str(), |role| role.name),
            "status": self.invitation_status(invitation),
            "created_at": invitation.created_at,
            "updated_at": invitation.updated_at,
            "url": null,
            "expires_at": invitation.expires_at,
        })
    }

    pub(crate) fn invitation_status(&self, invitation: &Invitation) -> &'static str {
        match invitation.status {
            InvitationStatus::Pending if self.now >= invitation.expires_at => "expired",
            InvitationStatus::Pending => "pending",
            InvitationStatus::Accepted => "accepted",
            InvitationStatus::Revoked => "revoked",
        }
    }
}
