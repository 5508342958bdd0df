//! `OrganizationSwitcher`

use leptos::prelude::*;
use serde_json::Value;

use super::prebuilt::{ClerkComponent, Custom, CustomPage, Placeholder, prebuilt, props};
use crate::clerk::Appearance;

/// Clerk's menu of organizations: shows the active one, and switches.
///
/// An address can hold members of the chosen organization: `/org/:slug`.
///
/// *On the server* and *while loading* it shows the active organization from the claims, in a place of the same size. *When it
/// fails* it stays at that. While nobody is signed in it shows nothing.
#[component]
pub fn OrganizationSwitcher(
    /// Whether working without an organization is not offered.
    #[prop(optional, into)]
    hide_personal: MaybeProp<bool>,
    /// Whether the menu starts open.
    #[prop(optional, into)]
    default_open: MaybeProp<bool>,
    /// Where to go when an organization was chosen.
    #[prop(optional, into)]
    after_select_organization_url: MaybeProp<String>,
    /// Where to go when the personal account was chosen.
    #[prop(optional, into)]
    after_select_personal_url: MaybeProp<String>,
    /// Where to go when an organization was made.
    #[prop(optional, into)]
    after_create_organization_url: MaybeProp<String>,
    /// Where to go when an organization was left.
    #[prop(optional, into)]
    after_leave_organization_url: MaybeProp<String>,
    /// The page that makes an organization; without it, that opens above this one.
    #[prop(optional, into)]
    create_organization_url: MaybeProp<String>,
    /// The organization's page; without it, that opens above this one.
    #[prop(optional, into)]
    organization_profile_url: MaybeProp<String>,
    /// Whether inviting people is left out when an organization is made.
    #[prop(optional, into)]
    skip_invitation_screen: MaybeProp<bool>,
    /// Pages of the organization's page that opens above this one, beside Clerk's own.
    #[prop(optional)]
    pages: Vec<CustomPage>,
    /// Further props for that page, by Clerk's names.
    #[prop(optional, into)]
    organization_profile_props: MaybeProp<Value>,
    /// The look of this menu alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    let props = props![
        "hidePersonal": hide_personal,
        "defaultOpen": default_open,
        "afterSelectOrganizationUrl": after_select_organization_url,
        "afterSelectPersonalUrl": after_select_personal_url,
        "afterCreateOrganizationUrl": after_create_organization_url,
        "afterLeaveOrganizationUrl": after_leave_organization_url,
        "createOrganizationUrl": create_organization_url,
        "organizationProfileUrl": organization_profile_url,
        "skipInvitationScreen": skip_invitation_screen,
        "organizationProfileProps": organization_profile_props,
        "appearance": appearance,
    ];
    let custom = Custom {
        parent: "organizationProfileProps",
        pages,
        ..Custom::default()
    };
    prebuilt(
        ClerkComponent::OrganizationSwitcher,
        props,
        custom,
        Placeholder::Organization,
    )
}
