//! `UserButton`

use leptos::prelude::*;
use serde_json::{Value, json};

use super::prebuilt::{ClerkComponent, Load, Prebuilt};
use crate::{auth::AuthState, clerk::use_clerk, identity::Identity};

/// Clerk's account button: the person's picture, with a menu.
///
/// *On the server* and *while loading* it shows the picture or the initials from the claims, in the same size, so nothing
/// moves when the button arrives. *When it fails* it stays at that. While nobody is signed in it shows nothing.
#[component]
pub fn UserButton(
    /// Whether to show the name beside the picture.
    #[prop(optional)]
    show_name: bool,
    /// The account page to go to; without it, the account page opens above this one.
    #[prop(optional, into)]
    user_profile_url: Option<String>,
    /// Clerk's `appearance` object, for this button alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Value>,
) -> impl IntoView {
    let state = use_clerk().state();
    let user_profile_url = StoredValue::new(user_profile_url);
    let props = Signal::derive(move || {
        let mut props = json!({ "showName": show_name });
        if let Some(url) = user_profile_url.get_value() {
            props["userProfileMode"] = "navigation".into();
            props["userProfileUrl"] = url.into();
        }
        if let Some(appearance) = appearance.get() {
            props["appearance"] = appearance;
        }
        props
    });
    let avatar = move || state.with(|state| state.identity().map(avatar));
    view! {
        <Show when=move || state.with(AuthState::is_authenticated)>
            <Prebuilt
                component=ClerkComponent::UserButton
                load=Load::WhenIdle
                props
                placeholder=avatar
                class="clerk-user-button"
            />
        </Show>
    }
}

/// The picture, or the initials.
fn avatar(identity: &Identity) -> impl IntoView + use<> {
    let name = identity.profile.name.clone().unwrap_or_default();
    match identity.profile.image_url.clone() {
        Some(url) => view! { <img class="clerk-avatar" src=url alt=name width="28" height="28"/> }.into_any(),
        None => view! { <span class="clerk-avatar" role="img" aria-label=name.clone()>{initials(&name)}</span> }.into_any(),
    }
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let first = words.first().and_then(|word| word.chars().next());
    let last = words
        .get(1..)
        .and_then(<[&str]>::last)
        .and_then(|word| word.chars().next());
    first
        .into_iter()
        .chain(last)
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        assert_eq!(initials("Ada Augusta lovelace"), "AL");
        assert_eq!(initials("Ödön"), "Ö");
        assert_eq!(initials("  "), "");
    }
}
