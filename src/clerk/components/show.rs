//! `Show`

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    auth::AuthState,
    clerk::{UseAuth, use_auth},
    identity::Requirement,
};

/// To whom [`Show`] shows its children.
#[derive(Clone)]
#[non_exhaustive]
pub enum When {
    /// To people who are signed in.
    SignedIn,
    /// To people who are not.
    SignedOut,
    /// To people who meet a requirement.
    Meets(Requirement),
    /// To people of whom a function says so; it is asked about signed-in people only.
    Satisfies(Arc<dyn Fn(&UseAuth) -> bool + Send + Sync>),
}

impl When {
    /// To people of whom `condition` says so. It may read signals.
    pub fn satisfies(condition: impl Fn(&UseAuth) -> bool + Send + Sync + 'static) -> Self {
        Self::Satisfies(Arc::new(condition))
    }
}

impl From<Requirement> for When {
    fn from(requirement: Requirement) -> Self {
        Self::Meets(requirement)
    }
}

impl std::fmt::Debug for When {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SignedIn => formatter.write_str("SignedIn"),
            Self::SignedOut => formatter.write_str("SignedOut"),
            Self::Meets(requirement) => formatter.debug_tuple("Meets").field(requirement).finish(),
            Self::Satisfies(_) => formatter.write_str("Satisfies(…)"),
        }
    }
}

/// Shows its children to those whom `when` names, and `fallback` to everybody else. It shows neither while it is not known who is
/// there.
///
/// It decides what is *seen*; see [`Protect`](crate::clerk::Protect). Its name is that of Leptos' own component: import it by name.
///
/// *On the server* it follows the verified request, with the same answer as the browser. *While loading* it shows nothing.
/// *When it fails* it stays at what the server said.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::{clerk::{Show, When}, identity::Requirement};
///
/// #[component]
/// fn Menu() -> impl IntoView {
///     view! {
///         <Show when=When::SignedOut>"Welcome"</Show>
///         <Show when=Requirement::plan("pro") fallback=|| "Upgrade to export">"Export"</Show>
///         <Show when=When::satisfies(|auth| auth.has(&Requirement::role("org:admin")))>"Settings"</Show>
///     }
/// }
/// ```
#[component]
pub fn Show(
    /// To whom.
    #[prop(into)]
    when: When,
    /// What everybody else sees.
    #[prop(optional, into)]
    fallback: ViewFn,
    /// What they see.
    children: ChildrenFn,
) -> impl IntoView {
    let auth = use_auth();
    let shown = Memo::new(move |_| {
        let signed_in = auth.state().with(|state| match state {
            AuthState::Loading => None,
            AuthState::Unauthenticated => Some(false),
            AuthState::Authenticated(_) => Some(true),
        })?;
        Some(match &when {
            When::SignedIn => signed_in,
            When::SignedOut => !signed_in,
            When::Meets(requirement) => signed_in && auth.has(requirement),
            When::Satisfies(condition) => signed_in && condition(&auth),
        })
    });
    (move || match shown.get() {
        Some(true) => children(),
        Some(false) => fallback.run(),
        None => ().into_any(),
    })
    .into_any()
}
