//! Organizations, and who is in them.

use serde_json::Value;

use crate::{fields::Fields, identity::ActiveOrganization};

/// Something that ClerkJS has.
pub trait Resource: Sized {
    /// Reads it from ClerkJS's JSON; `None` when it has no id.
    fn from_json(json: &Value) -> Option<Self>;
}

/// An organization, as ClerkJS has it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Organization {
    /// `org_…`
    pub id: String,
    /// The name.
    pub name: String,
    /// The slug, where the instance uses them.
    pub slug: Option<String>,
    /// The address of the picture; always there, because Clerk makes one from the initials.
    pub image_url: Option<String>,
    /// Whether somebody has uploaded a picture.
    pub has_image: bool,
    /// How many members there are.
    pub members_count: u32,
    /// How many invitations nobody has answered yet.
    pub pending_invitations_count: u32,
    /// How many members there can be; 0 for any number.
    pub max_allowed_memberships: u32,
    /// Whether administrators may delete it.
    pub admin_delete_enabled: bool,
    /// Data that the server writes and everybody may read.
    pub public_metadata: Value,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at: Option<f64>,
}

impl Organization {
    pub(super) fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            id: fields.text("id")?,
            name: fields.text("name").unwrap_or_default(),
            slug: fields.text("slug"),
            image_url: fields.text("image_url"),
            has_image: fields.flag("has_image"),
            members_count: fields.count("members_count"),
            pending_invitations_count: fields.count("pending_invitations_count"),
            max_allowed_memberships: fields.count("max_allowed_memberships"),
            admin_delete_enabled: fields.flag("admin_delete_enabled"),
            public_metadata: fields.raw("public_metadata"),
            created_at: fields.number("created_at"),
        })
    }
}

impl Resource for Organization {
    fn from_json(json: &Value) -> Option<Self> {
        Self::read(Fields(json))
    }
}

/// What everybody in an organization may know of a person.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PublicUserData {
    /// `user_…`; absent for somebody who is not in the instance yet.
    pub user_id: Option<String>,
    /// The e-mail address, phone number or user name that the person is known by.
    pub identifier: String,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The address of the picture.
    pub image_url: Option<String>,
}

impl PublicUserData {
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self {
            user_id: fields.text("user_id"),
            identifier: fields.text("identifier").unwrap_or_default(),
            first_name: fields.text("first_name"),
            last_name: fields.text("last_name"),
            image_url: fields.text("image_url"),
        }
    }
}

/// Somebody's membership of an organization.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OrganizationMembership {
    /// `orgmem_…`
    pub id: String,
    /// The role, such as `org:admin`.
    pub role: String,
    /// The role's name for people.
    pub role_name: Option<String>,
    /// The permissions, Clerk's own (`org:sys_…`) among them.
    pub permissions: Vec<String>,
    /// The organization.
    pub organization: Organization,
    /// Whose membership it is, in a list of members.
    pub public_user_data: Option<PublicUserData>,
    /// Since when, in milliseconds since the Unix epoch.
    pub created_at: Option<f64>,
}

impl Resource for OrganizationMembership {
    fn from_json(json: &Value) -> Option<Self> {
        let fields = Fields(json);
        Some(Self {
            id: fields.text("id")?,
            role: fields.text("role").unwrap_or_default(),
            role_name: fields.text("role_name"),
            permissions: fields.texts("permissions"),
            organization: fields
                .object("organization")
                .and_then(Organization::read)
                .unwrap_or_default(),
            public_user_data: fields.object("public_user_data").map(PublicUserData::read),
            created_at: fields.number("created_at"),
        })
    }
}

impl From<&ActiveOrganization> for OrganizationMembership {
    /// What the verified claims say: ids, slug, role and permissions. A name is in no token: the slug stands in for it.
    fn from(active: &ActiveOrganization) -> Self {
        Self {
            role: active.role.clone().unwrap_or_default(),
            permissions: active.permissions.clone(),
            organization: Organization {
                id: active.id.clone(),
                name: active.slug.clone().unwrap_or_default(),
                slug: active.slug.clone(),
                ..Organization::default()
            },
            ..Self::default()
        }
    }
}

/// An invitation into an organization.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OrganizationInvitation {
    /// `orginv_…`
    pub id: String,
    /// Whom it is for.
    pub email_address: String,
    /// The role that it offers.
    pub role: String,
    /// `pending`, `accepted`, `revoked` or `expired`.
    pub status: String,
    /// The organization, in a person's list of invitations.
    pub organization: Option<Organization>,
}

impl Resource for OrganizationInvitation {
    fn from_json(json: &Value) -> Option<Self> {
        let fields = Fields(json);
        Some(Self {
            id: fields.text("id")?,
            email_address: fields.text("email_address").unwrap_or_default(),
            role: fields.text("role").unwrap_or_default(),
            status: fields.text("status").unwrap_or_default(),
            organization: fields
                .object("public_organization_data")
                .and_then(Organization::read),
        })
    }
}

/// An organization that a person could join, because of their e-mail address's domain.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OrganizationSuggestion {
    /// `sug_…`
    pub id: String,
    /// `pending` or `accepted`.
    pub status: String,
    /// The organization.
    pub organization: Option<Organization>,
}

impl Resource for OrganizationSuggestion {
    fn from_json(json: &Value) -> Option<Self> {
        let fields = Fields(json);
        Some(Self {
            id: fields.text("id")?,
            status: fields.text("status").unwrap_or_default(),
            organization: fields
                .object("public_organization_data")
                .and_then(Organization::read),
        })
    }
}

/// Somebody who asks to join an organization.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OrganizationMembershipRequest {
    /// `orgmemreq_…`
    pub id: String,
    /// `pending`, `accepted` or `rejected`.
    pub status: String,
    /// Who asks.
    pub public_user_data: Option<PublicUserData>,
}

impl Resource for OrganizationMembershipRequest {
    fn from_json(json: &Value) -> Option<Self> {
        let fields = Fields(json);
        Some(Self {
            id: fields.text("id")?,
            status: fields.text("status").unwrap_or_default(),
            public_user_data: fields.object("public_user_data").map(PublicUserData::read),
        })
    }
}

/// A domain whose e-mail addresses belong to an organization.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct OrganizationDomain {
    /// `orgdmn_…`
    pub id: String,
    /// The domain.
    pub name: String,
    /// What its addresses mean: `manual_invitation`, `automatic_invitation` or `automatic_suggestion`.
    pub enrollment_mode: String,
    /// Whether it is verified.
    pub is_verified: bool,
}

impl Resource for OrganizationDomain {
    fn from_json(json: &Value) -> Option<Self> {
        let fields = Fields(json);
        let verification = fields.object("verification");
        Some(Self {
            id: fields.text("id")?,
            name: fields.text("name").unwrap_or_default(),
            enrollment_mode: fields.text("enrollment_mode").unwrap_or_default(),
            is_verified: verification.and_then(|verification| verification.text("status"))
                == Some("verified".to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn both_spellings_are_read() {
        let snake = json!({
            "id": "orgmem_1", "role": "org:admin", "role_name": "Admin", "permissions": ["org:sys_memberships:read"],
            "organization": { "id": "org_1", "name": "Acme", "slug": "acme", "image_url": "/a.svg", "members_count": 2 },
            "public_user_data": { "user_id": "user_1", "identifier": "ada@example.com", "first_name": "Ada" },
        });
        let camel = json!({
            "id": "orgmem_1", "role": "org:admin", "roleName": "Admin", "permissions": ["org:sys_memberships:read"],
            "organization": { "id": "org_1", "name": "Acme", "slug": "acme", "imageUrl": "/a.svg", "membersCount": 2 },
            "publicUserData": { "userId": "user_1", "identifier": "ada@example.com", "firstName": "Ada" },
        });
        let membership = OrganizationMembership::from_json(&snake).unwrap();
        assert_eq!(
            OrganizationMembership::from_json(&camel),
            Some(membership.clone())
        );
        assert_eq!(membership.organization.members_count, 2);
        assert_eq!(
            membership.public_user_data.unwrap().user_id.as_deref(),
            Some("user_1")
        );
    }

    #[test]
    fn an_invitation_names_its_organization() {
        let invitation = OrganizationInvitation::from_json(&json!({
            "id": "orginv_1", "emailAddress": "ada@example.com", "role": "org:member", "status": "pending",
            "publicOrganizationData": { "id": "org_1", "name": "Acme", "hasImage": true },
        }))
        .unwrap();
        assert_eq!(invitation.email_address, "ada@example.com");
        assert!(invitation.organization.unwrap().has_image);
        assert_eq!(OrganizationInvitation::from_json(&json!({})), None);
    }

    #[test]
    fn a_domain_is_verified_when_it_says_so() {
        let domain = |status: &str| {
            OrganizationDomain::from_json(
                &json!({ "id": "d", "verification": { "status": status } }),
            )
            .unwrap()
            .is_verified
        };
        assert!(domain("verified"));
        assert!(!domain("unverified"));
    }
}
