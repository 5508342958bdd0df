//! `OrganizationProfile`, `OrganizationList` and `CreateOrganization`

use leptos::prelude::*;
use serde_json::Value;

use super::{
    prebuilt::{ClerkComponent, Custom, CustomPage, Placeholder, prebuilt, props},
    user_profile::PAGE,
};
use crate::clerk::Appearance;

/// A card that stands alone in a page.
pub(super) const CARD: Placeholder = Placeholder::Block("clerk-placeholder-card");

/// Clerk's page of the active organization: general, members, and pages of the application's own.
///
/// `path` is as for [`UserProfile`](crate::clerk::UserProfile).
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again.
/// While no organization is active it shows nothing.
#[component]
pub fn OrganizationProfile(
    /// The path of the page that it is on; without it, the tabs are in the address's hash.
    #[prop(optional, into)]
    path: MaybeProp<String>,
    /// Where to go when the organization was left.
    #[prop(optional, into)]
    after_leave_organization_url: MaybeProp<String>,
    /// Pages beside Clerk's own.
    #[prop(optional)]
    pages: Vec<CustomPage>,
    /// Props of the page of API keys, by Clerk's names; `hide` leaves it out.
    #[prop(optional, into)]
    api_keys_props: MaybeProp<Value>,
    /// The look of this page alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    let props = props![
        "path": path,
        "afterLeaveOrganizationUrl": after_leave_organization_url,
        "apiKeysProps": api_keys_props,
        "appearance": appearance,
    ];
    let custom = Custom {
        pages,
        ..Custom::default()
    };
    prebuilt(ClerkComponent::OrganizationProfile, props, custom, PAGE)
}

/// Clerk's list of organizations, invitations and suggestions to choose from.
///
/// An address can hold members of the chosen organization: `/org/:slug`.
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again.
/// While nobody is signed in it shows nothing.
#[component]
pub fn OrganizationList(
    /// Whether working without an organization is not offered.
    #[prop(optional, into)]
    hide_personal: MaybeProp<bool>,
    /// Where to go when an organization was chosen.
    #[prop(optional, into)]
    after_select_organization_url: MaybeProp<String>,
    /// Where to go when the personal account was chosen.
    #[prop(optional, into)]
    after_select_personal_url: MaybeProp<String>,
    /// Where to go when an organization was made.
    #[prop(optional, into)]
    after_create_organization_url: MaybeProp<String>,
    /// Whether inviting people is left out when an organization is made.
    #[prop(optional, into)]
    skip_invitation_screen: MaybeProp<bool>,
    /// The look of this list alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    let props = props![
        "hidePersonal": hide_personal,
        "afterSelectOrganizationUrl": after_select_organization_url,
        "afterSelectPersonalUrl": after_select_personal_url,
        "afterCreateOrganizationUrl": after_create_organization_url,
        "skipInvitationScreen": skip_invitation_screen,
        "appearance": appearance,
    ];
    prebuilt(
        ClerkComponent::OrganizationList,
        props,
        Custom::default(),
        CARD,
    )
}

/// Clerk's form that makes an organization.
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again.
/// While nobody is signed in it shows nothing.
#[component]
pub fn CreateOrganization(
    /// The path of the page that it is on; without it, the steps are in the address's hash.
    #[prop(optional, into)]
    path: MaybeProp<String>,
    /// Where to go afterwards. It can hold members of the organization: `/org/:slug`.
    #[prop(optional, into)]
    after_create_organization_url: MaybeProp<String>,
    /// Whether inviting people is left out.
    #[prop(optional, into)]
    skip_invitation_screen: MaybeProp<bool>,
    /// The look of this form alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    let props = props![
        "path": path,
        "afterCreateOrganizationUrl": after_create_organization_url,
        "skipInvitationScreen": skip_invitation_screen,
        "appearance": appearance,
    ];
    prebuilt(
        ClerkComponent::CreateOrganization,
        props,
        Custom::default(),
        CARD,
    )
}
