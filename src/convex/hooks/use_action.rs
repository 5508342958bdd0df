//! `use_action`

use std::fmt;

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use super::{PendingCall, use_convex};
use crate::convex::{
    Action, ConvexClient, FunctionKind, RequestError, sync::Scope, values::encode_arguments,
};

/// An action that can be called from event handlers. Cheap to copy.
pub struct UseAction<A: 'static, O: 'static> {
    client: StoredValue<ConvexClient>,
    action: Action<A, O>,
    scope: Scope,
}

impl<A, O> Clone for UseAction<A, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, O> Copy for UseAction<A, O> {}

impl<A, O> fmt::Debug for UseAction<A, O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UseAction")
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}

/// An action that can be called from event handlers.
///
/// Calls run beside each other, and are never repeated.
///
/// *On the server* a call answers [`Unavailable::NotInBrowser`](crate::convex::Unavailable::NotInBrowser).
/// *While loading* a call waits until the deployment has confirmed who is there.
/// *When it fails* the call answers why; [`RequestError::ConnectionLost`] says that nobody knows whether it ran.
///
/// ```
/// use leptos::{prelude::*, task::spawn_local};
/// use leptos_clerk_convex::convex::{Action, use_action};
///
/// const CLEAN_UP: Action<(), u32> = Action::new("maintenance:cleanUp");
///
/// #[component]
/// fn CleanUp() -> impl IntoView {
///     let clean_up = use_action(CLEAN_UP);
///     let on_click = move |_| {
///         let call = clean_up.call(());
///         spawn_local(async move { leptos::logging::log!("{:?}", call.await) });
///     };
///     view! { <button on:click=on_click>"Clean up"</button> }
/// }
/// ```
#[must_use]
pub fn use_action<A, O>(action: Action<A, O>) -> UseAction<A, O> {
    let client = use_convex();
    UseAction {
        scope: client.default_scope(),
        client: StoredValue::new(client),
        action,
    }
}

impl<A: Serialize, O: DeserializeOwned> UseAction<A, O> {
    /// The same action, for a person or for everybody.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Calls it, at once. Drop the answer if nobody wants it: the action runs all the same.
    pub fn call(&self, arguments: A) -> PendingCall<O> {
        let closed = || RequestError::Terminated("the component is gone".to_owned());
        let start = || {
            let client = self.client.try_get_value().ok_or_else(closed)?;
            let encoded = encode_arguments(&arguments)?;
            let path = self.action.path();
            Ok(client.request(FunctionKind::Action, &path, encoded, self.scope, None)?)
        };
        PendingCall::new(start())
    }
}
