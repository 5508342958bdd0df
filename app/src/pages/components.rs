//! The gallery: every component of Clerk's, one at a time, and what an application builds itself with the hooks.

use leptos::{prelude::*, task::spawn_local};
use leptos_clerk_convex::clerk::{
    ApiKeys, Appearance, AuthDebug, ButtonMode, CreateOrganization, CustomMenuItem, CustomPage,
    GoogleOneTap, ListOptions, Localization, OrganizationList, OrganizationProfile,
    OrganizationSwitcher, PricingTable, SetActive, Show, SignIn, SignInButton, SignUp,
    SignUpButton, TaskChooseOrganization, TaskResetPassword, TaskSetupMfa, UserAvatar, UserButton,
    UserProfile, Variables, Waitlist, When, use_clerk, use_organization, use_organization_list,
    use_reverification, use_session_list, use_sign_in,
};
use leptos_clerk_convex::identity::Requirement;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::lazy::lazy_page;

/// What the gallery can show.
const SHOWN: [&str; 19] = [
    "user-button",
    "user-avatar",
    "user-profile",
    "organization-switcher",
    "organization-profile",
    "organization-list",
    "create-organization",
    "sign-in",
    "sign-up",
    "buttons",
    "waitlist",
    "pricing-table",
    "api-keys",
    "google-one-tap",
    "task-choose-organization",
    "task-reset-password",
    "task-setup-mfa",
    "hooks",
    "own-sign-in",
];

lazy_page!(
    /// The route of the page.
    ComponentsRoute, ComponentsPage, components_page, preload_components_page
);

/// One component at a time, with controls that change it while it is shown.
#[component]
fn ComponentsPage() -> impl IntoView {
    let query = use_query_map();
    let shown = Memo::new(move |_| query.with(|query| query.get("show")).unwrap_or_default());
    let there = RwSignal::new(true);
    let loud = RwSignal::new(false);
    let clerk = use_clerk();
    let german = RwSignal::new(false);
    let change_language = move |_| {
        german.update(|german| *german = !*german);
        clerk.set_localization(german.get_untracked().then(german_texts));
    };
    let links = SHOWN
        .map(|name| view! { <li><a href=format!("/components?show={name}")>{name}</a></li> })
        .collect_view();
    view! {
        <Title text="Components"/>
        <section class="gallery">
            <h1>"Components"</h1>
            <nav aria-label="Components"><ul class="gallery-list">{links}</ul></nav>
            <p class="gallery-controls">
                <button type="button" class="button quiet" on:click=move |_| there.update(|there| *there = !*there)>
                    {move || if there.get() { "Take it out" } else { "Put it in" }}
                </button>
                <button type="button" class="button quiet" on:click=move |_| loud.update(|loud| *loud = !*loud)>
                    {move || if loud.get() { "Quiet look" } else { "Loud look" }}
                </button>
                <button type="button" class="button quiet" on:click=change_language>
                    {move || if german.get() { "English" } else { "Deutsch" }}
                </button>
            </p>
            <div class="gallery-stage" data-testid="stage">
                {move || there.get().then(|| stage(&shown.get(), loud))}
            </div>
            <p data-testid="below">"What comes after it."</p>
            <AuthDebug always=true/>
        </section>
    }
    .into_any()
}

fn german_texts() -> Localization {
    Localization::new("de-DE")
        .text("formButtonPrimary", "Weiter")
        .text("signIn.start.title", "Anmelden")
        .text("userButton.action__signOut", "Abmelden")
        .text("userButton.action__manageAccount", "Konto verwalten")
}

fn stage(name: &str, loud: RwSignal<bool>) -> AnyView {
    let look = Signal::derive(move || {
        loud.get().then(|| {
            Appearance::new().variables(
                Variables::new()
                    .color_primary("rgb(200, 0, 120)")
                    .font_size("1.125rem"),
            )
        })
    });
    match name {
        "user-button" => user_button(loud, look),
        "user-avatar" => {
            let rounded = Signal::derive(move || !loud.get());
            view! { <UserAvatar rounded appearance=look/> }.into_any()
        }
        "user-profile" => view! { <UserProfile pages=own_pages() appearance=look/> }.into_any(),
        "organization-switcher" => {
            view! { <OrganizationSwitcher hide_personal=loud appearance=look/> }.into_any()
        }
        "organization-profile" => {
            view! { <OrganizationProfile pages=own_pages() appearance=look/> }.into_any()
        }
        "organization-list" => view! { <OrganizationList appearance=look/> }.into_any(),
        "create-organization" => view! { <CreateOrganization appearance=look/> }.into_any(),
        "sign-in" => view! { <SignIn appearance=look/> }.into_any(),
        "sign-up" => view! { <SignUp appearance=look/> }.into_any(),
        "buttons" => buttons(look),
        "waitlist" => view! { <Waitlist appearance=look/> }.into_any(),
        "pricing-table" => view! { <PricingTable appearance=look/> }.into_any(),
        "api-keys" => view! { <ApiKeys appearance=look/> }.into_any(),
        "google-one-tap" => view! { <GoogleOneTap/> }.into_any(),
        "task-choose-organization" => {
            view! { <TaskChooseOrganization redirect_url_complete="/dashboard" appearance=look/> }
                .into_any()
        }
        "task-reset-password" => {
            view! { <TaskResetPassword redirect_url_complete="/dashboard" appearance=look/> }
                .into_any()
        }
        "task-setup-mfa" => {
            view! { <TaskSetupMfa redirect_url_complete="/dashboard" appearance=look/> }.into_any()
        }
        "hooks" => view! { <Hooks/> }.into_any(),
        "own-sign-in" => view! { <OwnSignIn/> }.into_any(),
        _ => view! { <p>"Choose one."</p> }.into_any(),
    }
}

fn user_button(loud: RwSignal<bool>, look: Signal<Option<Appearance>>) -> AnyView {
    let clicks = RwSignal::new(0);
    let menu_items = vec![
        CustomMenuItem::action(
            "Count",
            || "#",
            move || clicks.update(|clicks| *clicks += 1),
        ),
        CustomMenuItem::open("Preferences", "preferences", || "☆"),
        CustomMenuItem::link("Home", "/", || "⌂"),
        CustomMenuItem::manage_account(),
        CustomMenuItem::sign_out(),
    ];
    view! {
        <UserButton show_name=loud menu_items pages=own_pages() appearance=look/>
        <p data-testid="clicks">{move || clicks.get()}</p>
    }
    .into_any()
}

fn own_pages() -> Vec<CustomPage> {
    vec![
        CustomPage::standard("account"),
        CustomPage::new(
            "Preferences",
            "preferences",
            || "☆",
            || {
                let on = RwSignal::new(false);
                view! {
                    <h2>"Preferences"</h2>
                    <button type="button" on:click=move |_| on.update(|on| *on = !*on)>
                        {move || if on.get() { "Newsletter: yes" } else { "Newsletter: no" }}
                    </button>
                }
            },
        ),
        CustomPage::link("Home", "/", || "⌂"),
    ]
}

fn buttons(look: Signal<Option<Appearance>>) -> AnyView {
    view! {
        <Show when=When::SignedOut fallback=|| "You are signed in.">
            <p><SignInButton class="button" redirect_url="/dashboard"/></p>
            <p>
                <SignInButton mode=ButtonMode::Modal class="button quiet" redirect_url="/dashboard" appearance=look>
                    <span aria-hidden="true">"→"</span>
                    "Sign in here"
                </SignInButton>
            </p>
            <p><SignUpButton mode=ButtonMode::Modal class="button quiet">"Sign up here"</SignUpButton></p>
        </Show>
    }
    .into_any()
}

/// Organizations, sessions and conditions, as an application reads them.
#[component]
fn Hooks() -> impl IntoView {
    let organization = use_organization();
    let members = organization.memberships(ListOptions::new());
    let organizations = use_organization_list();
    let memberships = organizations.memberships(ListOptions::new());
    let sessions = use_session_list();
    let reverification = use_reverification();
    let problem = RwSignal::new(String::new());
    let create = move |_| {
        spawn_local(async move {
            match organizations.create_organization("Gallery", None).await {
                Ok(made) => {
                    let change = SetActive::new().organization(made.id);
                    if let Err(error) = organizations.set_active(change).await {
                        problem.set(error.to_string());
                    }
                    memberships.revalidate();
                }
                Err(error) => problem.set(error.to_string()),
            }
        });
    };
    let leave = move |_| {
        spawn_local(async move {
            let change = SetActive::new().personal_account();
            if let Err(error) = organizations.set_active(change).await {
                problem.set(error.to_string());
            }
        });
    };
    let verify = move |_| {
        spawn_local(async move {
            problem.set(match reverification.prompt(None).await {
                Ok(()) => "verified".to_owned(),
                Err(error) => error.to_string(),
            });
        });
    };
    let name = move || {
        organization
            .organization()
            .map_or_else(|| "none".to_owned(), |organization| organization.name)
    };
    view! {
        <dl>
            <dt>"Organization"</dt>
            <dd data-testid="organization">{name}</dd>
            <dt>"Members"</dt>
            <dd data-testid="members">{move || members.total_count().get()}</dd>
            <dt>"Organizations"</dt>
            <dd data-testid="organizations">
                {move || memberships.data().get().into_iter().map(|one| one.organization.name).collect::<Vec<_>>().join(", ")}
            </dd>
            <dt>"Sessions"</dt>
            <dd data-testid="sessions">{move || sessions.get().len()}</dd>
        </dl>
        <Show when=Requirement::role("org:admin")><p class="badge">"Administrator here"</p></Show>
        <p class="button-row">
            <button type="button" class="button quiet" on:click=create>"Make an organization"</button>
            <button type="button" class="button quiet" on:click=leave>"Personal account"</button>
            <button type="button" class="button quiet" on:click=verify>"Prove it is you"</button>
        </p>
        <p role="status" data-testid="problem">{problem}</p>
    }
    .into_any()
}

/// A sign-in form of the application's own, without Clerk's components.
#[component]
fn OwnSignIn() -> impl IntoView {
    let sign_in = use_sign_in();
    let state = sign_in.state();
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            let (email, password) = (email.get_untracked(), password.get_untracked());
            if sign_in.password(&email, &password).await.is_ok()
                && state.with_untracked(|state| state.is_complete())
            {
                // What went wrong is in the state.
                _ = sign_in.finalize(Some("/dashboard")).await;
            }
        });
    };
    let global = move || {
        state.with(|state| {
            state
                .errors
                .global()
                .first()
                .map(|error| error.message.clone())
        })
    };
    view! {
        <form class="card own-form" on:submit=submit>
            <label>"E-mail address" <input name="own-email" type="email" autocomplete="username" bind:value=email/></label>
            <p class="problem" role="alert">{move || sign_in.error("identifier")}</p>
            <label>"Password" <input name="own-password" type="password" autocomplete="current-password" bind:value=password/></label>
            <p class="problem" role="alert">{move || sign_in.error("password")}</p>
            <p class="problem" role="alert">{global}</p>
            <button class="button" aria-busy=move || state.with(|state| state.is_fetching).to_string()>"Sign in"</button>
        </form>
    }
    .into_any()
}
