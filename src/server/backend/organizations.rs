//! Organizations and who is in them.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{BackendClient, BackendError, BackendRequest, Page};

/// An organization as Clerk keeps it. Times are unix milliseconds.
///
/// It can be serialised to hand it to the browser, and then leaves out `private_metadata`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Organization {
    /// `org_…`.
    pub id: String,
    /// The name.
    pub name: String,
    /// The slug, where the instance uses them.
    pub slug: Option<String>,
    /// Where the logo is; there is always one.
    pub image_url: String,
    /// Whether the logo is the organization's own.
    pub has_image: bool,
    /// How many members there are, when it was asked for.
    pub members_count: Option<u64>,
    /// How many invitations wait, when it was asked for.
    pub pending_invitations_count: Option<u64>,
    /// How many members there can be; 0 for any number.
    pub max_allowed_memberships: u64,
    /// Whether an admin may delete it.
    pub admin_delete_enabled: bool,
    /// What members may read.
    pub public_metadata: Map<String, Value>,
    /// What only servers may read.
    #[serde(skip_serializing)]
    pub private_metadata: Map<String, Value>,
    /// Who made it.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
}

/// A user's place in an organization. Times are unix milliseconds.
///
/// It can be serialised to hand it to the browser, and then leaves out `private_metadata`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct OrganizationMembership {
    /// `orgmem_…`.
    pub id: String,
    /// The role, such as `org:admin`.
    pub role: String,
    /// What the role allows.
    pub permissions: Vec<String>,
    /// What members may read.
    pub public_metadata: Map<String, Value>,
    /// What only servers may read.
    #[serde(skip_serializing)]
    pub private_metadata: Map<String, Value>,
    /// The organization.
    pub organization: Organization,
    /// What other members see of the user.
    pub public_user_data: Option<PublicUserData>,
    /// When they joined.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
}

/// What other members of an organization see of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PublicUserData {
    /// The address, number or name that they sign in with.
    pub identifier: String,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// Where the picture is.
    pub image_url: String,
    /// Whether the picture is the user's own.
    pub has_image: bool,
    /// `user_…`.
    pub user_id: String,
}

impl BackendClient {
    /// One organization, by id or slug.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn organization(&self, id_or_slug: &str) -> Result<Organization, BackendError> {
        self.fetch(BackendRequest::new(
            Method::GET,
            ["organizations", id_or_slug],
        ))
        .await
    }

    /// Who is in an organization.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn organization_memberships(
        &self,
        organization_id: &str,
        limit: Option<u32>,
        offset: Option<u32>,
    ) -> Result<Page<OrganizationMembership>, BackendError> {
        let request = BackendRequest::new(
            Method::GET,
            ["organizations", organization_id, "memberships"],
        )
        .query("limit", limit.filter(|limit| *limit > 0))
        .query("offset", offset.filter(|offset| *offset > 0));
        self.fetch_list(request).await
    }
}
