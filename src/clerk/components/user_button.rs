//! `UserButton`

use leptos::prelude::*;
use serde_json::Value;

use super::prebuilt::{
    ClerkComponent, Custom, CustomMenuItem, CustomPage, Placeholder, prebuilt, props,
};
use crate::clerk::Appearance;

/// Clerk's account button: the person's picture, with a menu.
///
/// *On the server* and *while loading* it shows the picture or the initials from the claims, in the same size, so nothing
/// moves when the button arrives. *When it fails* it stays at that. While nobody is signed in it shows nothing.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::clerk::{CustomMenuItem, UserButton};
///
/// #[component]
/// fn Account() -> impl IntoView {
///     view! { <UserButton show_name=true menu_items=vec![CustomMenuItem::link("Help", "/help", || "?")]/> }
/// }
/// ```
#[component]
pub fn UserButton(
    /// Whether to show the name beside the picture.
    #[prop(optional, into)]
    show_name: MaybeProp<bool>,
    /// Whether the menu starts open.
    #[prop(optional, into)]
    default_open: MaybeProp<bool>,
    /// The account page to go to; without it, the account page opens above this one.
    #[prop(optional, into)]
    user_profile_url: MaybeProp<String>,
    /// Where to go when another session of this browser is chosen.
    #[prop(optional, into)]
    after_switch_session_url: MaybeProp<String>,
    /// Where people sign in to one more account.
    #[prop(optional, into)]
    sign_in_url: MaybeProp<String>,
    /// Entries of the menu, beside Clerk's own.
    #[prop(optional)]
    menu_items: Vec<CustomMenuItem>,
    /// Pages of the account page that opens above this one, beside Clerk's own.
    #[prop(optional)]
    pages: Vec<CustomPage>,
    /// Further props for that account page, by Clerk's names.
    #[prop(optional, into)]
    user_profile_props: MaybeProp<Value>,
    /// The look of this button alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    let props = props![
        "showName": show_name,
        "defaultOpen": default_open,
        "userProfileUrl": user_profile_url,
        "afterSwitchSessionUrl": after_switch_session_url,
        "signInUrl": sign_in_url,
        "userProfileProps": user_profile_props,
        "appearance": appearance,
    ];
    let custom = Custom {
        parent: "userProfileProps",
        pages,
        menu_items,
        ..Custom::default()
    };
    let placeholder = Placeholder::NamedAvatar(show_name);
    prebuilt(ClerkComponent::UserButton, props, custom, placeholder)
}
