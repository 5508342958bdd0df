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
///         <Protect permission="org:reports:read" plan="pro">"Reports"</Protect>
///     }
/// }
/// ```
#[component]
pub fn Protect(
    /// What is required; without it and the four below, to be signed in.
    #[prop(optional, into)]
    requirement: Option<Requirement>,
    /// A role in the active organization that is required as well.
    #[prop(optional, into)]
    role: Option<String>,
    /// A permission in the active organization that is required as well.
    #[prop(optional, into)]
    permission: Option<String>,
    /// A feature that is required as well.
    #[prop(optional, into)]
    feature: Option<String>,
    /// A plan that is required as well.
    #[prop(optional, into)]
    plan: Option<String>,
    /// What people see who do not meet it.
    #[prop(optional, into)]
    fallback: ViewFn,
    /// What people see who meet it.
    children: ChildrenFn,
) -> impl IntoView {
    let gate = use_gate(all_of([
        requirement,
        role.map(Requirement::Role),
        permission.map(Requirement::Permission),
        feature.map(Requirement::Feature),
        plan.map(Requirement::Plan),
    ]));
    (move || match gate.get() {
        Gate::Open => children(),
        Gate::SignedOut | Gate::Refused => fallback.run(),
        Gate::Waiting => ().into_any(),
    })
    .into_any()
}

/// One requirement of those that are stated; none when none is.
fn all_of(stated: [Option<Requirement>; 5]) -> Option<Requirement> {
    let mut stated: Vec<Requirement> = stated.into_iter().flatten().collect();
    if stated.len() > 1 {
        return Some(Requirement::All(stated));
    }
    stated.pop()
}

#[cfg(test)]
mod tests {
    use super::all_of;
    use crate::identity::Requirement;

    #[test]
    fn what_is_stated_is_all_required() {
        assert_eq!(all_of([None, None, None, None, None]), None);
        let role = Requirement::role("org:admin");
        let plan = Requirement::plan("pro");
        assert_eq!(
            all_of([None, Some(role.clone()), None, None, None]),
            Some(role.clone())
        );
        assert_eq!(
            all_of([None, Some(role.clone()), None, None, Some(plan.clone())]),
            Some(Requirement::all([role, plan]))
        );
    }
}
