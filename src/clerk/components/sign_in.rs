//! `SignIn`

use leptos::prelude::*;
use serde_json::Value;

use super::{
    InitialValues,
    prebuilt::{ClerkComponent, Custom, Placeholder, prebuilt, props},
};
use crate::clerk::Appearance;

/// Clerk's sign-in form.
///
/// Without a `path`, its steps are in the address's hash, and any route can hold it. With one, its steps are below that path: make
/// the page a `<ParentRoute>` with the children `path!("")` and `path!("*rest")`, so that it stays in place from one to the next.
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again.
#[component]
pub fn SignIn(
    /// The path of the page that it is on; without it, the steps are in the address's hash.
    #[prop(optional, into)]
    path: MaybeProp<String>,
    /// Where to go afterwards when there is no `redirect_url`.
    #[prop(optional, into)]
    fallback_redirect_url: MaybeProp<String>,
    /// Where to go afterwards, whatever `redirect_url` says.
    #[prop(optional, into)]
    force_redirect_url: MaybeProp<String>,
    /// Where people without an account go.
    #[prop(optional, into)]
    sign_up_url: MaybeProp<String>,
    /// Where people go who turn out to have signed up here, when there is no `redirect_url`.
    #[prop(optional, into)]
    sign_up_fallback_redirect_url: MaybeProp<String>,
    /// Where people go who turn out to have signed up here, whatever `redirect_url` says.
    #[prop(optional, into)]
    sign_up_force_redirect_url: MaybeProp<String>,
    /// Where people go to join the waitlist.
    #[prop(optional, into)]
    waitlist_url: MaybeProp<String>,
    /// Whether people without an account sign up in the same form.
    #[prop(optional, into)]
    with_sign_up: MaybeProp<bool>,
    /// Whether an unknown account of another provider is made a new account.
    #[prop(optional, into)]
    transferable: MaybeProp<bool>,
    /// How another provider's page opens: `auto`, `redirect` or `popup`.
    #[prop(optional, into)]
    oauth_flow: MaybeProp<String>,
    /// What the form starts with.
    #[prop(optional)]
    initial_values: Option<InitialValues>,
    /// Data for the account, if one is made here.
    #[prop(optional, into)]
    unsafe_metadata: MaybeProp<Value>,
    /// The look of this form alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    let props = props![
        "path": path,
        "fallbackRedirectUrl": fallback_redirect_url,
        "forceRedirectUrl": force_redirect_url,
        "signUpUrl": sign_up_url,
        "signUpFallbackRedirectUrl": sign_up_fallback_redirect_url,
        "signUpForceRedirectUrl": sign_up_force_redirect_url,
        "waitlistUrl": waitlist_url,
        "withSignUp": with_sign_up,
        "transferable": transferable,
        "oauthFlow": oauth_flow,
        "initialValues": InitialValues::prop(initial_values),
        "unsafeMetadata": unsafe_metadata,
        "appearance": appearance,
    ];
    prebuilt(ClerkComponent::SignIn, props, Custom::default(), FORM)
}

/// A card of the form's size.
pub(super) const FORM: Placeholder = Placeholder::Block("clerk-placeholder-form");
