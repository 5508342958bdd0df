//! `UserAvatar`

use leptos::prelude::*;

use super::prebuilt::{ClerkComponent, Custom, Placeholder, prebuilt, props};
use crate::clerk::Appearance;

/// The person's picture.
///
/// *On the server* and *while loading* it shows the picture or the initials from the claims, in the same size. *When it fails*
/// it stays at that. While nobody is signed in it shows nothing.
#[component]
pub fn UserAvatar(
    /// Whether it is a circle, which it is by default.
    #[prop(optional, into)]
    rounded: MaybeProp<bool>,
    /// The look of this picture alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    let props = props!["rounded": rounded, "appearance": appearance];
    prebuilt(
        ClerkComponent::UserAvatar,
        props,
        Custom::default(),
        Placeholder::Avatar,
    )
}
