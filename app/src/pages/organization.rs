//! The organization page.

use leptos::prelude::*;
use leptos_clerk_convex::{
    clerk::{Protect, SessionClient, use_auth},
    identity::Requirement,
};
use leptos_meta::Title;
use leptos_router::components::A;
use serde::{Deserialize, Serialize};

use super::lazy::lazy_page;
use crate::components::PageHeading;

/// An organization that the person is a member of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// `org_…`.
    pub organization_id: String,
    /// The organization's name.
    pub name: String,
    /// The person's role in it.
    pub role: String,
}

/// The organizations that the caller is a member of.
///
/// # Errors
/// When nobody is signed in, and when Clerk does not answer.
#[server(endpoint = "my_organizations", client = SessionClient)]
pub async fn my_organizations() -> Result<Vec<Membership>, ServerFnError> {
    use leptos_clerk_convex::server::auth;

    // What is in the context is there until the first await.
    let clerk = super::clerk()?;
    let auth = auth()?;
    let user_id = auth.protect(&Requirement::SignedIn)?.user_id.clone();
    let memberships = clerk
        .user_memberships(&user_id, Some(100), None)
        .await
        .map_err(super::unavailable)?;
    let memberships = memberships.data.into_iter().map(|membership| Membership {
        organization_id: membership.organization.id,
        name: membership.organization.name,
        role: membership.role,
    });
    Ok(memberships.collect())
}

lazy_page!(
    /// The route of the page.
    OrganizationRoute, OrganizationPage, organization_page, preload_organization_page
);

/// The active organization, and all of which the person is a member.
#[component]
fn OrganizationPage() -> impl IntoView {
    view! {
        <Title text="Organization"/>
        <PageHeading>"Your organizations"</PageHeading>
        <div class="cards">
            <ActiveOrganization/>
            <Memberships/>
        </div>
    }
    .into_any()
}

#[component]
fn ActiveOrganization() -> impl IntoView {
    let auth = use_auth();
    let organization = Memo::new(move |_| auth.organization());
    let details = move || {
        match organization.get() {
        None => view! { <p>"You are working with your personal account."</p> }.into_any(),
        Some(organization) => view! {
            <dl>
                <dt>"Organization"</dt>
                <dd data-testid="active-organization">{organization.slug.unwrap_or(organization.id)}</dd>
                <dt>"Role"</dt>
                <dd>{organization.role}</dd>
            </dl>
        }
        .into_any(),
    }
    };
    view! {
        <article class="card">
            <h2>"Active"</h2>
            {details}
            <Protect requirement=Requirement::role("org:admin")>
                <p><A href="/admin">"Administration"</A></p>
            </Protect>
        </article>
    }
    .into_any()
}

#[component]
fn Memberships() -> impl IntoView {
    let auth = use_auth();
    // Read again when another organization becomes the active one: it may be new.
    let active = move || auth.organization().map(|organization| organization.id);
    let memberships = Resource::new_blocking(active, |_| my_organizations());
    let list = move || {
        Suspend::new(async move {
            match memberships.await {
                Ok(memberships) if memberships.is_empty() => {
                    view! { <p>"You are a member of none."</p> }.into_any()
                }
                Ok(memberships) => view! {
                    <ul>
                        {memberships
                            .into_iter()
                            .map(|membership| view! { <li>{membership.name} " (" {membership.role} ")"</li> })
                            .collect_view()}
                    </ul>
                }
                .into_any(),
                Err(_) => view! { <p class="problem" role="alert">"They could not be read. Reload the page."</p> }.into_any(),
            }
        })
    };
    view! {
        <article class="card">
            <h2>"Memberships"</h2>
            <Suspense fallback=|| view! { <p role="status">"Loading…"</p> }>{list}</Suspense>
        </article>
    }
    .into_any()
}
