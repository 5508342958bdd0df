//! The driver: it owns a [`SyncClient`], performs what it asks for, and shows its values as signals.

mod effects;
mod surroundings;
mod watch;

pub(super) use watch::{Call, Reading, Watch};

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_channel::oneshot;
use leptos::prelude::*;
use litemap::LiteMap;
use serde_json::Value;

use super::{
    address::DeploymentAddress,
    auth::{AuthStatus, Refusal, RefusalReason},
    auth_state::{ConvexAuthState, Gate, Verdict, combine, gate},
    error::{RequestError, Unavailable},
    function::{FunctionKind, FunctionPath, QueryToken},
    pagination::PaginationIds,
    sync::{
        ConnectionId, ConnectionState, Effect as SyncEffect, Event, Moment, OptimisticUpdate,
        RequestId, Scope, SyncClient, SyncOptions, Timer,
    },
    token_source::{SignIn, TokenSource},
    values::EncodedValue,
};
use crate::hydration::use_hydrated;
use surroundings::{Listeners, Socket, TimerHandle};
use watch::Watched;

/// How a client behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConvexOptions {
    /// Ask before the page is left while a mutation or an action has not finished.
    pub unsaved_changes_warning: bool,
    /// How long before its expiry a token is replaced, in milliseconds.
    pub refresh_leeway_ms: u32,
}

impl Default for ConvexOptions {
    fn default() -> Self {
        Self {
            unsaved_changes_warning: true,
            refresh_leeway_ms: SyncOptions::default().refresh_leeway_ms,
        }
    }
}

impl ConvexOptions {
    /// Says whether to ask before the page is left while a mutation or an action has not finished.
    #[must_use]
    pub fn with_unsaved_changes_warning(mut self, warning: bool) -> Self {
        self.unsaved_changes_warning = warning;
        self
    }

    /// Says how long before its expiry a token is replaced.
    #[must_use]
    pub fn with_refresh_leeway_ms(mut self, refresh_leeway_ms: u32) -> Self {
        self.refresh_leeway_ms = refresh_leeway_ms;
        self
    }
}

/// The client of this page: what a Convex provider provides and [`use_convex`](super::use_convex) returns. Cheap to clone.
///
/// Its socket is opened when it is first needed, in the browser and after hydration. *On the server* it opens nothing.
#[derive(Clone)]
pub struct ConvexClient {
    shared: Arc<Shared>,
}

struct Shared {
    address: Result<DeploymentAddress, Unavailable>,
    options: ConvexOptions,
    source: Option<TokenSource>,
    core: Mutex<Core>,
    /// Apart from the core, so that an optimistic update can read signals.
    watched: Mutex<LiteMap<QueryToken, Watched>>,
    verdict: ArcRwSignal<Verdict>,
    auth: ArcMemo<ConvexAuthState>,
    gate: ArcMemo<Gate>,
    user_id: ArcMemo<Option<String>>,
    connection: ArcRwSignal<ConnectionState>,
    hydrated: ReadSignal<bool>,
    pagination: PaginationIds,
    /// Queries whose live value has taken the place of the one that the server read.
    gone_live: Mutex<LiteMap<QueryToken, ()>>,
}

/// What changes when something happens.
#[derive(Default)]
struct Core {
    sync: Option<SyncClient>,
    closed: bool,
    queue: VecDeque<SyncEffect>,
    performing: bool,
    socket: Option<(ConnectionId, Socket)>,
    timers: LiteMap<Timer, TimerHandle>,
    waiting: LiteMap<RequestId, oneshot::Sender<Result<EncodedValue, RequestError>>>,
    listeners: Option<Listeners>,
    /// Whom the client was told of.
    about: Option<String>,
    /// Whether it was told that nobody is there.
    signed_out: bool,
    unreachable: bool,
}

impl fmt::Debug for ConvexClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ConvexClient")
            .field("address", &self.shared.address)
            .finish_non_exhaustive()
    }
}

impl ConvexClient {
    pub(super) fn new(
        address: Result<DeploymentAddress, Unavailable>,
        source: Option<TokenSource>,
        options: ConvexOptions,
    ) -> Self {
        let verdict = ArcRwSignal::new(Verdict {
            status: source
                .as_ref()
                .map_or(AuthStatus::SignedOut, |_| AuthStatus::Loading),
            ..Verdict::default()
        });
        let sign_in = source.as_ref().map_or_else(
            || Signal::stored(SignIn::SignedOut),
            |source| source.sign_in,
        );
        let vouched = source
            .as_ref()
            .and_then(|source| source.vouched_key.clone());
        let missing = address.as_ref().err().copied().map(|missing| Refusal {
            reason: RefusalReason::NoDeployment,
            message: missing.to_string(),
            claims: None,
        });
        let auth = {
            let verdict = verdict.clone();
            ArcMemo::new(move |_| {
                let state = sign_in.with(|sign_in| {
                    verdict.with(|verdict| combine(sign_in, vouched.as_deref(), verdict))
                });
                match (state, &missing) {
                    (
                        ConvexAuthState::Authenticated { .. } | ConvexAuthState::Loading,
                        Some(missing),
                    ) if sign_in.with(|sign_in| sign_in.key().is_some()) => {
                        ConvexAuthState::Refused(missing.clone())
                    }
                    (state, _) => state,
                }
            })
        };
        let gate = {
            let verdict = verdict.clone();
            ArcMemo::new(move |_| {
                sign_in.with(|sign_in| verdict.with(|verdict| gate(sign_in, verdict)))
            })
        };
        let user_id =
            ArcMemo::new(move |_| sign_in.with(|sign_in| sign_in.user_id().map(str::to_owned)));
        Self {
            shared: Arc::new(Shared {
                address,
                options,
                source,
                core: Mutex::default(),
                watched: Mutex::default(),
                verdict,
                auth,
                gate,
                user_id,
                connection: ArcRwSignal::default(),
                hydrated: use_hydrated(),
                pagination: PaginationIds::default(),
                gone_live: Mutex::default(),
            }),
        }
    }

    /// A client that answers every call with the reason why it cannot be asked.
    pub(super) fn unavailable(reason: Unavailable) -> Self {
        Self::new(Err(reason), None, ConvexOptions::default())
    }

    /// The deployment's address.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when there is none.
    pub fn address(&self) -> Result<&DeploymentAddress, Unavailable> {
        self.shared
            .address
            .as_ref()
            .map_err(|unavailable| *unavailable)
    }

    /// For whom queries and calls are that do not say: for a person where the provider knows who is there, else for everybody.
    #[must_use]
    pub fn default_scope(&self) -> Scope {
        match self.shared.source {
            Some(_) => Scope::Authenticated,
            None => Scope::Public,
        }
    }

    /// Who is there.
    pub(super) fn auth(&self) -> ArcMemo<ConvexAuthState> {
        self.shared.auth.clone()
    }

    /// The id of the person who is there.
    pub(super) fn user_id(&self) -> ArcMemo<Option<String>> {
        self.shared.user_id.clone()
    }

    /// Whether queries may be subscribed to: what comes of it may not change a page that is still being taken over, and all of
    /// them are to be asked at once. Reactive.
    pub(super) fn is_hydrated(&self) -> bool {
        // The provider may be gone already.
        self.shared.hydrated.try_get().unwrap_or_default()
    }

    pub(super) fn connection(&self) -> ArcRwSignal<ConnectionState> {
        self.shared.connection.clone()
    }

    pub(super) fn pagination_ids(&self) -> &PaginationIds {
        &self.shared.pagination
    }

    /// Tells the client who is there, if it does not know yet. Reactive: run it in an effect.
    pub(super) fn apply_auth(&self) {
        if let Some(source) = &self.shared.source {
            self.told(&source.sign_in.get());
        }
    }

    fn apply_auth_untracked(&self) {
        if let Some(source) = &self.shared.source {
            // The provider may be gone already.
            if let Some(sign_in) = source.sign_in.try_get_untracked() {
                self.told(&sign_in);
            }
        }
    }

    fn told(&self, sign_in: &SignIn) {
        let told = self.drive(|core, sync, moment| match sign_in {
            SignIn::Loading => false,
            SignIn::SignedOut => {
                let news = core.about.take().is_some() || !core.signed_out;
                core.signed_out = true;
                if news {
                    sync.clear_auth(moment);
                }
                news
            }
            SignIn::SignedIn { key, .. } => {
                core.signed_out = false;
                let news = core.about.as_ref() != Some(key);
                if news {
                    core.about = Some(key.clone());
                    core.unreachable = false;
                    sync.set_auth(key, moment);
                    sync.start(moment);
                }
                news
            }
        });
        // The status may be the one it was, of another person.
        if told == Ok(true) {
            self.publish_verdict();
        }
    }

    /// Calls a mutation or an action with encoded arguments. It is sent at once; the answer comes through the channel.
    pub(super) fn request(
        &self,
        kind: FunctionKind,
        path: &FunctionPath,
        arguments: Value,
        scope: Scope,
        update: Option<OptimisticUpdate>,
    ) -> Result<oneshot::Receiver<Result<EncodedValue, RequestError>>, Unavailable> {
        self.apply_auth_untracked();
        self.drive(|core, sync, moment| {
            sync.start(moment);
            let id = match kind {
                FunctionKind::Action => sync.action(path, arguments, scope, moment),
                FunctionKind::Query | FunctionKind::Mutation => {
                    sync.mutation(path, arguments, scope, update, moment)
                }
            };
            let (sender, receiver) = oneshot::channel();
            core.waiting.insert(id, sender);
            receiver
        })
    }

    /// Whether something would be lost if the page were closed now.
    #[must_use]
    pub fn has_unsaved_changes(&self) -> bool {
        self.core()
            .sync
            .as_ref()
            .is_some_and(SyncClient::has_unsaved_changes)
    }

    /// Ends everything: the socket, the subscriptions, the calls that wait. A provider does this when it is taken away.
    pub fn close(&self) {
        let listeners = {
            let mut core = self.core();
            core.closed = true;
            if let Some(sync) = &mut core.sync {
                sync.close();
            }
            core.listeners.take()
        };
        self.perform();
        if let Some(listeners) = listeners {
            listeners.remove();
        }
    }

    /// The queries whose preloaded value has had its day.
    pub(super) fn gone_live(&self) -> MutexGuard<'_, LiteMap<QueryToken, ()>> {
        self.shared
            .gone_live
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn core(&self) -> MutexGuard<'_, Core> {
        self.shared
            .core
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls the sync client, which is made here when it is first needed, and does what it then asks for.
    fn drive<T>(
        &self,
        act: impl FnOnce(&mut Core, &mut SyncClient, Moment) -> T,
    ) -> Result<T, Unavailable> {
        self.address()?;
        if !surroundings::IS_BROWSER {
            return Err(Unavailable::NotInBrowser);
        }
        let value = {
            let mut core = self.core();
            let mut sync = match core.sync.take() {
                Some(sync) => sync,
                None => {
                    core.listeners = (!core.closed).then(|| surroundings::listen(self));
                    self.new_sync(core.closed)
                }
            };
            let value = act(&mut core, &mut sync, surroundings::moment());
            core.sync = Some(sync);
            value
        };
        self.perform();
        Ok(value)
    }

    fn new_sync(&self, closed: bool) -> SyncClient {
        let options = SyncOptions::default()
            .with_expect_auth(self.shared.source.is_some())
            .with_refresh_leeway_ms(self.shared.options.refresh_leeway_ms);
        let mut sync = SyncClient::new(options, surroundings::session_id());
        if closed {
            sync.close();
        }
        sync
    }

    /// Tells the sync client what has happened.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "the surroundings call it, in the browser")
    )]
    fn handle(&self, event: Event) {
        // Nothing happens to a client that cannot be asked.
        _ = self.drive(|_, sync, moment| sync.handle(event, moment));
    }
}
