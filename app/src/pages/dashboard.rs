//! The dashboard.

use leptos::prelude::*;
use leptos_clerk_convex::{
    clerk::{Protect, SignOutButton, use_auth, use_user},
    identity::Requirement,
};
use leptos_meta::Title;

use super::lazy::lazy_page;
use crate::{
    chat::Chat,
    components::{PageHeading, ServerCheck},
};

lazy_page!(
    /// The route of the page.
    DashboardRoute, DashboardPage, dashboard_page, preload_dashboard_page
);

/// Greets the person, and shows what is known about their session.
#[component]
fn DashboardPage() -> impl IntoView {
    let user = use_user();
    let name = move || {
        user.with(|user| user.user().and_then(|user| user.full_name()))
            .unwrap_or_else(|| "there".to_owned())
    };
    let email = move || {
        user.with(|user| {
            user.user()
                .and_then(|user| user.primary_email_address().map(str::to_owned))
        })
    };
    view! {
        <Title text="Dashboard"/>
        <section class="dashboard">
            <div class="page-heading">
                <PageHeading>"Hello, " <span data-testid="name">{name}</span></PageHeading>
                <SignOutButton class="button quiet"/>
            </div>
            <p class="lead">"You are signed in as " <span data-testid="email">{email}</span> "."</p>
            <Chat/>
            <div class="cards">
                <SessionCard/>
                <article class="card">
                    <h2>"The server's word"</h2>
                    <p>"What a page shows is for the eyes. What matters is checked again where it is handed out."</p>
                    <ServerCheck/>
                </article>
            </div>
        </section>
    }
}

/// Ids and organization of the session.
#[component]
fn SessionCard() -> impl IntoView {
    let auth = use_auth();
    let organization = move || {
        auth.organization().map_or_else(
            || "Personal account".to_owned(),
            |organization| {
                let name = organization.slug.unwrap_or(organization.id);
                organization
                    .role
                    .map_or_else(|| name.clone(), |role| format!("{name} ({role})"))
            },
        )
    };
    view! {
        <article class="card">
            <h2>"Your session"</h2>
            <dl>
                <dt>"User"</dt>
                <dd>{move || auth.user_id()}</dd>
                <dt>"Session"</dt>
                <dd>{move || auth.session_id()}</dd>
                <dt>"Organization"</dt>
                <dd>{organization}</dd>
            </dl>
            <Protect requirement=Requirement::role("org:admin")>
                <p class="badge">"Administrator"</p>
            </Protect>
        </article>
    }
}
