//! What stands where a component will be, in the server's HTML and until ClerkJS has painted.

use leptos::prelude::*;

use crate::{
    clerk::use_clerk,
    identity::{ActiveOrganization, Identity},
};

/// What stands in for a component, in its size.
#[derive(Clone, Copy, Debug)]
pub(in crate::clerk) enum Placeholder {
    /// Nothing: the component shows nothing in the page.
    Nothing,
    /// A card that says that something is coming.
    Block(&'static str),
    /// The person's picture, or their initials.
    Avatar,
    /// The same, with the name beside it while the flag is set.
    NamedAvatar(MaybeProp<bool>),
    /// The active organization.
    Organization,
}

impl Placeholder {
    pub(super) fn view(self) -> AnyView {
        match self {
            Self::Nothing => ().into_any(),
            Self::Block(class) => view! {
                <div class=format!("clerk-placeholder {class}") style="grid-area:1/1;min-height:inherit" role="status">"Loading…"</div>
            }
            .into_any(),
            Self::Avatar => with_identity(avatar_of),
            Self::NamedAvatar(show_name) => named_avatar(show_name, false),
            Self::Organization => with_identity(organization),
        }
    }

    /// What remains of it, unseen, once the component has painted. A name is wider or narrower in Clerk's font; what the
    /// placeholder took stays taken, so that nothing beside it moves.
    pub(super) fn remains(self) -> AnyView {
        match self {
            Self::NamedAvatar(show_name) => named_avatar(show_name, true),
            _ => ().into_any(),
        }
    }
}

fn with_identity(show: fn(&Identity) -> AnyView) -> AnyView {
    let state = use_clerk().state();
    (move || state.with(|state| state.identity().map(show))).into_any()
}

fn named_avatar(show_name: MaybeProp<bool>, unseen: bool) -> AnyView {
    let state = use_clerk().state();
    let view = move || {
        let with_name = show_name.get() == Some(true);
        state.with(|state| {
            let identity = state.identity()?;
            if !with_name {
                return (!unseen).then(|| avatar_of(identity));
            }
            let visibility = if unseen { "visibility:hidden;" } else { "" };
            let style = format!(
                "{visibility}grid-area:1/1;display:inline-flex;align-items:center;gap:.5rem;white-space:nowrap"
            );
            let name = identity.profile.name.clone().unwrap_or_default();
            Some(
                view! { <span style=style><span style="font-size:.8125rem;font-weight:500">{name}</span>{avatar_of(identity)}</span> }
                    .into_any(),
            )
        })
    };
    view.into_any()
}

/// The picture, or the initials.
pub(in crate::clerk) fn avatar_of(identity: &Identity) -> AnyView {
    let name = identity.profile.name.clone().unwrap_or_default();
    match identity.profile.image_url.clone() {
        Some(url) => view! { <img class="clerk-avatar" style=AVATAR src=url alt=name width="28" height="28"/> }.into_any(),
        None => view! { <span class="clerk-avatar" style=AVATAR role="img" aria-label=name.clone()>{initials(&name)}</span> }.into_any(),
    }
}

const AVATAR: &str = "grid-area:1/1;width:28px;height:28px;border-radius:50%";

/// The organization's initials and slug: its name is in no token.
fn organization(identity: &Identity) -> AnyView {
    let name = organization_name(identity.organization.as_ref());
    let initials = initials(&name);
    view! {
        <span
            class="clerk-organization"
            style="grid-area:1/1;display:inline-flex;align-items:center;gap:.75rem;padding:0 .25rem;white-space:nowrap;overflow:hidden;font-size:.8125rem"
        >
            <span class="clerk-avatar" style="width:20px;height:20px;border-radius:4px;font-size:.5rem" aria-hidden="true">{initials}</span>
            {name}
        </span>
    }
    .into_any()
}

fn organization_name(organization: Option<&ActiveOrganization>) -> String {
    organization.map_or_else(
        || "Personal account".to_owned(),
        |organization| {
            organization
                .slug
                .clone()
                .unwrap_or_else(|| "Organization".to_owned())
        },
    )
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.last().and_then(|word| word.chars().next());
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
