//! `SignUp`

use leptos::prelude::*;
use serde_json::Value;

use super::{
    InitialValues,
    prebuilt::{ClerkComponent, Custom, prebuilt, props},
    sign_in::FORM,
};
use crate::clerk::Appearance;

/// Clerk's sign-up form.
///
/// Without a `path`, its steps are in the address's hash, and any route can hold it. With one, its steps are below that path: make
/// the page a `<ParentRoute>` with the children `path!("")` and `path!("*rest")`, so that it stays in place from one to the next.
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again.
#[component]
pub fn SignUp(
    /// The path of the page that it is on; without it, the steps are in the address's hash.
    #[prop(optional, into)]
    path: MaybeProp<String>,
    /// Where to go afterwards when there is no `redirect_url`.
    #[prop(optional, into)]
    fallback_redirect_url: MaybeProp<String>,
    /// Where to go afterwards, whatever `redirect_url` says.
    #[prop(optional, into)]
    force_redirect_url: MaybeProp<String>,
    /// Where people with an account go.
    #[prop(optional, into)]
    sign_in_url: MaybeProp<String>,
    /// Where people go who turn out to have an account, when there is no `redirect_url`.
    #[prop(optional, into)]
    sign_in_fallback_redirect_url: MaybeProp<String>,
    /// Where people go who turn out to have an account, whatever `redirect_url` says.
    #[prop(optional, into)]
    sign_in_force_redirect_url: MaybeProp<String>,
    /// Where people go to join the waitlist.
    #[prop(optional, into)]
    waitlist_url: MaybeProp<String>,
    /// How another provider's page opens: `auto`, `redirect` or `popup`.
    #[prop(optional, into)]
    oauth_flow: MaybeProp<String>,
    /// What the form starts with.
    #[prop(optional)]
    initial_values: Option<InitialValues>,
    /// Data for the account.
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
        "signInUrl": sign_in_url,
        "signInFallbackRedirectUrl": sign_in_fallback_redirect_url,
        "signInForceRedirectUrl": sign_in_force_redirect_url,
        "waitlistUrl": waitlist_url,
        "oauthFlow": oauth_flow,
        "initialValues": InitialValues::prop(initial_values),
        "unsafeMetadata": unsafe_metadata,
        "appearance": appearance,
    ];
    prebuilt(ClerkComponent::SignUp, props, Custom::default(), FORM)
}
