//! `Protect`

use leptos::prelude::*;

use crate::{auth::AuthState, clerk::use_auth, identity::Requirement};

/// Whether protected content may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Waiting,
    SignedOut,
    Refused,
    Open,
}

/// The gate for `requirement`, without one for anybody who is signed in. It is a memo, so content behind an open gate stays
/// in place when the identity changes and still suffices.
pub(super) fn use_gate(requirement: Option<Requirement>) -> Memo<Gate> {
    let auth = use_auth();
    let requirement = StoredValue::new(requirement);
    Memo::new(move |_| {
        let gate = auth.state().with(|state| match state {
            AuthState::Loading => Gate::Waiting,
            AuthState::Unauthenticated => Gate::SignedOut,
            AuthState::Authenticated(_) => Gate::Open,
        });
        let refused = gate == Gate::Open
            && requirement.with_value(|requirement| {
                requirement
                    .as_ref()
                    .is_some_and(|required| !auth.has(required))
            });
        if refused { Gate::Refused } else { gate }
    })
}

/// Shows its children to people who meet a requirement, and `fallback` to everybody else.
///
/// It decides what is *seen*. What must not be *had* is protected where it is handed out: on the route, and in the server
/// function.
///
/// *On the server* it follows the verified request, with the same answer as the browser.
/// *While loading* it shows nothing. *When it fails* it stays at what the server said.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::{clerk::Protect, identity::Requirement};
///
/// #[component]
/// fn Billing() -> impl IntoView {
///     view! {
///         <Protect requirement=Requirement::role("org:admin") fallback=|| "Ask an administrator.">
///             "Invoices"
///         </Protect>
///     }
/// }
/// ```
#[component]
pub fn Protect(
    /// What is required; without it, to be signed in.
    #[prop(optional, into)]
    requirement: Option<Requirement>,
    /// What people see who do not meet it.
    #[prop(optional, into)]
    fallback: ViewFn,
    /// What people see who meet it.
    children: ChildrenFn,
) -> impl IntoView {
    let gate = use_gate(requirement);
    move || match gate.get() {
        Gate::Open => children().into_any(),
        Gate::SignedOut | Gate::Refused => fallback.run(),
        Gate::Waiting => ().into_any(),
    }
}
