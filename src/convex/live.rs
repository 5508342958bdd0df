//! What the query hooks share: subscriptions that follow signals, and values that begin with what the server read.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use leptos::prelude::*;

use super::{
    driver::{Call, ConvexClient, Reading, Watch},
    preload_store::PreloadedQueries,
    sync::QueryResult,
    values::EncodedValue,
};

/// The queries of one hook.
#[derive(Clone)]
pub(super) struct Live {
    client: ConvexClient,
    /// Says that the subscriptions are others now.
    attached: ArcTrigger,
    /// What a caller brought along, with the id of the person who was there then.
    brought: Option<Arc<Brought>>,
}

struct Brought {
    gone_live: AtomicBool,
    user_id: Option<String>,
    call: Call,
    result: Arc<QueryResult>,
}

impl Live {
    pub(super) fn new(client: ConvexClient) -> Self {
        Self {
            client,
            attached: ArcTrigger::new(),
            brought: None,
        }
    }

    /// Begins with this value, for as long as the same person is there.
    pub(super) fn with_value(mut self, call: Call, value: EncodedValue) -> Self {
        self.brought = Some(Arc::new(Brought {
            gone_live: AtomicBool::new(false),
            user_id: self.client.user_id().get_untracked(),
            call,
            result: QueryResult::of(value),
        }));
        self
    }

    /// Subscribes to whatever `calls` gives, after hydration, and until the owner is gone.
    pub(super) fn follow(&self, calls: impl Fn() -> Vec<Call> + Send + Sync + 'static) {
        let watches = StoredValue::new(Vec::<Watch>::new());
        let live = self.clone();
        Effect::new(move |_| {
            if !live.client.is_hydrated() {
                return;
            }
            let wanted = calls()
                .iter()
                .filter_map(|call| live.client.watch(call))
                .collect();
            // The former ones end after the new ones have begun: what is in both is never given up.
            let former = watches.try_update_value(|watches| std::mem::replace(watches, wanted));
            drop(former);
            live.attached.notify();
        });
        on_cleanup(move || drop(watches.try_update_value(std::mem::take)));
    }

    /// What is known of a query. Reactive.
    pub(super) fn read(&self, call: &Call) -> Reading {
        self.attached.track();
        let reading = self.client.read(call);
        if matches!(reading, Reading::Result(_)) {
            self.forget_preloaded(call);
            return reading;
        }
        self.preloaded(call).map_or(reading, Reading::Result)
    }

    /// Whether what is known may be out of date. Reactive.
    pub(super) fn is_stale(&self, call: &Call) -> bool {
        self.attached.track();
        self.client.is_stale(&call.token)
    }

    /// What the server read for the person who is there. Reactive.
    pub(super) fn preloaded(&self, call: &Call) -> Option<Arc<QueryResult>> {
        let user_id = self.client.user_id().get();
        if let Some(brought) = &self.brought {
            let counts = brought.call == *call && brought.user_id == user_id;
            if counts && !brought.gone_live.load(Ordering::Relaxed) {
                return Some(Arc::clone(&brought.result));
            }
        }
        if self.client.gone_live().contains_key(&call.token) {
            return None;
        }
        let value = with_context::<PreloadedQueries, _>(|preloaded| {
            let value = preloaded.value_for(&call.token);
            value
                .filter(|_| preloaded.is_for(user_id.as_deref()))
                .cloned()
        });
        value.flatten().map(QueryResult::of)
    }

    /// A live value is newer, so what the server read never comes back after it.
    pub(super) fn forget_preloaded(&self, call: &Call) {
        if let Some(brought) = &self.brought
            && brought.call == *call
        {
            brought.gone_live.store(true, Ordering::Relaxed);
        }
        let is_preloaded = with_context::<PreloadedQueries, _>(|preloaded| {
            preloaded.value_for(&call.token).is_some()
        });
        if is_preloaded == Some(true) {
            self.client.gone_live().insert(call.token.clone(), ());
        }
    }
}
