//! `Waitlist`, `PricingTable`, `ApiKeys` and `GoogleOneTap`

use leptos::prelude::*;

use super::{
    organization::CARD,
    prebuilt::{ClerkComponent, Custom, Placeholder, prebuilt, props},
    user_profile::PAGE,
};
use crate::clerk::Appearance;

/// Clerk's form that joins the waitlist, for instances that sign up from one.
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again.
#[component]
pub fn Waitlist(
    /// Where to go afterwards.
    #[prop(optional, into)]
    after_join_waitlist_url: MaybeProp<String>,
    /// Where people with an account go.
    #[prop(optional, into)]
    sign_in_url: MaybeProp<String>,
    /// The look of this form alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    let props = props![
        "afterJoinWaitlistUrl": after_join_waitlist_url,
        "signInUrl": sign_in_url,
        "appearance": appearance,
    ];
    prebuilt(ClerkComponent::Waitlist, props, Custom::default(), CARD)
}

/// Who pays for a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Payer {
    /// The person.
    #[default]
    User,
    /// The active organization.
    Organization,
}

/// Clerk's table of plans and prices, for instances with billing.
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again;
/// an instance without billing is named as the reason.
#[component]
pub fn PricingTable(
    /// Whose plans are shown.
    #[prop(optional)]
    payer: Payer,
    /// The plan that stands out, by its slug.
    #[prop(optional, into)]
    highlighted_plan: MaybeProp<String>,
    /// Where the buttons are: `top` or `bottom`.
    #[prop(optional, into)]
    cta_position: MaybeProp<String>,
    /// Whether the lists of features start collapsed.
    #[prop(optional, into)]
    collapse_features: MaybeProp<bool>,
    /// Where to go when a plan was subscribed to.
    #[prop(optional, into)]
    new_subscription_redirect_url: MaybeProp<String>,
    /// The look of this table alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
    /// The look of the checkout that it opens.
    #[prop(optional, into)]
    checkout_appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    let payer = match payer {
        Payer::User => "user",
        Payer::Organization => "organization",
    };
    let props = props![
        "for": payer,
        "highlightedPlan": highlighted_plan,
        "ctaPosition": cta_position,
        "collapseFeatures": collapse_features,
        "newSubscriptionRedirectUrl": new_subscription_redirect_url,
        "appearance": appearance,
        "checkoutProps.appearance": checkout_appearance,
    ];
    prebuilt(ClerkComponent::PricingTable, props, Custom::default(), PAGE)
}

/// Clerk's page of API keys, of the active organization or the person, for instances that have them.
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again;
/// an instance without API keys is named as the reason. While nobody is signed in it shows nothing.
#[component]
pub fn ApiKeys(
    /// How many keys a page of the list has.
    #[prop(optional, into)]
    per_page: MaybeProp<u32>,
    /// Whether the form asks for a description.
    #[prop(optional, into)]
    show_description: MaybeProp<bool>,
    /// The look of this page alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    let props = props![
        "perPage": per_page,
        "showDescription": show_description,
        "appearance": appearance,
    ];
    prebuilt(ClerkComponent::ApiKeys, props, Custom::default(), PAGE)
}

/// Google's prompt to sign in with one tap, above the page, for instances that have a Google client of their own.
///
/// *On the server* and *while loading* it shows nothing. *When it fails* it shows nothing. While somebody is signed in Clerk does
/// not open it.
#[component]
pub fn GoogleOneTap(
    /// Whether a click beside the prompt closes it, which it does by default.
    #[prop(optional, into)]
    cancel_on_tap_outside: MaybeProp<bool>,
    /// Whether browsers with tracking prevention get a version that works there.
    #[prop(optional, into)]
    itp_support: MaybeProp<bool>,
    /// Whether the browser's own account chooser is used where there is one.
    #[prop(optional, into)]
    fed_cm_support: MaybeProp<bool>,
    /// Where to go after a sign-in.
    #[prop(optional, into)]
    sign_in_force_redirect_url: MaybeProp<String>,
    /// Where to go after a sign-up.
    #[prop(optional, into)]
    sign_up_force_redirect_url: MaybeProp<String>,
) -> impl IntoView {
    let props = props![
        "cancelOnTapOutside": cancel_on_tap_outside,
        "itpSupport": itp_support,
        "fedCmSupport": fed_cm_support,
        "signInForceRedirectUrl": sign_in_force_redirect_url,
        "signUpForceRedirectUrl": sign_up_force_redirect_url,
    ];
    prebuilt(
        ClerkComponent::GoogleOneTap,
        props,
        Custom::default(),
        Placeholder::Nothing,
    )
}
