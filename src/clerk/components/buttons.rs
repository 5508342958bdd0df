//! `SignInButton`, `SignUpButton` and `SignOutButton`

use leptos::{ev::MouseEvent, prelude::*, task::spawn_local};
use serde_json::json;

use crate::clerk::{ClerkError, SignOutOptions, url, use_clerk};

/// What a button does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonMode {
    /// Goes to the page.
    #[default]
    Redirect,
    /// Opens the form above this page.
    Modal,
}

/// A link to the sign-in page, or a button that opens the form above this page. Unstyled: give it a class, or children.
///
/// It is a link in both modes, so that it works before the page has hydrated and without any script.
///
/// *On the server* it is that link. *While loading* a click in modal mode waits for ClerkJS. *When it fails* the click goes to
/// the page instead, which says what is wrong.
#[component]
pub fn SignInButton(
    /// What a click does.
    #[prop(optional)]
    mode: ButtonMode,
    /// Where to go afterwards: a path.
    #[prop(optional, into)]
    redirect_url: Option<String>,
    /// The link's class.
    #[prop(optional, into)]
    class: Option<String>,
    /// The label; "Sign in" without it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let page = use_clerk().sign_in_url();
    let label = children.map_or_else(|| "Sign in".into_any(), |children| children());
    form_button(mode, page, Form::SignIn, redirect_url, class, label)
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
    /// Where to go afterwards: a path.
    #[prop(optional, into)]
    redirect_url: Option<String>,
    /// The link's class.
    #[prop(optional, into)]
    class: Option<String>,
    /// The label; "Sign up" without it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let page = use_clerk().sign_up_url();
    let label = children.map_or_else(|| "Sign up".into_any(), |children| children());
    form_button(mode, page, Form::SignUp, redirect_url, class, label)
}

#[derive(Clone, Copy)]
enum Form {
    SignIn,
    SignUp,
}

fn form_button(
    mode: ButtonMode,
    page: String,
    form: Form,
    redirect_url: Option<String>,
    class: Option<String>,
    label: AnyView,
) -> impl IntoView {
    let clerk = use_clerk();
    let href = match &redirect_url {
        Some(back) => url::with_redirect(&page, back),
        None => page,
    };
    let props =
        redirect_url.map_or_else(|| json!({}), |back| json!({ "fallbackRedirectUrl": back }));
    let fallback = href.clone();
    let open = move |click: MouseEvent| {
        let with_modifier = click.ctrl_key() || click.meta_key() || click.shift_key();
        if mode == ButtonMode::Redirect || with_modifier {
            return;
        }
        click.prevent_default();
        let (props, fallback) = (props.clone(), fallback.clone());
        spawn_local(async move {
            let opened = match form {
                Form::SignIn => clerk.open_sign_in(props).await,
                Form::SignUp => clerk.open_sign_up(props).await,
            };
            if opened.is_err() {
                crate::clerk::bridge::assign(&fallback);
            }
        });
    };
    // The pointer over it announces the click: by the time it comes, the scripts are there.
    let prepare = move |_| {
        if mode == ButtonMode::Modal {
            clerk.load_ui();
        }
    };
    view! { <a href=href class=class on:click=open on:pointerenter=prepare>{label}</a> }
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
