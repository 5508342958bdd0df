//! `UserProfile`

use leptos::prelude::*;
use serde_json::Value;

use super::prebuilt::{ClerkComponent, Custom, CustomPage, Placeholder, prebuilt, props};
use crate::clerk::Appearance;

/// Clerk's account page: profile, security, sessions, and pages of the application's own.
///
/// Without a `path`, its tabs are in the address's hash, and any route can hold it. With one, its tabs are below that path: make
/// the page a `<ParentRoute>` with the children `path!("")` and `path!("*rest")`, so that it stays in place from one to the next.
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again.
/// While nobody is signed in it shows nothing.
#[component]
pub fn UserProfile(
    /// The path of the page that it is on; without it, the tabs are in the address's hash.
    #[prop(optional, into)]
    path: MaybeProp<String>,
    /// Pages beside Clerk's own.
    #[prop(optional)]
    pages: Vec<CustomPage>,
    /// What to ask other providers for beyond the usual: an object of lists of scopes by provider.
    #[prop(optional, into)]
    additional_oauth_scopes: MaybeProp<Value>,
    /// Props of the page of API keys, by Clerk's names; `hide` leaves it out.
    #[prop(optional, into)]
    api_keys_props: MaybeProp<Value>,
    /// The look of this page alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    let props = props![
        "path": path,
        "additionalOAuthScopes": additional_oauth_scopes,
        "apiKeysProps": api_keys_props,
        "appearance": appearance,
    ];
    let custom = Custom {
        pages,
        ..Custom::default()
    };
    prebuilt(ClerkComponent::UserProfile, props, custom, PAGE)
}

/// A block of the page's size.
pub(super) const PAGE: Placeholder = Placeholder::Block("clerk-placeholder-page");
