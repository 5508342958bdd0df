//! Queries as signals.

use std::sync::{Arc, MutexGuard, PoisonError};

use leptos::prelude::*;
use litemap::LiteMap;
use serde::Serialize;
use serde_json::Value;

use super::ConvexClient;
use crate::convex::{
    auth::AuthStatus,
    auth_state::Gate,
    error::RequestError,
    function::{FunctionPath, QueryToken},
    sync::{ConnectionState, QueryResult, Scope, Subscription, SyncClient},
    values::{ValueError, encode_arguments},
};

/// A query with its arguments, and for whom it is.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::convex) struct Call {
    pub(in crate::convex) path: FunctionPath,
    pub(in crate::convex) arguments: Arc<Value>,
    pub(in crate::convex) token: QueryToken,
    pub(in crate::convex) scope: Scope,
}

impl Call {
    pub(in crate::convex) fn new(
        path: FunctionPath,
        arguments: &impl Serialize,
        scope: Scope,
    ) -> Result<Self, ValueError> {
        let arguments = encode_arguments(arguments)?;
        let token = QueryToken::new(&path, &arguments);
        Ok(Self {
            path,
            arguments: Arc::new(arguments),
            token,
            scope,
        })
    }
}

/// What is known of a query at this moment.
#[derive(Clone, Debug)]
pub(in crate::convex) enum Reading {
    Loading,
    Result(Arc<QueryResult>),
    Failed(RequestError),
}

impl PartialEq for Reading {
    /// What a function logged makes no difference to a view.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Loading, Self::Loading) => true,
            (Self::Result(one), Self::Result(other)) => {
                Arc::ptr_eq(one, other) || one.outcome == other.outcome
            }
            (Self::Failed(one), Self::Failed(other)) => one == other,
            _ => false,
        }
    }
}

/// A query that is subscribed to.
#[derive(Clone, Debug, Default)]
pub(super) struct Watched {
    result: ArcRwSignal<Option<Arc<QueryResult>>>,
    stale: ArcRwSignal<bool>,
    subscribers: usize,
}

/// A subscription; it ends when this is dropped.
#[derive(Debug)]
pub(in crate::convex) struct Watch {
    client: ConvexClient,
    token: QueryToken,
    subscription: Subscription,
}

impl Drop for Watch {
    fn drop(&mut self) {
        {
            let mut watched = self.client.watched();
            if let Some(entry) = watched.get_mut(&self.token) {
                entry.subscribers = entry.subscribers.saturating_sub(1);
                if entry.subscribers == 0 {
                    watched.remove(&self.token);
                }
            }
        }
        let subscription = self.subscription;
        // A client that cannot be asked has no subscriptions.
        _ = self
            .client
            .drive(|_, sync, moment| sync.unsubscribe(subscription, moment));
    }
}

impl ConvexClient {
    /// Subscribes; `None` where there is no browser.
    pub(in crate::convex) fn watch(&self, call: &Call) -> Option<Watch> {
        let subscription = self
            .drive(|_, sync, moment| {
                sync.start(moment);
                let (subscription, _) =
                    sync.subscribe(&call.path, &call.arguments, call.scope, None, moment);
                (subscription, sync.result(&call.token).cloned())
            })
            .ok();
        let (subscription, result) = subscription?;
        {
            let mut watched = self.watched();
            let entry = watched.entry(call.token.clone()).or_default();
            entry.subscribers += 1;
        }
        self.publish_result(&call.token, result);
        self.publish_staleness();
        Some(Watch {
            client: self.clone(),
            token: call.token.clone(),
            subscription,
        })
    }

    /// What is known of a query. Reactive, once it is subscribed to.
    pub(in crate::convex) fn read(&self, call: &Call) -> Reading {
        if let Err(unavailable) = self.address() {
            return Reading::Failed(unavailable.into());
        }
        let gate = match call.scope {
            Scope::Public => Gate::Open,
            Scope::Authenticated => self.shared.gate.get(),
        };
        match gate {
            Gate::Waiting => Reading::Loading,
            Gate::SignedOut => Reading::Failed(RequestError::SignedOut),
            Gate::Refused(refusal) => Reading::Failed(RequestError::Refused(refusal)),
            Gate::Open => {
                // The signal is read when the lock is gone: whoever it tells may come back here.
                let result = self
                    .watched()
                    .get(&call.token)
                    .map(|entry| entry.result.clone());
                result
                    .and_then(|result| result.get())
                    .map_or(Reading::Loading, Reading::Result)
            }
        }
    }

    /// Whether what is known of a query may be out of date. Reactive, once it is subscribed to.
    pub(in crate::convex) fn is_stale(&self, token: &QueryToken) -> bool {
        let stale = self.watched().get(token).map(|entry| entry.stale.clone());
        stale.is_some_and(|stale| stale.get())
    }

    fn watched(&self) -> MutexGuard<'_, LiteMap<QueryToken, Watched>> {
        self.shared
            .watched
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn publish_result(&self, token: &QueryToken, result: Option<Arc<QueryResult>>) {
        let signal = self.watched().get(token).map(|entry| entry.result.clone());
        if let Some(signal) = signal {
            let known = signal.with_untracked(|known| match (known, &result) {
                (Some(known), Some(result)) => Arc::ptr_eq(known, result),
                (None, None) => true,
                _ => false,
            });
            if !known {
                signal.set(result);
            }
        }
    }

    pub(super) fn publish_staleness(&self) {
        let watched: Vec<_> = self
            .watched()
            .iter()
            .map(|(token, entry)| (token.clone(), entry.stale.clone()))
            .collect();
        for (token, signal) in watched {
            let stale = self
                .core()
                .sync
                .as_ref()
                .is_some_and(|sync| sync.is_stale(&token));
            set_if_changed(&signal, stale);
        }
    }

    pub(super) fn publish_verdict(&self) {
        let (about, status, unreachable) = {
            let core = self.core();
            let Some(status) = core.sync.as_ref().map(SyncClient::auth_status) else {
                return;
            };
            let status = match status {
                AuthStatus::SignedOut if core.about.is_some() => AuthStatus::Loading,
                status => status,
            };
            (core.about.clone(), status, core.unreachable)
        };
        let verdict = self
            .shared
            .verdict
            .with_untracked(|verdict| verdict.next(about, status, unreachable));
        set_if_changed(&self.shared.verdict, verdict);
    }

    pub(super) fn publish_connection(&self, state: ConnectionState) {
        set_if_changed(&self.shared.connection, state);
    }
}

fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: &ArcRwSignal<T>, value: T) {
    if signal.with_untracked(|known| *known != value) {
        signal.set(value);
    }
}
