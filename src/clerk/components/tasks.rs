//! `TaskChooseOrganization`, `TaskResetPassword` and `TaskSetupMfa`: what a person does before a pending session becomes active.

use leptos::prelude::*;

use super::{
    prebuilt::{ClerkComponent, Custom, prebuilt, props},
    sign_in::FORM,
};
use crate::clerk::Appearance;

fn task(
    component: ClerkComponent,
    redirect_url_complete: MaybeProp<String>,
    appearance: MaybeProp<Appearance>,
) -> AnyView {
    let props = props![
        "redirectUrlComplete": redirect_url_complete,
        "appearance": appearance,
    ];
    prebuilt(component, props, Custom::default(), FORM)
}

/// The task of choosing, or making, an organization, where an instance demands one.
///
/// The sign-in form shows it by itself; a page of its own is for applications that set `task_urls`.
///
/// *On the server* and *while loading* a placeholder of its size is shown. *When it fails* it says so and offers to try again.
#[component]
pub fn TaskChooseOrganization(
    /// Where to go when no task is left.
    #[prop(into)]
    redirect_url_complete: MaybeProp<String>,
    /// The look of this form alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    task(
        ClerkComponent::TaskChooseOrganization,
        redirect_url_complete,
        appearance,
    )
}

/// The task of setting a new password, where the old one is known to others.
///
/// *On the server*, *while loading* and *when it fails*: as [`TaskChooseOrganization`].
#[component]
pub fn TaskResetPassword(
    /// Where to go when no task is left.
    #[prop(into)]
    redirect_url_complete: MaybeProp<String>,
    /// The look of this form alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    task(
        ClerkComponent::TaskResetPassword,
        redirect_url_complete,
        appearance,
    )
}

/// The task of setting up a second factor, where an instance demands one.
///
/// *On the server*, *while loading* and *when it fails*: as [`TaskChooseOrganization`].
#[component]
pub fn TaskSetupMfa(
    /// Where to go when no task is left.
    #[prop(into)]
    redirect_url_complete: MaybeProp<String>,
    /// The look of this form alone.
    #[prop(optional, into)]
    appearance: MaybeProp<Appearance>,
) -> impl IntoView {
    task(
        ClerkComponent::TaskSetupMfa,
        redirect_url_complete,
        appearance,
    )
}
