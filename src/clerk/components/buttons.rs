//! `SignInButton`, `SignUpButton` and `SignOutButton`

use leptos::{ev::MouseEvent, prelude::*, task::spawn_local};
use serde_json::Value;

use super::{
    InitialValues,
    prebuilt::{Prop, object, props},
};
use crate::clerk::{Appearance, ClerkError, SignOutOptions, bridge, url, use_clerk};

/// What a button does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonMode {
    /// Goes to the page.
    #[default]
    Redirect,
    /// Opens the form above this page.
    Modal,
}

/// A link to the sign-in page, or a button that opens the form above this page. Unstyled: give it a class, or children of your
/// own.
///
/// It is a link in both modes, so that it works before the page has hydrated and without any script.
///
/// *On the server* it is that link. *While loading* a click in modal mode waits for ClerkJS. *When it fails* the click goes to
/// the page instead, which says what is wrong.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::clerk::{ButtonMode, SignInButton};
///
/// #[component]
/// fn Enter() -> impl IntoView {
///     view! {
///         <SignInButton mode=ButtonMode::Modal class="button">
///             <svg aria-hidden="true" width="16" height="16"></svg>
///             <span>"Come in"</span>
///         </SignInButton>
///     }
/// }
/// ```
#[component]
pub fn SignInButton(
    /// What a click does.
    #[prop(optional)]
    mode: ButtonMode,
    /// Where to go afterwards: a path. A form that is asked for with another `redirect_url` goes there.
    #[prop(optional, into)]
    redirect_url: Option<String>,
    /// Where to go afterwards, whatever else is said.
    #[prop(optional, into)]
    force_redirect_url: Option<String>,
    /// Where people go who turn out to have signed up here.
    #[prop(optional, into)]
    sign_up_force_redirect_url: Option<String>,
    /// Whether people without an account sign up in the same form.
    #[prop(optional, into)]
    with_sign_up: MaybeProp<bool>,
    /// What the form above the page starts with.
    #[prop(optional)]
    initial_values: Option<InitialValues>,
    /// The look of the form above the page.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
    /// The link's class.
    #[prop(optional, into)]
    class: Option<String>,
    /// The label, or markup of your own; "Sign in" without it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let label = children.map_or_else(|| "Sign in".into_any(), |children| children());
    let form = Form {
        open: "openSignIn",
        page: use_clerk().sign_in_url(),
        addresses: vec![
            ("fallbackRedirectUrl", "redirect_url", redirect_url),
            (
                "forceRedirectUrl",
                "sign_in_force_redirect_url",
                force_redirect_url,
            ),
            (
                "signUpForceRedirectUrl",
                "sign_up_force_redirect_url",
                sign_up_force_redirect_url,
            ),
        ],
        props: props![
            "withSignUp": with_sign_up,
            "initialValues": InitialValues::prop(initial_values),
            "appearance": appearance,
        ],
    };
    form_button(mode, form, class, label)
}

/// A link to the sign-up page, or a button that opens the form above this page. See [`SignInButton`].
///
/// *On the server* it is that link. *While loading* a click in modal mode waits for ClerkJS. *When it fails* the click goes to
/// the page instead.
#[component]
pub fn SignUpButton(
    /// What a click does.
    #[prop(optional)]
    mode: ButtonMode,
    /// Where to go afterwards: a path. A form that is asked for with another `redirect_url` goes there.
    #[prop(optional, into)]
    redirect_url: Option<String>,
    /// Where to go afterwards, whatever else is said.
    #[prop(optional, into)]
    force_redirect_url: Option<String>,
    /// Where people go who turn out to have an account.
    #[prop(optional, into)]
    sign_in_force_redirect_url: Option<String>,
    /// Data for the account, from a form above the page.
    #[prop(optional, into)]
    unsafe_metadata: MaybeProp<Value>,
    /// What the form above the page starts with.
    #[prop(optional)]
    initial_values: Option<InitialValues>,
    /// The look of the form above the page.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
    /// The link's class.
    #[prop(optional, into)]
    class: Option<String>,
    /// The label, or markup of your own; "Sign up" without it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let label = children.map_or_else(|| "Sign up".into_any(), |children| children());
    let form = Form {
        open: "openSignUp",
        page: use_clerk().sign_up_url(),
        addresses: vec![
            ("fallbackRedirectUrl", "redirect_url", redirect_url),
            (
                "forceRedirectUrl",
                "sign_up_force_redirect_url",
                force_redirect_url,
            ),
            (
                "signInForceRedirectUrl",
                "sign_in_force_redirect_url",
                sign_in_force_redirect_url,
            ),
        ],
        props: props![
            "unsafeMetadata": unsafe_metadata,
            "initialValues": InitialValues::prop(initial_values),
            "appearance": appearance,
        ],
    };
    form_button(mode, form, class, label)
}

struct Form {
    /// The method that opens it above the page.
    open: &'static str,
    page: String,
    /// Where to go afterwards: the prop's name, the query parameter's name, and the address.
    addresses: Vec<(&'static str, &'static str, Option<String>)>,
    props: Vec<(&'static str, Prop)>,
}

impl Form {
    /// The page, with the addresses in its query.
    fn href(&self) -> String {
        self.addresses
            .iter()
            .filter_map(|(_, parameter, address)| Some((parameter, address.as_ref()?)))
            .fold(self.page.clone(), |page, (parameter, address)| {
                url::with_parameter(&page, parameter, address)
            })
    }

    /// The props of the form above the page.
    fn modal_props(&self) -> Value {
        let mut props = untrack(|| object(&self.props));
        for (name, _, address) in &self.addresses {
            if let Some(address) = address {
                props[*name] = address.clone().into();
            }
        }
        props
    }
}

fn form_button(mode: ButtonMode, form: Form, class: Option<String>, label: AnyView) -> AnyView {
    let clerk = use_clerk();
    let href = form.href();
    let fallback = href.clone();
    let open = move |click: MouseEvent| {
        let with_modifier = click.ctrl_key() || click.meta_key() || click.shift_key();
        if mode == ButtonMode::Redirect || with_modifier {
            return;
        }
        click.prevent_default();
        let (props, fallback, method) = (form.modal_props(), fallback.clone(), form.open);
        spawn_local(async move {
            if clerk.open(method, props).await.is_err() {
                bridge::assign(&fallback);
            }
        });
    };
    // The pointer over it announces the click: by the time it comes, the scripts are there.
    let prepare = move |_| {
        if mode == ButtonMode::Modal {
            clerk.load_ui();
        }
    };
    view! { <a href=href class=class on:click=open on:pointerenter=prepare>{label}</a> }.into_any()
}

/// A button that signs out. Unstyled: give it a class, or children.
///
/// *On the server* it is the button. *While loading* a click waits for ClerkJS, and loads it if nothing else has.
/// *When it fails* the person is still signed in, and a line beside the button says so; `on_error` gets the reason.
#[component]
pub fn SignOutButton(
    /// Where to go afterwards.
    #[prop(optional, into)]
    redirect_url: Option<String>,
    /// The session to end when there are several; all of them without it.
    #[prop(optional, into)]
    session_id: Option<String>,
    /// The button's class.
    #[prop(optional, into)]
    class: Option<String>,
    /// Told when signing out failed.
    #[prop(optional, into)]
    on_error: Option<Callback<ClerkError>>,
    /// The label; "Sign out" without it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let clerk = use_clerk();
    let pending = RwSignal::new(false);
    let failed = RwSignal::new(false);
    let options = SignOutOptions {
        redirect_url,
        session_id,
    };
    let sign_out = move |_| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        failed.set(false);
        let options = options.clone();
        spawn_local(async move {
            let outcome = clerk.sign_out(options).await;
            _ = pending.try_set(false);
            if let Err(error) = outcome {
                _ = failed.try_set(true);
                if let Some(on_error) = on_error {
                    on_error.run(error);
                }
            }
        });
    };
    let label = children.map_or_else(|| "Sign out".into_any(), |children| children());
    view! {
        <button type="button" class=class on:click=sign_out aria-busy=move || pending.get().to_string()>{label}</button>
        <Show when=move || failed.get()>
            <span role="alert" class="clerk-failure">"Signing out did not work: Clerk could not be reached. Try again."</span>
        </Show>
    }
}
