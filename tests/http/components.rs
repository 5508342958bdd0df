//! What the server renders of each component, for each of those who may ask.

use axum::Router;
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_clerk_convex::clerk::{
    ApiKeys, AuthenticateWithRedirectCallback, ClerkOptions, ClerkProvider, CreateOrganization,
    GoogleOneTap, OrganizationList, OrganizationProfile, OrganizationSwitcher, PricingTable,
    Protect, RedirectToSignUp, Show, SignIn, SignInButton, SignUp, SignUpButton,
    TaskChooseOrganization, TaskResetPassword, TaskSetupMfa, UserAvatar, UserButton, UserProfile,
    Waitlist, When, use_auth, use_organization, use_organization_list, use_session_list,
    use_sign_in, use_sign_up,
};
use leptos_clerk_convex::clerk::{ButtonMode, InitialValues, ListOptions};
use leptos_clerk_convex::identity::Requirement;
use leptos_clerk_convex::server::{ClerkLayer, route_lists};
use leptos_clerk_convex::testing::TestIssuer;
use leptos_router::components::{Route, Router as LeptosRouter, Routes};
use leptos_router::path;

use crate::support::{document, send};

/// Every component that is put into the page, with its name in the HTML and whom it is for.
const EVERYBODY: [&str; 7] = [
    "SignIn",
    "SignUp",
    "Waitlist",
    "PricingTable",
    "TaskChooseOrganization",
    "TaskResetPassword",
    "TaskSetupMFA",
];
const PEOPLE: [&str; 7] = [
    "UserButton",
    "UserProfile",
    "UserAvatar",
    "OrganizationSwitcher",
    "OrganizationList",
    "CreateOrganization",
    "APIKeys",
];
const MEMBERS: [&str; 1] = ["OrganizationProfile"];

#[component]
fn Gallery() -> impl IntoView {
    view! {
        <SignIn/>
        <SignUp/>
        <Waitlist/>
        <PricingTable/>
        <TaskChooseOrganization redirect_url_complete="/"/>
        <TaskResetPassword redirect_url_complete="/"/>
        <TaskSetupMfa redirect_url_complete="/"/>
        <GoogleOneTap/>
        <UserButton show_name=true/>
        <UserProfile/>
        <UserAvatar/>
        <OrganizationSwitcher/>
        <OrganizationList/>
        <CreateOrganization/>
        <ApiKeys/>
        <OrganizationProfile/>
    }
    .into_any()
}

#[component]
fn Buttons() -> impl IntoView {
    view! {
        <SignInButton
            mode=ButtonMode::Modal
            redirect_url="/a b"
            force_redirect_url="/c"
            initial_values=InitialValues::new().email_address("ada@example.com")
            class="enter"
        >
            <em>"Come in"</em>
        </SignInButton>
        <SignUpButton sign_in_force_redirect_url="/d"/>
        <RedirectToSignUp/>
        <AuthenticateWithRedirectCallback/>
    }
    .into_any()
}

#[component]
fn Conditions() -> impl IntoView {
    let auth = use_auth();
    let admin = Requirement::role("org:admin");
    let has = move |requirement: &Requirement| auth.has(requirement).to_string();
    view! {
        <Show when=When::SignedIn fallback=|| "[not in]">"[in]"</Show>
        <Show when=When::SignedOut>"[out]"</Show>
        <Show when=admin.clone() fallback=|| "[no admin]">"[admin]"</Show>
        <Show when=When::satisfies(|auth| auth.has(&Requirement::plan("pro")))>"[pro]"</Show>
        <Protect role="org:admin" permission="org:invoices:read" fallback=|| "[no invoices]">"[invoices]"</Protect>
        <Protect feature="export">"[export]"</Protect>
        <Protect plan="pro" feature="missing" fallback=|| "[not both]">"[both]"</Protect>
        <p>"has=" {has(&admin)}</p>
    }
    .into_any()
}

#[component]
fn Hooks() -> impl IntoView {
    let organization = use_organization();
    let members = organization.memberships(ListOptions::new());
    let list = use_organization_list();
    let memberships = list.memberships(ListOptions::new().infinite());
    let sessions = use_session_list();
    let (sign_in, sign_up) = (use_sign_in(), use_sign_up());
    let name = move || {
        organization
            .organization()
            .map(|organization| organization.name)
    };
    let role = move || {
        organization.membership().with(|membership| {
            membership
                .as_ref()
                .map(|membership| membership.role.clone())
        })
    };
    let lists = move || {
        let (first, second) = (members.data().get().len(), memberships.data().get().len());
        format!("lists={}", first + second + sessions.get().len())
    };
    let flows = move || format!("flows={}", sign_in.state().get() == sign_up.state().get());
    view! {
        <p>"organization=" {name}</p>
        <p>"role=" {role}</p>
        <p>{lists}</p>
        <p>{flows}</p>
    }
    .into_any()
}

#[component]
fn Application() -> impl IntoView {
    let options = ClerkOptions::default()
        .sign_in_url("/enter")
        .sign_up_url("/join?from=app");
    view! {
        <LeptosRouter>
            <ClerkProvider options>
                <Routes fallback=|| "not found">
                    <Route path=path!("/gallery") view=Gallery/>
                    <Route path=path!("/buttons") view=Buttons/>
                    <Route path=path!("/conditions") view=Conditions/>
                    <Route path=path!("/hooks") view=Hooks/>
                </Routes>
            </ClerkProvider>
        </LeptosRouter>
    }
}

struct Site {
    router: Router,
    issuer: TestIssuer,
}

impl Site {
    fn new() -> Self {
        let issuer = TestIssuer::development().unwrap();
        let options = LeptosOptions::builder().output_name("test").build();
        let router = route_lists(Application)
            .into_router(&options, || (), Application)
            .layer(ClerkLayer::new(issuer.configuration()).unwrap())
            .with_state(options);
        Self { router, issuer }
    }

    async fn visitor(&self, path: &str) -> String {
        // A browser that the development instance knows already.
        let page = send(&self.router, document(path, &[("__clerk_db_jwt", "db")])).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.body
    }

    /// A person without an organization.
    async fn person(&self, path: &str) -> String {
        let session = self
            .issuer
            .session("user_1")
            .profile("Ada Lovelace", "ada@example.com");
        self.open(path, session.cookie_header()).await
    }

    /// An administrator of an organization with a plan.
    async fn member(&self, path: &str) -> String {
        let session = self
            .issuer
            .session("user_1")
            .profile("Ada Lovelace", "ada@example.com")
            .organization("org_1", "acme", "admin")
            .permission("invoices", "read")
            .feature("org:export")
            .plan("user:pro");
        self.open(path, session.cookie_header()).await
    }

    async fn open(&self, path: &str, cookies: String) -> String {
        let mut request = document(path, &[]);
        request
            .headers_mut()
            .insert("cookie", cookies.parse().unwrap());
        let page = send(&self.router, request).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.body
    }
}

/// The names of the components that have a place in the HTML.
fn places(html: &str) -> Vec<&str> {
    let mark = "data-clerk-component=\"";
    let parts = html.split(mark).skip(1);
    let mut names: Vec<&str> = parts.filter_map(|part| part.split('"').next()).collect();
    names.sort_unstable();
    names
}

fn sorted(groups: &[&[&'static str]]) -> Vec<&'static str> {
    let mut names = groups.concat();
    names.push("GoogleOneTap");
    names.sort_unstable();
    names
}

#[tokio::test]
async fn a_place_is_reserved_for_those_whom_clerk_shows_the_component_to() {
    let site = Site::new();
    assert_eq!(
        places(&site.visitor("/gallery").await),
        sorted(&[&EVERYBODY])
    );
    assert_eq!(
        places(&site.person("/gallery").await),
        sorted(&[&EVERYBODY, &PEOPLE])
    );
    assert_eq!(
        places(&site.member("/gallery").await),
        sorted(&[&EVERYBODY, &PEOPLE, &MEMBERS])
    );
}

#[tokio::test]
async fn every_place_has_its_size_in_the_html() {
    let html = Site::new().member("/gallery").await;
    let mark = "class=\"clerk-component ";
    assert_eq!(html.matches(mark).count(), 16);
    for place in html.split(mark).skip(1) {
        let tag = place.split('>').next().unwrap();
        let sized = ["min-height:", "height:", "display:none"]
            .iter()
            .any(|style| tag.contains(style));
        assert!(sized, "{tag}");
    }
    assert_eq!(html.matches("class=\"clerk-component-node\"").count(), 16);
}

/// Without the marks that Leptos puts between views for hydration.
fn shown(html: String) -> String {
    html.replace("<!>", "").replace("<!---->", "")
}

#[tokio::test]
async fn placeholders_show_what_the_claims_say() {
    let site = Site::new();
    let html = shown(site.member("/gallery").await);
    assert!(html.contains(">AL</span>"), "the person's initials");
    assert!(html.contains("Ada Lovelace"), "the name beside the picture");
    assert!(html.contains("acme"), "the active organization");
    let html = site.person("/gallery").await;
    assert!(html.contains("Personal account"));
    assert!(!html.contains("eyJ"), "no token is in the HTML");
}

#[tokio::test]
async fn buttons_are_links_around_the_applications_own_markup() {
    let html = shown(Site::new().visitor("/buttons").await);
    let sign_in = "<a href=\"/enter?redirect_url=/a%20b&amp;sign_in_force_redirect_url=/c\" class=\"enter\"><em>Come in</em></a>";
    assert!(html.contains(sign_in), "{html}");
    assert!(html.contains("href=\"/join?from=app&amp;sign_in_force_redirect_url=/d\""));
    assert!(
        html.contains("href=\"/join?from=app&amp;redirect_url="),
        "{html}"
    );
    assert!(html.contains("Signing in…"));
}

#[tokio::test]
async fn conditions_hold_in_the_first_html() {
    let site = Site::new();
    let html = shown(site.visitor("/conditions").await);
    for text in [
        "[not in]",
        "[out]",
        "[no admin]",
        "[no invoices]",
        "[not both]",
        "has=false",
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
    for text in [
        "[in]",
        "[admin]",
        "[pro]",
        "[invoices]",
        "[export]",
        "[both]",
    ] {
        assert!(!html.contains(text), "{text}: {html}");
    }
    let html = shown(site.member("/conditions").await);
    for text in [
        "[in]",
        "[admin]",
        "[pro]",
        "[invoices]",
        "[export]",
        "[not both]",
        "has=true",
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
    for text in ["[out]", "[no admin]", "[no invoices]", "[both]"] {
        assert!(!html.contains(text), "{text}: {html}");
    }
    let html = shown(site.person("/conditions").await);
    assert!(html.contains("[in]") && html.contains("[no admin]") && !html.contains("[pro]"));
}

#[tokio::test]
async fn hooks_say_what_the_claims_say() {
    let site = Site::new();
    let text = |html: String| html.replace("<!>", "").replace("<!---->", "");
    let html = text(site.member("/hooks").await);
    assert!(html.contains("organization=acme"), "{html}");
    assert!(html.contains("role=org:admin"), "{html}");
    assert!(html.contains("lists=0") && html.contains("flows=true"));
    let html = text(site.visitor("/hooks").await);
    assert!(html.contains("organization=</p>"), "{html}");
}
