//! `ProtectedRoute` and `ProtectedParentRoute`

use futures_util::FutureExt as _;
use leptos::prelude::*;
#[cfg(erase_components)]
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute as _};
use leptos_router::{
    ChooseView, GeneratedRouteData, MatchNestedRoutes, NestedRoute, PossibleRouteMatch,
    RouteMatchId, SsrMode, components::RouteChildren, hooks::use_matched,
};
use send_wrapper::SendWrapper;

use super::{
    protect::{Gate, use_gate},
    redirect::RedirectToSignIn,
};
use crate::{clerk::here, identity::Requirement};

/// A route that only signed-in people reach.
///
/// The protection hangs on the route itself: [`route_lists`](crate::server::route_lists) finds the protected routes in the
/// route tree, whatever their paths, and has axum refuse a request for one before anything is rendered. The view checks once
/// more, on the server and in the browser.
///
/// *On the server* a request without a session is redirected to the sign-in page before rendering.
/// *While loading* (somebody is just signing in or out) it shows `loading`.
/// *When it fails* it stays at what the server said.
///
/// The view may be a [`Lazy`](leptos_router::Lazy) one: a browser then loads its code, and runs its `data`, for people who may
/// see it and for nobody else.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::clerk::ProtectedRoute;
/// use leptos_router::{components::{Route, Router, Routes}, path};
///
/// #[component]
/// fn App() -> impl IntoView {
///     view! {
///         <Router>
///             <Routes fallback=|| "Not found">
///                 <Route path=path!("/") view=|| "Welcome"/>
///                 <ProtectedRoute path=path!("/dashboard") view=|| "Only for you"/>
///             </Routes>
///         </Router>
///     }
/// }
/// ```
#[component(transparent)]
pub fn ProtectedRoute<Segments, View>(
    /// The path, as for `<Route>`.
    path: Segments,
    /// What a person sees who may, as for `<Route>`.
    view: View,
    /// What is required beyond being signed in.
    #[prop(optional, into)]
    requirement: Option<Requirement>,
    /// What a signed-in person sees who does not meet the requirement.
    #[prop(optional, into)]
    refused: ViewFn,
    /// What is shown while it is not known who is there.
    #[prop(optional, into)]
    loading: ViewFn,
    /// How the server renders it, as for `<Route>`.
    #[prop(optional)]
    ssr: SsrMode,
) -> impl MatchNestedRoutes + Send + Clone + 'static
where
    Segments: PossibleRouteMatch + Clone + Send + 'static,
    View: ChooseView + Sync,
{
    let guard = Guard {
        requirement,
        refused,
        loading,
    };
    let place = survey::register(guard.requirement.as_ref());
    let route = NestedRoute::new(path, Guarded { guard, view }).ssr_mode(ssr);
    maybe_erased(Surveyed { route, place })
}

/// A route with children, all of which only signed-in people reach. Its view has to show an
/// [`Outlet`](leptos_router::components::Outlet), as that of `<ParentRoute>`. See [`ProtectedRoute`].
///
/// *On the server*, *while loading* and *when it fails*: as [`ProtectedRoute`].
#[component(transparent)]
pub fn ProtectedParentRoute<Segments, View, Routes>(
    /// The path, as for `<ParentRoute>`.
    path: Segments,
    /// What a person sees who may, as for `<Route>`.
    view: View,
    /// What is required beyond being signed in.
    #[prop(optional, into)]
    requirement: Option<Requirement>,
    /// What a signed-in person sees who does not meet the requirement.
    #[prop(optional, into)]
    refused: ViewFn,
    /// What is shown while it is not known who is there.
    #[prop(optional, into)]
    loading: ViewFn,
    /// How the server renders it, as for `<ParentRoute>`.
    #[prop(optional)]
    ssr: SsrMode,
    /// The routes below.
    children: RouteChildren<Routes>,
) -> impl MatchNestedRoutes + Send + Clone + 'static
where
    Segments: PossibleRouteMatch + Clone + Send + 'static,
    View: ChooseView + Sync,
    Routes: MatchNestedRoutes + Clone + Send + 'static,
{
    let guard = Guard {
        requirement,
        refused,
        loading,
    };
    let place = survey::register(guard.requirement.as_ref());
    let route = NestedRoute::new(path, Guarded { guard, view })
        .ssr_mode(ssr)
        .child(children.into_inner());
    maybe_erased(Surveyed { route, place })
}

/// With `--cfg erase_components`, as `cargo leptos watch` builds, the component macro writes this type as the return type.
#[cfg(erase_components)]
fn maybe_erased(route: impl MatchNestedRoutes + Send + Clone + 'static) -> AnyNestedRoute {
    route.into_any_nested_route()
}

#[cfg(not(erase_components))]
fn maybe_erased<Route: MatchNestedRoutes>(route: Route) -> Route {
    route
}

#[derive(Clone)]
struct Guard {
    requirement: Option<Requirement>,
    refused: ViewFn,
    loading: ViewFn,
}

/// What a route shows, behind its guard.
#[derive(Clone)]
struct Guarded<View> {
    guard: Guard,
    view: View,
}

impl<View: ChooseView + Sync> ChooseView for Guarded<View> {
    async fn choose(self) -> AnyView {
        let Self { guard, view } = self;
        let gate = use_gate(guard.requirement);
        // What the view provides as context belongs to the route, where an `<Outlet/>` looks for it.
        let owner = Owner::current().unwrap_or_default();
        let matched = use_matched().get_untracked();
        (move || match gate.get() {
            Gate::Open => owner.with(|| chosen(view.clone())),
            // Signing out leads away from the page first and says that nobody is there second: the way is not to be crossed.
            Gate::SignedOut if here::has_left(&matched) => ().into_any(),
            Gate::SignedOut => view! { <RedirectToSignIn/> }.into_any(),
            Gate::Refused => guard.refused.run(),
            Gate::Waiting => guard.loading.run(),
        })
        .into_any()
    }

    /// A lazy view's code and data are not asked for on behalf of people who may not see it.
    async fn preload(&self) {
        let gate = use_gate(self.guard.requirement.clone());
        if gate.get_untracked() == Gate::Open {
            self.view.preload().await;
        }
    }
}

/// The view: at once when its code is there, which is always so on the server, else as soon as it is.
fn chosen(view: impl ChooseView) -> AnyView {
    let mut view = Box::pin(ScopedFuture::new_untracked_with_diagnostics(view.choose()));
    match view.as_mut().now_or_never() {
        Some(view) => view,
        None => Suspend::new(SendWrapper::new(view)).into_any(),
    }
}

/// A route that a survey of the route tree can tell apart.
#[derive(Clone)]
struct Surveyed<Route> {
    route: Route,
    place: Option<usize>,
}

impl<Route: MatchNestedRoutes> MatchNestedRoutes for Surveyed<Route> {
    type Data = Route::Data;
    type Match = Route::Match;

    fn match_nested<'a>(&'a self, path: &'a str) -> (Option<(RouteMatchId, Self::Match)>, &'a str) {
        self.route.match_nested(path)
    }

    fn generate_routes(&self) -> impl IntoIterator<Item = GeneratedRouteData> + '_ {
        let hidden = survey::is_hidden(self.place);
        self.route
            .generate_routes()
            .into_iter()
            .filter(move |_| !hidden)
    }

    fn optional(&self) -> bool {
        self.route.optional()
    }
}

#[cfg(not(feature = "ssr"))]
mod survey {
    use crate::identity::Requirement;

    pub(super) fn register(_requirement: Option<&Requirement>) -> Option<usize> {
        None
    }

    pub(super) fn is_hidden(_place: Option<usize>) -> bool {
        false
    }
}

#[cfg(feature = "ssr")]
mod survey {
    use leptos::prelude::use_context;

    use crate::{identity::Requirement, server::RouteSurvey};

    pub(super) fn register(requirement: Option<&Requirement>) -> Option<usize> {
        use_context::<RouteSurvey>().map(|survey| survey.register(requirement))
    }

    pub(super) fn is_hidden(place: Option<usize>) -> bool {
        place.is_some() && use_context::<RouteSurvey>().is_some_and(|survey| survey.hides(place))
    }
}
