//! `use_organization`

use leptos::prelude::*;
use serde_json::{Value, json};

use super::paginated::{ListOptions, Paginated};
use crate::{
    auth::AuthState,
    clerk::{
        Clerk, ClerkError, Organization, OrganizationDomain, OrganizationInvitation,
        OrganizationMembership, OrganizationMembershipRequest, bridge, use_clerk,
    },
};

/// The active organization, its lists, and what can be done in it. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct UseOrganization {
    clerk: Clerk,
    membership: Memo<Option<OrganizationMembership>>,
}

/// The active organization, its lists, and what can be done in it.
///
/// *On the server* and *while loading* ClerkJS, the organization has what the verified claims say: id, slug, and the person's role
/// and permissions. When ClerkJS runs, everything is there.
/// *When it fails* it stays at that; the lists say why they are empty.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::clerk::{ListOptions, use_organization};
///
/// #[component]
/// fn Members() -> impl IntoView {
///     let members = use_organization().memberships(ListOptions::new());
///     view! {
///         <ul>
///             {move || members.data().get().into_iter().map(|member| view! {
///                 <li>{member.public_user_data.map(|person| person.identifier)} " " {member.role_name}</li>
///             }).collect_view()}
///         </ul>
///         <button on:click=move |_| members.fetch_next()>"More"</button>
///     }
/// }
/// ```
#[must_use]
pub fn use_organization() -> UseOrganization {
    let clerk = use_clerk();
    let membership = Memo::new(move |_| {
        let known = clerk.state().with(|state| {
            let organization = state.identity()?.organization.as_ref()?;
            Some(OrganizationMembership::from(organization))
        })?;
        // ClerkJS may still hold the organization before: what it says counts for the one that is active.
        let full = clerk.membership().with(|membership| {
            let same = membership
                .as_ref()
                .filter(|membership| membership.organization.id == known.organization.id);
            same.cloned()
        });
        Some(full.unwrap_or(known))
    });
    UseOrganization { clerk, membership }
}

impl UseOrganization {
    /// Whether it is known which organization is active, if any. Reactive.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        !self.clerk.state().with(AuthState::is_loading)
    }

    /// The person's membership of the active organization, which is in it.
    #[must_use]
    pub fn membership(&self) -> Memo<Option<OrganizationMembership>> {
        self.membership
    }

    /// The active organization. Reactive.
    #[must_use]
    pub fn organization(&self) -> Option<Organization> {
        self.membership.with(|membership| {
            let membership = membership.as_ref()?;
            Some(membership.organization.clone())
        })
    }

    fn id(&self) -> Memo<Option<String>> {
        let membership = self.membership;
        Memo::new(move |_| {
            membership.with(|membership| {
                let membership = membership.as_ref()?;
                Some(membership.organization.id.clone())
            })
        })
    }

    /// The members. Filters: `role`, `query`.
    #[must_use]
    pub fn memberships(&self, options: ListOptions) -> Paginated<OrganizationMembership> {
        Paginated::new("organization.getMemberships", self.id(), options)
    }

    /// The invitations. Filter: `status`.
    #[must_use]
    pub fn invitations(&self, options: ListOptions) -> Paginated<OrganizationInvitation> {
        Paginated::new("organization.getInvitations", self.id(), options)
    }

    /// The people who ask to join. Filter: `status`.
    #[must_use]
    pub fn membership_requests(
        &self,
        options: ListOptions,
    ) -> Paginated<OrganizationMembershipRequest> {
        Paginated::new("organization.getMembershipRequests", self.id(), options)
    }

    /// The domains. Filter: `enrollmentMode`.
    #[must_use]
    pub fn domains(&self, options: ListOptions) -> Paginated<OrganizationDomain> {
        Paginated::new("organization.getDomains", self.id(), options)
    }

    /// Invites somebody.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses: for example because the person may not invite, or the address is invited already.
    pub async fn invite_member(&self, email_address: &str, role: &str) -> Result<(), ClerkError> {
        let invitation = json!({ "emailAddress": email_address, "role": role });
        self.call("inviteMember", invitation).await
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn update_member(&self, user_id: &str, role: &str) -> Result<(), ClerkError> {
        self.call("updateMember", json!({ "userId": user_id, "role": role }))
            .await
    }

    /// Removes a member.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn remove_member(&self, user_id: &str) -> Result<(), ClerkError> {
        self.call("removeMember", user_id.into()).await
    }

    /// Renames the organization, or changes its slug: an object with `name` or `slug`.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn update(&self, change: Value) -> Result<(), ClerkError> {
        self.call("update", change).await
    }

    /// Deletes the organization.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn delete(&self) -> Result<(), ClerkError> {
        self.call("destroy", Value::Null).await
    }

    /// Takes an invitation back. It has to be in [`invitations`](Self::invitations).
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn revoke_invitation(&self, id: &str) -> Result<(), ClerkError> {
        bridge::call_on(id, "revoke", &Value::Null).await
    }

    /// Lets somebody in. The request has to be in [`membership_requests`](Self::membership_requests).
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn accept_request(&self, id: &str) -> Result<(), ClerkError> {
        bridge::call_on(id, "accept", &Value::Null).await
    }

    /// Does not let somebody in. The request has to be in [`membership_requests`](Self::membership_requests).
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn reject_request(&self, id: &str) -> Result<(), ClerkError> {
        bridge::call_on(id, "reject", &Value::Null).await
    }

    async fn call(&self, method: &str, parameters: Value) -> Result<(), ClerkError> {
        self.clerk.operational().await?;
        bridge::call(&format!("organization.{method}"), &[parameters]).await?;
        Ok(())
    }
}
