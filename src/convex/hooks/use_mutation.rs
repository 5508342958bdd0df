//! `use_mutation`

use std::{fmt, sync::Arc};

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use super::{PendingCall, use_convex};
use crate::convex::{
    ConvexClient, FunctionKind, Mutation, RequestError,
    sync::{LocalStore, OptimisticUpdate, Scope},
    values::{EncodedValue, ValueError, encode_arguments},
};

type Update<A> = dyn Fn(&mut LocalStore<'_>, &A) -> Result<(), ValueError> + Send + Sync;

/// A mutation that can be called from event handlers. Cheap to copy.
pub struct UseMutation<A: 'static, O: 'static> {
    client: StoredValue<ConvexClient>,
    mutation: Mutation<A, O>,
    scope: Scope,
    update: Option<StoredValue<Arc<Update<A>>>>,
}

impl<A, O> Clone for UseMutation<A, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A, O> Copy for UseMutation<A, O> {}

impl<A, O> fmt::Debug for UseMutation<A, O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UseMutation")
            .field("mutation", &self.mutation)
            .finish_non_exhaustive()
    }
}

/// A mutation that can be called from event handlers.
///
/// Calls run one after another, in their order, and survive a lost connection. Below a provider that knows who is there they
/// are for that person; see [`UseMutation::with_scope`].
///
/// *On the server* a call answers [`Unavailable::NotInBrowser`](crate::convex::Unavailable::NotInBrowser).
/// *While loading* a call waits until the deployment has confirmed who is there.
/// *When it fails* the call answers why; nothing is thrown.
///
/// ```
/// use leptos::{prelude::*, task::spawn_local};
/// use leptos_clerk_convex::convex::{Mutation, use_mutation};
///
/// #[derive(serde::Serialize)]
/// struct Send { body: String }
/// const SEND: Mutation<Send, String> = Mutation::new("messages:send");
///
/// #[component]
/// fn SendButton() -> impl IntoView {
///     let send = use_mutation(SEND);
///     let (problem, set_problem) = signal(None::<String>);
///     let on_click = move |_| {
///         let call = send.call(Send { body: "hi".into() });
///         spawn_local(async move { set_problem.set(call.await.err().map(|error| error.to_string())) });
///     };
///     view! { <button on:click=on_click>"Send"</button> {problem} }
/// }
/// ```
#[must_use]
pub fn use_mutation<A, O>(mutation: Mutation<A, O>) -> UseMutation<A, O> {
    let client = use_convex();
    UseMutation {
        scope: client.default_scope(),
        client: StoredValue::new(client),
        mutation,
        update: None,
    }
}

impl<A, O> UseMutation<A, O>
where
    A: Serialize + Send + Sync + 'static,
    O: DeserializeOwned + 'static,
{
    /// The same mutation, for a person or for everybody.
    #[must_use]
    pub fn with_scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// The same mutation, with a guess at what it will change. The guess is shown at once, and until the deployment's values
    /// have it or the mutation has failed. It may run many times, so take times and random ids from the arguments.
    #[must_use]
    pub fn with_optimistic_update(
        mut self,
        update: impl Fn(&mut LocalStore<'_>, &A) -> Result<(), ValueError> + Send + Sync + 'static,
    ) -> Self {
        self.update = Some(StoredValue::new(Arc::new(update)));
        self
    }

    /// Calls it, at once. Drop the answer if nobody wants it: the mutation runs all the same.
    pub fn call(&self, arguments: A) -> PendingCall<O> {
        PendingCall::new(self.start(arguments))
    }

    fn start(
        &self,
        arguments: A,
    ) -> Result<futures_channel::oneshot::Receiver<Result<EncodedValue, RequestError>>, RequestError>
    {
        let closed = || RequestError::Terminated("the component is gone".to_owned());
        let client = self.client.try_get_value().ok_or_else(closed)?;
        let encoded = encode_arguments(&arguments)?;
        let update = self.update.and_then(|update| update.try_get_value());
        let update = update
            .map(|update| -> OptimisticUpdate { Box::new(move |store| update(store, &arguments)) });
        let path = self.mutation.path();
        Ok(client.request(FunctionKind::Mutation, &path, encoded, self.scope, update)?)
    }
}
