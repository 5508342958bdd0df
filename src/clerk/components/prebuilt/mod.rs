//! The place that a prebuilt component of Clerk's gets in the page. There is one mechanism for all of them, and a static
//! description of each.

mod component;
mod custom;
mod failure;
mod placeholder;
mod props;

pub use component::ClerkComponent;
pub(in crate::clerk) use component::{Audience, Load};
pub(in crate::clerk) use custom::Custom;
#[cfg(target_arch = "wasm32")]
pub(in crate::clerk) use custom::MenuItemDoes;
pub use custom::{CustomMenuItem, CustomPage};
pub(super) use placeholder::Placeholder;
pub(in crate::clerk) use props::{Prop, object, props, signal};

use leptos::{html::Div, prelude::*};
use serde_json::Value;

use crate::{
    auth::AuthState,
    clerk::{ClerkStatus, UiStatus, bridge, use_clerk},
};

/// A prebuilt component in its place, for those whom ClerkJS shows it to.
pub(super) fn prebuilt(
    component: ClerkComponent,
    props: Vec<(&'static str, Prop)>,
    custom: Custom,
    placeholder: Placeholder,
) -> AnyView {
    let props = signal(props);
    let audience = component.description().audience;
    if audience == Audience::Anybody {
        return place(component, props, custom, placeholder);
    }
    let state = use_clerk().state();
    let shown = Memo::new(move |_| {
        state.with(|state| match audience {
            Audience::Member => state
                .identity()
                .is_some_and(|identity| identity.organization.is_some()),
            Audience::Anybody | Audience::Person => AuthState::is_authenticated(state),
        })
    });
    (move || {
        shown
            .get()
            .then(|| place(component, props, custom.clone(), placeholder))
    })
    .into_any()
}

/// An element that ClerkJS fills, with a placeholder that reserves its space until then.
///
/// The inner element is the same on server and browser and Leptos never touches its children.
fn place(
    component: ClerkComponent,
    props: Signal<Value>,
    custom: Custom,
    placeholder: Placeholder,
) -> AnyView {
    let description = component.description();
    let node = NodeRef::<Div>::new();
    let painted = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    mount(component, node, props, custom, painted, refused);

    let clerk = use_clerk();
    let unreachable = Memo::new(move |_| {
        description.load == Load::Now
            && (clerk
                .status()
                .with(|status| matches!(status, ClerkStatus::Failed(_)))
                || clerk.ui_status().get() == UiStatus::Failed)
    });
    let stand_in = move || {
        if painted.get() {
            placeholder.remains().into_any()
        } else if unreachable.get() {
            failure::unreachable()
        } else if let Some(reason) = refused.get().filter(|_| description.load == Load::Now) {
            failure::refused(reason)
        } else {
            placeholder.view()
        }
    };
    view! {
        <div
            class=format!("clerk-component {}", description.class)
            style=description.space
            data-clerk-component=description.name
        >
            {stand_in}
            <div class="clerk-component-node" style="grid-area:1/1" node_ref=node></div>
        </div>
    }
    .into_any()
}

/// Has the scripts loaded, and keeps what ClerkJS shows in the element in step with the props.
fn mount(
    component: ClerkComponent,
    node: NodeRef<Div>,
    props: Signal<Value>,
    mut custom: Custom,
    painted: RwSignal<bool>,
    refused: RwSignal<Option<String>>,
) {
    let clerk = use_clerk();
    custom.owner = Owner::current().map(|owner| owner.downgrade());
    let mounted: StoredValue<_, bridge::MountStorage> =
        StoredValue::new_with_storage(None::<bridge::Mounted>);
    Effect::new(move |_| match component.description().load {
        Load::Now => clerk.load_ui(),
        Load::WhenIdle => bridge::hydrated_idle(move || clerk.load_ui()),
    });
    Effect::new(move |_| {
        let (Some(element), true) = (node.get(), clerk.status().with(ClerkStatus::is_operational))
        else {
            return;
        };
        let props = props.get();
        let updated = mounted
            .try_with_value(|mounted| mounted.as_ref().map(|mounted| mounted.update(&props)))
            .flatten();
        if updated.is_some() {
            return;
        }
        let painted = move || _ = painted.try_set(true);
        match bridge::Mounted::mount(component, &element, &props, &custom, painted) {
            Ok(now) => {
                mounted.set_value(Some(now));
                refused.set(None);
            }
            Err(error) => {
                leptos::logging::error!("{} could not be shown: {error}", component.name());
                refused.set(Some(error.to_string()));
            }
        }
    });
    on_cleanup(move || _ = mounted.try_update_value(Option::take));
}
