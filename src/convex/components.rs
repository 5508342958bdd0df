//! Components that follow the state over the sign-in provider and Convex.

use leptos::prelude::*;

use super::{ConvexAuthState, Refusal, use_convex_auth};

/// Shows its children while somebody is signed in and Convex agrees.
///
/// *On the server* it follows the verified request, and the browser goes on with that: content does not wait for a connection.
/// *While loading* it shows nothing; a token that is replaced is not loading.
/// *When it fails* it shows nothing: [`AuthFailed`] says why. Being offline is no failure.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::convex::{AuthFailed, AuthLoading, Authenticated, Unauthenticated};
///
/// #[component]
/// fn Page() -> impl IntoView {
///     view! {
///         <Authenticated>"Messages"</Authenticated>
///         <Unauthenticated>"Sign in to see messages"</Unauthenticated>
///         <AuthLoading>"One moment"</AuthLoading>
///         <AuthFailed failed=|refusal| view! { <p>{refusal.to_string()}</p> }.into_any()/>
///     }
/// }
/// ```
#[component]
pub fn Authenticated(
    /// What a signed-in person sees.
    children: ChildrenFn,
) -> impl IntoView {
    let authenticated = use_convex_auth().is_authenticated;
    view! { <Show when=move || authenticated.get()>{children()}</Show> }
}

/// Shows its children while nobody is signed in.
///
/// *On the server* it follows the verified request. *While loading* and *when it fails* it shows nothing: somebody who is signed
/// in, and whom Convex refuses, is no stranger.
#[component]
pub fn Unauthenticated(
    /// What a visitor sees.
    children: ChildrenFn,
) -> impl IntoView {
    let state = use_convex_auth().state;
    let unauthenticated =
        Memo::new(move |_| state.with(|state| *state == ConvexAuthState::Unauthenticated));
    view! { <Show when=move || unauthenticated.get()>{children()}</Show> }
}

/// Shows its children while it is not known who is there, or Convex has not confirmed it yet.
///
/// *On the server* it shows its children only if the server could not tell. *When it fails* it shows nothing.
#[component]
pub fn AuthLoading(
    /// What to show meanwhile.
    children: ChildrenFn,
) -> impl IntoView {
    let loading = use_convex_auth().is_loading;
    view! { <Show when=move || loading.get()>{children()}</Show> }
}

/// Shows its children while a token is being replaced. It adds to the page; [`Authenticated`] goes on.
///
/// *On the server*, *while loading* and *when it fails* it shows nothing.
#[component]
pub fn AuthRefreshing(
    /// What to say about it.
    children: ChildrenFn,
) -> impl IntoView {
    let refreshing = use_convex_auth().is_refreshing;
    view! { <Show when=move || refreshing.get()>{children()}</Show> }
}

/// Shows why Convex refuses somebody who is signed in.
///
/// *On the server* it shows something only if no deployment is configured. *While loading* it shows nothing. *When it fails* it
/// shows what `failed` makes of the [`Refusal`], whose `action()` tells the developer what to do.
#[component]
pub fn AuthFailed(
    /// What to show.
    failed: impl Fn(Refusal) -> AnyView + Send + Sync + 'static,
) -> impl IntoView {
    let failure = use_convex_auth().failure;
    move || failure.get().map(&failed)
}
