//! The administrators' page. It is protected three times: on its route, in the server function, and in the Convex function.

use leptos::prelude::*;
use leptos_clerk_convex::{
    clerk::{SessionClient, use_auth},
    identity::Requirement,
};
use leptos_meta::Title;
use leptos_router::components::A;
use serde::{Deserialize, Serialize};

use super::lazy::lazy_page;
use crate::{chat::ChannelAdministration, components::PageHeading};

/// Somebody in the active organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// First and last name, else what they sign in with.
    pub name: String,
    /// Their role.
    pub role: String,
}

/// What the page asks for, and everything behind it.
pub(crate) fn requirement() -> Requirement {
    Requirement::role("org:admin")
}

/// Who is in the caller's active organization.
///
/// # Errors
/// When the caller does not administrate it, and when Clerk does not answer.
#[server(endpoint = "organization_members", client = SessionClient)]
pub async fn organization_members() -> Result<Vec<Member>, ServerFnError> {
    use leptos_clerk_convex::server::auth;

    // What is in the context is there until the first await.
    let clerk = super::clerk()?;
    let auth = auth()?;
    let identity = auth.protect(&requirement())?;
    let organization = identity.organization.as_ref();
    let id = organization
        .map(|organization| organization.id.clone())
        .unwrap_or_default();
    let memberships = clerk
        .organization_memberships(&id, Some(100), None)
        .await
        .map_err(super::unavailable)?;
    let members = memberships.data.into_iter().map(|membership| {
        let person = membership.public_user_data.unwrap_or_default();
        let names: Vec<String> = [person.first_name, person.last_name]
            .into_iter()
            .flatten()
            .collect();
        let name = if names.is_empty() {
            person.identifier
        } else {
            names.join(" ")
        };
        Member {
            name,
            role: membership.role,
        }
    });
    Ok(members.collect())
}

lazy_page!(
    /// The route of the page.
    AdminRoute, AdminPage, admin_page, preload_admin_page
);

/// Who is in the organization.
#[component]
fn AdminPage() -> impl IntoView {
    view! {
        <Title text="Administration"/>
        <PageHeading>"Administration"</PageHeading>
        <p class="lead">"Only administrators of the active organization see this page."</p>
        <div class="cards">
            <Members/>
            <ChannelAdministration/>
        </div>
    }
    .into_any()
}

#[component]
fn Members() -> impl IntoView {
    let auth = use_auth();
    let active = move || auth.organization().map(|organization| organization.id);
    let members = Resource::new_blocking(active, |_| organization_members());
    let list = move || {
        Suspend::new(async move {
            match members.await {
                Ok(members) => view! {
                    <ul data-testid="members">
                        {members
                            .into_iter()
                            .map(|member| view! { <li>{member.name} " (" {member.role} ")"</li> })
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
            <h2>"Members"</h2>
            <Suspense fallback=|| view! { <p role="status">"Loading…"</p> }>{list}</Suspense>
        </article>
    }
    .into_any()
}

/// What everybody else sees.
#[component]
pub fn AdminRefused() -> impl IntoView {
    view! {
        <Title text="Not allowed"/>
        <section class="hero">
            <PageHeading>"This page is for administrators."</PageHeading>
            <p class="lead">"Your role in the active organization does not include it. Switch to an organization that you administrate, or ask one of its administrators."</p>
            <p class="actions"><A href="/organization" attr:class="button">"Your organizations"</A></p>
        </section>
    }
    .into_any()
}
