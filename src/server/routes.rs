//! Finding the protected routes of a Leptos route tree, so that axum refuses requests for them before anything is rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use leptos::prelude::{IntoView, provide_context};
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::{
    AxumRouteListing, LeptosRoutes, generate_route_list_with_exclusions_and_ssg_and_context,
};

use crate::identity::Requirement;

use super::protect::Protection;

/// The routes of an application, sorted by what they ask for.
///
/// ```
/// # use axum::Router;
/// # use leptos::prelude::*;
/// # use leptos_clerk_convex::server::{ClerkLayer, route_lists};
/// # #[component]
/// # fn App() -> impl IntoView {}
/// # fn shell(options: LeptosOptions) -> impl IntoView { view! { <App/> } }
/// fn router(options: LeptosOptions, clerk: ClerkLayer) -> Router {
///     let render = { let options = options.clone(); move || shell(options.clone()) };
///     route_lists(App).into_router(&options, || {}, render).layer(clerk).with_state(options)
/// }
/// ```
pub struct RouteLists {
    /// Routes for everybody.
    pub open: Vec<AxumRouteListing>,
    /// Routes inside a `ProtectedRoute` or `ProtectedParentRoute`, in groups with the same demands.
    pub protected: Vec<ProtectedRoutes>,
}

/// Routes with the same demands.
pub struct ProtectedRoutes {
    /// What they ask for.
    pub protection: Protection,
    /// The routes. They leave out the server functions, which come with [`RouteLists::open`].
    pub routes: Vec<AxumRouteListing>,
}

impl fmt::Debug for RouteLists {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open: Vec<_> = self.open.iter().map(AxumRouteListing::path).collect();
        formatter
            .debug_struct("RouteLists")
            .field("open", &open)
            .field("protected", &self.protected)
            .finish()
    }
}

impl fmt::Debug for ProtectedRoutes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes: Vec<_> = self.routes.iter().map(AxumRouteListing::path).collect();
        formatter
            .debug_struct("ProtectedRoutes")
            .field("protection", &self.protection)
            .field("routes", &routes)
            .finish()
    }
}

impl RouteLists {
    /// A router with all of these routes and the server functions, the protected ones behind their protection.
    ///
    /// `context` provides what else the application needs; `shell` renders the document, as for `leptos_routes`.
    pub fn into_router<S, View>(
        self,
        state: &S,
        context: impl Fn() + Clone + Send + Sync + 'static,
        shell: impl Fn() -> View + Clone + Send + Sync + 'static,
    ) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
        LeptosOptions: FromRef<S>,
        View: IntoView + 'static,
    {
        let open = Router::new().leptos_routes_with_context(
            state,
            self.open,
            context.clone(),
            shell.clone(),
        );
        self.protected.into_iter().fold(open, |router, group| {
            let routes = Router::new().leptos_routes_with_context(
                state,
                group.routes,
                context.clone(),
                shell.clone(),
            );
            router.merge(routes.route_layer(group.protection.of_pages().layer()))
        })
    }
}

/// Which route is inside which protection, found out by leaving out one protected place after the other and looking which
/// routes are gone: that works for every way to write a route, and knows no paths.
#[derive(Clone, Debug, Default)]
pub struct RouteSurvey(Arc<Mutex<Places>>);

#[derive(Debug, Default)]
struct Places {
    requirements: Vec<Option<Requirement>>,
    hidden: Option<usize>,
}

impl RouteSurvey {
    fn hiding(place: Option<usize>) -> Self {
        Self(Arc::new(Mutex::new(Places {
            requirements: Vec::new(),
            hidden: place,
        })))
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a protected place of the route tree and what it asks for; returns which one it is.
    pub fn register(&self, requirement: Option<&Requirement>) -> usize {
        let mut places = self.places();
        places.requirements.push(requirement.cloned());
        places.requirements.len() - 1
    }

    /// Whether a place is to be left out this time.
    #[must_use]
    pub fn hides(&self, place: Option<usize>) -> bool {
        place.is_some() && self.places().hidden == place
    }
}

/// Generates the routes of an application, sorted by what they ask for.
///
/// `app` is the component that holds the router, as for `leptos_axum::generate_route_list`.
pub fn route_lists<View>(app: impl Fn() -> View + Clone + Send + 'static) -> RouteLists
where
    View: IntoView + 'static,
{
    let (all, requirements) = survey(app.clone(), None);
    let mut places_of: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let count = |routes: &[AxumRouteListing], path: &str| {
        routes.iter().filter(|route| route.path() == path).count()
    };
    for place in 0..requirements.len() {
        let (rest, _) = survey(app.clone(), Some(place));
        for route in &all {
            if count(&rest, route.path()) < count(&all, route.path()) {
                places_of
                    .entry(route.path().to_owned())
                    .or_default()
                    .insert(place);
            }
        }
    }
    let mut open = Vec::new();
    let mut protected: BTreeMap<BTreeSet<usize>, Vec<AxumRouteListing>> = BTreeMap::new();
    for route in all {
        match places_of.get(route.path()) {
            None => open.push(route),
            Some(places) => protected.entry(places.clone()).or_default().push(route),
        }
    }
    let protected = protected.into_iter().map(|(places, routes)| {
        let demands = places
            .iter()
            .filter_map(|place| requirements.get(*place)?.clone());
        let demands: Vec<_> = demands.collect();
        let protection = if demands.is_empty() {
            Protection::new()
        } else {
            Protection::new().requirement(Requirement::All(demands))
        };
        let routes = routes
            .into_iter()
            .chain(without_server_functions())
            .collect();
        ProtectedRoutes { protection, routes }
    });
    RouteLists {
        open,
        protected: protected.collect(),
    }
}

/// The routes that are left with one place hidden, and what all places ask for.
fn survey<View>(
    app: impl Fn() -> View + Clone + Send + 'static,
    hidden: Option<usize>,
) -> (Vec<AxumRouteListing>, Vec<Option<Requirement>>)
where
    View: IntoView + 'static,
{
    let survey = RouteSurvey::hiding(hidden);
    let routes = generate(app.clone(), survey.clone(), None);
    let requirements = survey.places().requirements.clone();
    let is_only_root = matches!(routes.as_slice(), [route] if route.path() == "/");
    if is_only_root && hidden.is_some() {
        // Where no route is left, leptos_axum lists the root. It would then stand there a second time beside an exclusion.
        let excluded = generate(app, RouteSurvey::hiding(hidden), Some(vec!["/".to_owned()]));
        if excluded.len() > 1 {
            return (Vec::new(), requirements);
        }
    }
    (routes, requirements)
}

fn generate<View>(
    app: impl Fn() -> View + Clone + Send + 'static,
    survey: RouteSurvey,
    excluded: Option<Vec<String>>,
) -> Vec<AxumRouteListing>
where
    View: IntoView + 'static,
{
    let context = move || provide_context(survey.clone());
    generate_route_list_with_exclusions_and_ssg_and_context(app, excluded, context).0
}

/// Listings that keep `leptos_routes` from serving the server functions once more: the router of the open routes has them.
fn without_server_functions() -> impl Iterator<Item = AxumRouteListing> {
    let paths: Vec<String> = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let nothing = || ();
    let listings = generate_route_list_with_exclusions_and_ssg_and_context(
        nothing,
        Some(paths.clone()),
        || (),
    )
    .0;
    listings
        .into_iter()
        .filter(move |listing| paths.iter().any(|path| path == listing.path()))
}
