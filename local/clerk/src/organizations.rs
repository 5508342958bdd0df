//! Operations on organizations and their members that both APIs share.

use serde_json::{Value, json};

use crate::clock::Millis;
use crate::error::{ApiError, Code, Internal};
use crate::http::Fields;
use crate::http::call::Call;
use crate::random;
use crate::resources::role;
use crate::seed::slug;
use crate::store::Store;
use crate::store::records::{ApiKey, Invitation, Membership, Organization, Session, User};

/// Clerk's default limit of a development instance.
pub(crate) const MAX_MEMBERSHIPS: u32 = 5;
const DEFAULT_PAGE: usize = 10;
const LARGEST_PAGE: usize = 500;

pub(crate) const ADMIN: &str = "org:admin";

/// The member that a request's path names, with the person behind it.
pub(crate) fn named_member(
    call: &Call<'_>,
    organization: &Organization,
) -> Result<(Membership, User), ApiError> {
    let id = call.request.parameter("user");
    let membership = membership(call.store, &organization.id, id)?;
    membership
        .zip(call.store.find::<User>(id)?)
        .ok_or_else(|| ApiError::not_found("member", id))
}

/// Creates an organization whose creator, if there is one, is its admin.
pub(crate) fn create(
    store: &Store<'_>,
    name: &str,
    wanted_slug: Option<&str>,
    creator: Option<&User>,
    now: Millis,
) -> Result<Organization, ApiError> {
    let name = check_name(name)?;
    let slug = match wanted_slug {
        Some(slug) => check_slug(store, slug, None)?,
        None => free_slug(store, &name)?,
    };
    let organization = Organization {
        id: random::id("org")?,
        name,
        slug,
        image_id: None,
        public_metadata: Default::default(),
        private_metadata: Default::default(),
        max_allowed_memberships: MAX_MEMBERSHIPS,
        plan: None,
        created_by: creator.map(|user| user.id.clone()),
        created_at: now,
        updated_at: now,
    };
    store.save(&organization)?;
    if let Some(user) = creator {
        add_member(store, &organization, user, ADMIN, now)?;
    }
    Ok(organization)
}

/// Changes name and slug where they are given.
pub(crate) fn rename(
    store: &Store<'_>,
    organization: &mut Organization,
    name: Option<&str>,
    slug: Option<&str>,
    now: Millis,
) -> Result<(), ApiError> {
    if let Some(name) = name {
        organization.name = check_name(name)?;
    }
    if let Some(slug) = slug {
        organization.slug = check_slug(store, slug, Some(&organization.id))?;
    }
    organization.updated_at = now;
    Ok(store.save(organization)?)
}

/// Deletes an organization; sessions that act in it return to the personal account.
pub(crate) fn delete(store: &Store<'_>, organization: &Organization) -> Result<(), Internal> {
    for membership in store.list::<Membership>("organization_id", &organization.id)? {
        leave_active(store, &membership)?;
    }
    store.delete_by::<Membership>("organization_id", &organization.id)?;
    store.delete_by::<Invitation>("organization_id", &organization.id)?;
    store.delete_by::<ApiKey>("subject", &organization.id)?;
    store.delete::<Organization>(&organization.id)
}

/// The organization with this id or slug.
pub(crate) fn find(store: &Store<'_>, id_or_slug: &str) -> Result<Organization, ApiError> {
    let column = if id_or_slug.starts_with("org_") {
        "id"
    } else {
        "slug"
    };
    let found = store.find_by::<Organization>(column, id_or_slug)?;
    found.ok_or_else(|| Code::OrganizationNotFound.into())
}

/// The membership of a user in an organization.
pub(crate) fn membership(
    store: &Store<'_>,
    organization_id: &str,
    user_id: &str,
) -> Result<Option<Membership>, Internal> {
    let memberships = store.list::<Membership>("organization_id", organization_id)?;
    Ok(memberships
        .into_iter()
        .find(|membership| membership.user_id == user_id))
}

pub(crate) fn add_member(
    store: &Store<'_>,
    organization: &Organization,
    user: &User,
    role: &str,
    now: Millis,
) -> Result<Membership, ApiError> {
    let role = check_role(role)?;
    if membership(store, &organization.id, &user.id)?.is_some() {
        return Err(Code::AlreadyAMember.into());
    }
    require_room(store, organization, 0)?;
    let membership = Membership {
        id: random::id("orgmem")?,
        organization_id: organization.id.clone(),
        user_id: user.id.clone(),
        role,
        public_metadata: Default::default(),
        created_at: now,
        updated_at: now,
    };
    store.save(&membership)?;
    Ok(membership)
}

pub(crate) fn change_role(
    store: &Store<'_>,
    mut membership: Membership,
    role: &str,
    now: Millis,
) -> Result<Membership, ApiError> {
    let role = check_role(role)?;
    if membership.role == ADMIN && role != ADMIN {
        require_another_admin(store, &membership)?;
    }
    membership.role = role;
    membership.updated_at = now;
    store.save(&membership)?;
    Ok(membership)
}

pub(crate) fn remove_member(store: &Store<'_>, membership: &Membership) -> Result<(), ApiError> {
    if membership.role == ADMIN {
        require_another_admin(store, membership)?;
    }
    leave_active(store, membership)?;
    Ok(store.delete::<Membership>(&membership.id)?)
}

/// One page of a list, by `limit` and `offset`.
pub(crate) fn page(items: Vec<Value>, query: &Fields) -> Value {
    let total = items.len();
    let limit = query
        .number("limit")
        .unwrap_or(DEFAULT_PAGE)
        .clamp(1, LARGEST_PAGE);
    let offset = query.number("offset").unwrap_or(0);
    let data: Vec<Value> = items.into_iter().skip(offset).take(limit).collect();
    json!({ "data": data, "total_count": total })
}

/// Refuses more members than the organization may have; open invitations count as `invited`.
pub(crate) fn require_room(
    store: &Store<'_>,
    organization: &Organization,
    invited: usize,
) -> Result<(), ApiError> {
    let members = store
        .list::<Membership>("organization_id", &organization.id)?
        .len();
    let room = usize::try_from(organization.max_allowed_memberships).unwrap_or(usize::MAX);
    if members + invited >= room {
        Err(Code::OrganizationQuota.into())
    } else {
        Ok(())
    }
}

fn require_another_admin(store: &Store<'_>, membership: &Membership) -> Result<(), ApiError> {
    let memberships = store.list::<Membership>("organization_id", &membership.organization_id)?;
    let another = memberships
        .iter()
        .any(|other| other.id != membership.id && other.role == ADMIN);
    if another {
        Ok(())
    } else {
        Err(Code::OrganizationMinimumPermissions.into())
    }
}

/// Sessions of a former member no longer act in the organization.
fn leave_active(store: &Store<'_>, membership: &Membership) -> Result<(), Internal> {
    for mut session in store.list::<Session>("user_id", &membership.user_id)? {
        if session.active_organization_id.as_ref() == Some(&membership.organization_id) {
            session.active_organization_id = None;
            store.save(&session)?;
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<String, ApiError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 256 {
        return Err(ApiError::new(Code::FormParamFormatInvalid)
            .parameter("name")
            .because("The name must have between 1 and 256 characters."));
    }
    Ok(name.to_owned())
}

pub(crate) fn check_role(key: &str) -> Result<String, ApiError> {
    role(key).map(|role| role.key.to_owned()).ok_or_else(|| {
        ApiError::new(Code::FormParamValueInvalid)
            .parameter("role")
            .because(format!("There is no role {key}."))
    })
}

fn check_slug(store: &Store<'_>, wanted: &str, own_id: Option<&str>) -> Result<String, ApiError> {
    if slug(wanted) != wanted {
        return Err(ApiError::new(Code::FormParamFormatInvalid)
            .parameter("slug")
            .because("The slug may contain lower case letters, digits and single hyphens only."));
    }
    match store.find_by::<Organization>("slug", wanted)? {
        Some(other) if Some(other.id.as_str()) != own_id => {
            Err(ApiError::new(Code::FormIdentifierExists)
                .parameter("slug")
                .because("That slug is taken. Please try another."))
        }
        _ => Ok(wanted.to_owned()),
    }
}

fn free_slug(store: &Store<'_>, name: &str) -> Result<String, Internal> {
    let slug = Some(slug(name))
        .filter(|slug| !slug.is_empty())
        .unwrap_or_else(|| "organization".to_owned());
    if store.find_by::<Organization>("slug", &slug)?.is_none() {
        return Ok(slug);
    }
    // Hosted instances append the time; a random ending is as unguessable and needs no second look-up.
    Ok(format!("{slug}-{}", random::hex(5)?))
}
