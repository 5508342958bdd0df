//! The place that a prebuilt component of Clerk's gets in the page.

use leptos::{html::Div, prelude::*};
use serde_json::Value;

use crate::clerk::{ClerkStatus, UiStatus, bridge, use_clerk};

/// The prebuilt components that are put into the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClerkComponent {
    /// The sign-in form.
    SignIn,
    /// The sign-up form.
    SignUp,
    /// The account button.
    UserButton,
    /// The account page.
    UserProfile,
}

impl ClerkComponent {
    #[cfg_attr(
        not(target_arch = "wasm32"),
        expect(dead_code, reason = "called in the browser")
    )]
    pub(in crate::clerk) fn mount_method(self) -> &'static str {
        match self {
            Self::SignIn => "mountSignIn",
            Self::SignUp => "mountSignUp",
            Self::UserButton => "mountUserButton",
            Self::UserProfile => "mountUserProfile",
        }
    }

    #[cfg_attr(
        not(target_arch = "wasm32"),
        expect(dead_code, reason = "called in the browser")
    )]
    pub(in crate::clerk) fn unmount_method(self) -> &'static str {
        match self {
            Self::SignIn => "unmountSignIn",
            Self::SignUp => "unmountSignUp",
            Self::UserButton => "unmountUserButton",
            Self::UserProfile => "unmountUserProfile",
        }
    }
}

/// When the scripts for a prebuilt component are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// At once: the component is what the page is for.
    Now,
    /// When the page is idle: the component is beside the page's content, and its placeholder stands in.
    WhenIdle,
}

/// An element that ClerkJS fills, with a placeholder that reserves its space until then.
///
/// The inner element is the same on server and browser and Leptos never touches its children.
#[component]
pub(super) fn Prebuilt(
    component: ClerkComponent,
    load: Load,
    #[prop(into)] props: Signal<Value>,
    /// Reserves the space; rendered by the server.
    #[prop(into)]
    placeholder: ViewFn,
    class: &'static str,
) -> impl IntoView {
    let clerk = use_clerk();
    let node = NodeRef::<Div>::new();
    let painted = RwSignal::new(false);
    let mounted: StoredValue<_, bridge::MountStorage> =
        StoredValue::new_with_storage(None::<bridge::Mounted>);

    Effect::new(move |_| match load {
        Load::Now => clerk.load_ui(),
        Load::WhenIdle => bridge::hydrated_idle(move || clerk.load_ui()),
    });
    Effect::new(move |_| {
        let (Some(element), true) = (node.get(), clerk.status().with(ClerkStatus::is_operational))
        else {
            return;
        };
        let props = props.get();
        if let Some(()) =
            mounted.with_value(|mounted| mounted.as_ref().map(|mounted| mounted.update(&props)))
        {
            return;
        }
        match bridge::Mounted::mount(component, &element, &props, move || {
            _ = painted.try_set(true)
        }) {
            Ok(now) => mounted.set_value(Some(now)),
            Err(error) => leptos::logging::error!("{component:?} could not be shown: {error}"),
        }
    });
    on_cleanup(move || _ = mounted.try_update_value(Option::take));

    let failed = Memo::new(move |_| {
        clerk
            .status()
            .with(|status| matches!(status, ClerkStatus::Failed(_)))
            || clerk.ui_status().get() == UiStatus::Failed
    });
    let stand_in = move || {
        if painted.get() {
            ().into_any()
        } else if failed.get() && load == Load::Now {
            view! { <LoadFailure/> }.into_any()
        } else {
            placeholder.run()
        }
    };
    view! {
        <div class=format!("clerk-component {class}")>
            {stand_in}
            <div class="clerk-component-node" node_ref=node></div>
        </div>
    }
}

/// Says that a form could not be loaded, and offers to try again.
#[component]
fn LoadFailure() -> impl IntoView {
    let clerk = use_clerk();
    view! {
        <div class="clerk-failure" role="alert">
            <p>"The sign-in service could not be reached. Check your connection, or whether something blocks it."</p>
            <button type="button" on:click=move |_| clerk.load_ui()>"Try again"</button>
        </div>
    }
}
