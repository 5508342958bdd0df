//! `use_organization_list`

use leptos::prelude::*;
use serde_json::{Value, json};

use super::paginated::{ListOptions, Paginated};
use crate::clerk::{
    Clerk, ClerkError, Organization, OrganizationInvitation, OrganizationMembership,
    OrganizationSuggestion, Resource as _, SetActive, bridge, use_clerk,
};

/// The organizations of the signed-in person. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct UseOrganizationList {
    clerk: Clerk,
    person: Memo<Option<String>>,
}

/// The organizations of the signed-in person: memberships, invitations, suggestions, and making and choosing one.
///
/// *On the server* and *while loading* the lists are empty. *When it fails* they say why.
///
/// ```
/// use leptos::{prelude::*, task::spawn_local};
/// use leptos_clerk_convex::clerk::{ListOptions, SetActive, use_organization_list};
///
/// #[component]
/// fn Choose() -> impl IntoView {
///     let organizations = use_organization_list();
///     let memberships = organizations.memberships(ListOptions::new());
///     move || memberships.data().get().into_iter().map(|membership| {
///         let id = membership.organization.id;
///         let choose = move |_| {
///             let change = SetActive::new().organization(id.clone());
///             spawn_local(async move { _ = organizations.set_active(change).await; });
///         };
///         view! { <button on:click=choose>{membership.organization.name}</button> }
///     }).collect_view()
/// }
/// ```
#[must_use]
pub fn use_organization_list() -> UseOrganizationList {
    let clerk = use_clerk();
    let person = Memo::new(move |_| {
        clerk
            .state()
            .with(|state| state.identity().map(|identity| identity.user_id.clone()))
    });
    UseOrganizationList { clerk, person }
}

impl UseOrganizationList {
    /// The organizations that the person is in.
    #[must_use]
    pub fn memberships(&self, options: ListOptions) -> Paginated<OrganizationMembership> {
        Paginated::new("user.getOrganizationMemberships", self.person, options)
    }

    /// The invitations that the person has. Filter: `status`.
    #[must_use]
    pub fn invitations(&self, options: ListOptions) -> Paginated<OrganizationInvitation> {
        Paginated::new("user.getOrganizationInvitations", self.person, options)
    }

    /// The organizations that the person could join. Filter: `status`.
    #[must_use]
    pub fn suggestions(&self, options: ListOptions) -> Paginated<OrganizationSuggestion> {
        Paginated::new("user.getOrganizationSuggestions", self.person, options)
    }

    /// Makes an organization, with a slug of its own or one that Clerk makes.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses: for example because the slug is taken.
    pub async fn create_organization(
        &self,
        name: &str,
        slug: Option<&str>,
    ) -> Result<Organization, ClerkError> {
        self.clerk.operational().await?;
        let mut parameters = json!({ "name": name });
        if let Some(slug) = slug {
            parameters["slug"] = slug.into();
        }
        let made = bridge::call("createOrganization", &[parameters]).await?;
        made.as_ref()
            .and_then(Organization::from_json)
            .ok_or_else(|| ClerkError::Runtime {
                code: String::new(),
                message: "Clerk did not say which organization it made.".to_owned(),
            })
    }

    /// Makes an organization the active one, or none.
    ///
    /// # Errors
    /// As [`Clerk::set_active`].
    pub async fn set_active(&self, change: SetActive) -> Result<(), ClerkError> {
        self.clerk.set_active(change).await
    }

    /// Accepts an invitation. It has to be in [`invitations`](Self::invitations).
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn accept_invitation(&self, id: &str) -> Result<(), ClerkError> {
        bridge::call_on(id, "accept", &Value::Null).await
    }

    /// Accepts a suggestion. It has to be in [`suggestions`](Self::suggestions).
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn accept_suggestion(&self, id: &str) -> Result<(), ClerkError> {
        bridge::call_on(id, "accept", &Value::Null).await
    }

    /// Leaves an organization.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses: for example because the person is its last administrator.
    pub async fn leave(&self, organization_id: &str) -> Result<(), ClerkError> {
        self.clerk.operational().await?;
        bridge::call("user.leaveOrganization", &[organization_id.into()]).await?;
        Ok(())
    }
}
