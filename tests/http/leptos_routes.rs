//! A Leptos application: protection hangs on its routes, and `auth()` answers in components.

use axum::Router;
use http::StatusCode;
use leptos::config::LeptosOptions;
use leptos::prelude::*;
use leptos_clerk_convex::clerk::{ClerkProvider, ProtectedParentRoute, ProtectedRoute};
use leptos_clerk_convex::identity::Requirement;
use leptos_clerk_convex::server::{auth, route_lists};
use leptos_router::components::{Outlet, Route, Router as LeptosRouter, Routes};
use leptos_router::path;

use crate::support::{Site, data, development, document, request, send, session, signed_in};

#[component]
fn Greeting() -> impl IntoView {
    let greeting = match auth() {
        Ok(auth) => format!("user={}", auth.user_id().unwrap_or("nobody")),
        Err(error) => error.reason().to_owned(),
    };
    view! { <p>{greeting}</p> }
}

#[server(endpoint = "whoami")]
async fn whoami() -> Result<String, ServerFnError> {
    let auth = auth().map_err(ServerFnError::new)?;
    let identity = auth
        .protect(&Requirement::SignedIn)
        .map_err(ServerFnError::new)?;
    Ok(identity.user_id.clone())
}

#[server(endpoint = "administer")]
async fn administer() -> Result<String, ServerFnError> {
    let auth = auth().map_err(ServerFnError::new)?;
    auth.protect(&Requirement::role("org:admin"))
        .map_err(ServerFnError::new)?;
    Ok("done".to_owned())
}

#[component]
fn Application() -> impl IntoView {
    view! {
        <ClerkProvider>
            <LeptosRouter>
                <Routes fallback=|| view! { <Greeting/> }>
                    <Route path=path!("/") view=Greeting/>
                    <ProtectedRoute path=path!("/dashboard") view=Greeting/>
                    <ProtectedParentRoute path=path!("/team") view=Outlet requirement=Requirement::role("org:admin")>
                        <Route path=path!("") view=Greeting/>
                        <Route path=path!("members") view=Greeting/>
                    </ProtectedParentRoute>
                </Routes>
            </LeptosRouter>
        </ClerkProvider>
    }
}

#[component]
fn EverythingProtected() -> impl IntoView {
    view! {
        <LeptosRouter>
            <Routes fallback=|| "not found">
                <ProtectedParentRoute path=path!("/") view=Outlet>
                    <Route path=path!("") view=Greeting/>
                    <Route path=path!("settings") view=Greeting/>
                </ProtectedParentRoute>
            </Routes>
        </LeptosRouter>
    }
}

#[component]
fn OnlyTheRoot() -> impl IntoView {
    view! {
        <LeptosRouter>
            <Routes fallback=|| "not found">
                <ProtectedRoute path=path!("/") view=Greeting/>
            </Routes>
        </LeptosRouter>
    }
}

fn router<View: IntoView + 'static>(app: fn() -> View, site: &Site) -> Router {
    let options = LeptosOptions::builder().output_name("test").build();
    route_lists(app)
        .into_router(&options, || (), app)
        .layer(site.layer.clone())
        .with_state(options)
}

#[tokio::test]
async fn the_route_tree_says_what_is_protected() {
    let lists = route_lists(Application);
    let paths = |routes: &[leptos_axum::AxumRouteListing]| {
        // Groups also list the server functions, as exclusions: those are served once.
        let paths = routes.iter().map(|route| route.path().to_owned());
        let mut paths: Vec<_> = paths.filter(|path| !path.starts_with("/api/")).collect();
        paths.sort();
        paths
    };
    assert_eq!(paths(&lists.open), ["/"]);
    let mut protected: Vec<_> = lists
        .protected
        .iter()
        .map(|group| paths(&group.routes))
        .collect();
    protected.sort();
    assert_eq!(
        protected,
        [
            vec!["/dashboard".to_owned()],
            vec!["/team".to_owned(), "/team/members".to_owned()]
        ]
    );
}

#[tokio::test]
async fn a_protected_route_is_refused_before_it_is_rendered() {
    let site = development().await;
    let router = router(Application, &site);
    let nobody = [("__clerk_db_jwt", "db")];
    assert!(
        send(&router, document("/", &nobody))
            .await
            .body
            .contains("user=nobody")
    );
    for path in ["/dashboard", "/team", "/team/members"] {
        let page = send(&router, document(path, &nobody)).await;
        assert_eq!(
            (page.status, page.location().path()),
            (StatusCode::TEMPORARY_REDIRECT, "/sign-in"),
            "{path}"
        );
        assert_eq!(
            send(&router, data(path, &nobody)).await.status,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
        for odd in [
            format!("/{path}"),
            format!("{path}/"),
            path.to_uppercase(),
            path.replace("/d", "/%64"),
        ] {
            let page = send(&router, document(&odd, &nobody)).await;
            assert!(!page.body.contains("user=user"), "{odd}");
            assert_ne!(page.status, StatusCode::OK, "{odd}");
        }
    }
    let token = session("user_1");
    let page = send(&router, document("/dashboard", &signed_in(&token))).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("user=user_1"), "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(
        send(&router, document("/team/members", &signed_in(&token)))
            .await
            .status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn protection_holds_when_no_other_route_is_left() {
    let site = development().await;
    let nobody = [("__clerk_db_jwt", "db")];
    let everything = router(EverythingProtected, &site);
    for path in ["/", "/settings"] {
        let page = send(&everything, document(path, &nobody)).await;
        assert_eq!(page.status, StatusCode::TEMPORARY_REDIRECT, "{path}");
    }
    let only_root = router(OnlyTheRoot, &site);
    assert_eq!(
        send(&only_root, document("/", &nobody)).await.status,
        StatusCode::TEMPORARY_REDIRECT
    );
}

#[tokio::test]
async fn a_server_function_checks_again() {
    let site = development().await;
    let router = router(Application, &site);
    let call = |path: &str, cookies: &[(&str, &str)]| {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("accept", "application/json"),
            ("sec-fetch-dest", "empty"),
        ];
        request("POST", path, &headers, cookies)
    };
    let token = session("user_1");
    let answer = send(&router, call("/api/whoami", &signed_in(&token))).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::OK, "\"user_1\"")
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        send(&router, call("/api/whoami", &[])).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        send(&router, call("/api/whoami", &signed_in("garbage")))
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        send(&router, call("/api/administer", &signed_in(&token)))
            .await
            .status,
        StatusCode::FORBIDDEN
    );
}
