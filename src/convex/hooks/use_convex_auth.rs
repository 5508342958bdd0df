//! `use_convex_auth`

use leptos::prelude::*;

use super::use_convex;
use crate::convex::{ConvexAuthState, Refusal};

/// Whether somebody is signed in, to Clerk (or another provider) and to Convex. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct ConvexAuth {
    /// All of it in one.
    pub state: Memo<ConvexAuthState>,
    /// Whether it is not known yet.
    pub is_loading: Memo<bool>,
    /// Whether somebody is signed in, and the deployment agrees.
    pub is_authenticated: Memo<bool>,
    /// Whether a token is being replaced. What is on the page stays.
    pub is_refreshing: Memo<bool>,
    /// Why the deployment refuses somebody who is signed in.
    pub failure: Memo<Option<Refusal>>,
}

/// Whether somebody is signed in, to Clerk (or another provider) and to Convex.
///
/// *On the server* it follows the verified request: somebody whom the server knows is authenticated in the first HTML.
/// *While loading* `is_loading` is true: after a sign-in on this page, until the deployment has confirmed it. A token that is
/// replaced shows as `is_refreshing`, never as loading.
/// *When it fails* `failure` says why the deployment refuses. Being offline is no failure: the state stays what it was.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::convex::use_convex_auth;
///
/// #[component]
/// fn Why() -> impl IntoView {
///     let auth = use_convex_auth();
///     move || auth.failure.get().map(|refusal| format!("{refusal}. {}", refusal.action()))
/// }
/// ```
#[must_use]
pub fn use_convex_auth() -> ConvexAuth {
    let auth = use_convex().auth();
    let state = Memo::from(auth);
    ConvexAuth {
        state,
        is_loading: Memo::new(move |_| state.with(|state| *state == ConvexAuthState::Loading)),
        is_authenticated: Memo::new(move |_| {
            state.with(|state| matches!(state, ConvexAuthState::Authenticated { .. }))
        }),
        is_refreshing: Memo::new(move |_| {
            state.with(|state| *state == ConvexAuthState::Authenticated { refreshing: true })
        }),
        failure: Memo::new(move |_| {
            state.with(|state| match state {
                ConvexAuthState::Refused(refusal) => Some(refusal.clone()),
                _ => None,
            })
        }),
    }
}
