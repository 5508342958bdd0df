//! The client: its parts, and what is called on it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    ConnectionState, Moment, OptimisticUpdate, QueryResult, Report, RequestId, Scope, Subscription,
    SyncOptions, Timer,
    authentication::Authentication,
    chunks::Chunks,
    connection::{Connection, Socket},
    effect::{Effect, Event},
    optimistic::Optimistic,
    query_set::QuerySet,
    requests::Requests,
};
use crate::convex::{
    auth::AuthStatus,
    error::RequestError,
    function::{FunctionKind, FunctionPath, QueryToken},
    protocol::{ClientMessage, QuerySetModification, StateVersion, Timestamp},
};

/// The state machine of a Convex client.
///
/// It has no clock, socket, timer or randomness. Call it, [`handle`](Self::handle) what happens, and after every call do what
/// [`take_effects`](Self::take_effects) says, in that order.
///
/// ```
/// use leptos_clerk_convex::convex::{
///     FunctionPath,
///     sync::{Effect, Event, Moment, Scope, SyncClient, SyncOptions},
/// };
///
/// let moment = Moment { now_ms: 1_760_000_000_000, random: 0.5 };
/// let mut client = SyncClient::new(SyncOptions::default(), "4f9c2d0e-6f1a-4b8e-9a53-0d6f3b1c7e21");
/// client.subscribe(&FunctionPath::new("messages:list"), &serde_json::json!({}), Scope::Public, None, moment);
/// client.start(moment);
/// let connection = client
///     .take_effects()
///     .into_iter()
///     .find_map(|effect| match effect {
///         Effect::OpenSocket { connection } => Some(connection),
///         _ => None,
///     })
///     .ok_or("a socket is asked for")?;
///
/// client.handle(Event::SocketOpened { connection }, moment);
/// let sent = client.take_effects().into_iter().filter(|effect| matches!(effect, Effect::Send { .. })).count();
/// assert_eq!(sent, 2, "`Connect` and the query");
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug)]
pub struct SyncClient {
    pub(super) options: SyncOptions,
    session: String,
    pub(super) connection: Connection,
    pub(super) auth: Authentication,
    pub(super) queries: QuerySet,
    pub(super) requests: Requests,
    pub(super) optimistic: Optimistic,
    pub(super) chunks: Chunks,
    /// Where the last transition of this connection ended.
    pub(super) version: StateVersion,
    /// The newest data ever seen.
    pub(super) observed: Option<Timestamp>,
    /// How far this device's clock is ahead of the deployment's.
    pub(super) clock_skew_ms: i64,
    pub(super) effects: Vec<Effect>,
    published: ConnectionState,
}

impl SyncClient {
    /// A client that has not connected. The session id is a random UUID.
    #[must_use]
    pub fn new(options: SyncOptions, session: impl Into<String>) -> Self {
        Self {
            auth: Authentication::new(options.expect_auth),
            options,
            session: session.into(),
            connection: Connection::default(),
            queries: QuerySet::default(),
            requests: Requests::default(),
            optimistic: Optimistic::default(),
            chunks: Chunks::default(),
            version: StateVersion::default(),
            observed: None,
            clock_skew_ms: 0,
            effects: Vec::new(),
            published: ConnectionState::default(),
        }
    }

    /// Opens the socket, the first time it is called.
    pub fn start(&mut self, moment: Moment) {
        if self.connection.socket == Socket::Idle {
            self.heard(moment);
            self.open_socket();
        }
    }

    /// Ends everything. What waits for an answer is told so.
    pub fn close(&mut self) {
        if !self.connection.is_terminated() {
            self.terminate("the client was closed".to_owned());
        }
    }

    /// What is to be done now, in this order.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        let state = self.connection_state();
        if state != self.published {
            self.published = state.clone();
            self.effects.push(Effect::ConnectionChanged(state));
        }
        std::mem::take(&mut self.effects)
    }

    /// Takes in what has happened.
    pub fn handle(&mut self, event: Event, moment: Moment) {
        if self.connection.is_terminated() {
            return;
        }
        match event {
            Event::SocketOpened { connection } if self.connection.is_current(connection) => {
                self.socket_opened(moment)
            }
            Event::SocketMessage { connection, text } if self.connection.is_current(connection) => {
                self.socket_message(&text, moment);
            }
            Event::SocketClosed {
                connection,
                code,
                reason,
            } if self.connection.is_current(connection) => {
                self.socket_closed(code, reason, moment);
            }
            Event::SendFailed { connection } if self.connection.is_current(connection) => {
                self.drop_socket("FailedToSendMessage", moment);
            }
            Event::SocketOpened { .. }
            | Event::SocketMessage { .. }
            | Event::SocketClosed { .. }
            | Event::SendFailed { .. } => {}
            Event::Timer(Timer::Reconnect) => self.reconnect_timer(),
            Event::Timer(Timer::Inactivity) => self.inactivity_timer(moment),
            Event::Timer(Timer::TokenRefresh) => self.token_refresh_timer(),
            Event::Timer(Timer::TokenFetch) => self.token_fetch_timer(moment),
            Event::Timer(Timer::RefusalRetry) => self.refusal_retry_timer(moment),
            Event::TokenFetched { generation, token } => {
                self.token_fetched(generation, token, moment)
            }
            Event::Online => {
                self.network_returned(moment);
                self.auth_returned(moment);
            }
            Event::PageShown => {
                self.page_returned(moment);
                self.auth_returned(moment);
            }
        }
    }

    /// Subscribes to a query; the arguments are encoded (see [`encode_arguments`](crate::convex::values::encode_arguments)).
    ///
    /// Equal queries share one subscription at the deployment. A query that anybody subscribes to as public is public.
    /// `journal` is what [`journal`](Self::journal) of an earlier client gave.
    pub fn subscribe(
        &mut self,
        path: &FunctionPath,
        arguments: &Value,
        scope: Scope,
        journal: Option<String>,
        moment: Moment,
    ) -> (Subscription, QueryToken) {
        let (subscription, token) = self.queries.subscribe(path, arguments, scope, journal);
        self.optimistic.know(&token, path, arguments);
        self.flush(moment);
        (subscription, token)
    }

    /// Ends a subscription. With the last one of a query, its value is forgotten.
    pub fn unsubscribe(&mut self, subscription: Subscription, moment: Moment) {
        let Some(token) = self
            .queries
            .unsubscribe(subscription, self.auth.is_confirmed())
        else {
            return;
        };
        let (mut changed, _) = self.optimistic.rebuild(&mut self.queries);
        changed.retain(|changed| *changed != token || self.queries.contains(&token));
        if !changed.is_empty() {
            self.effects.push(Effect::QueriesChanged(changed));
        }
        self.flush(moment);
    }

    /// A query's result, with optimistic updates; `None` while it is loading.
    #[must_use]
    pub fn result(&self, token: &QueryToken) -> Option<&Arc<QueryResult>> {
        self.optimistic.result(token, &self.queries)
    }

    /// Whether a query's result may be out of date: the connection is lost, or a new one has not answered yet.
    #[must_use]
    pub fn is_stale(&self, token: &QueryToken) -> bool {
        !self.connection.is_ready() || self.queries.is_stale(token)
    }

    /// What another client needs to continue a paginated query where this one is.
    #[must_use]
    pub fn journal(&self, token: &QueryToken) -> Option<&str> {
        self.queries.journal(token)
    }

    /// Calls a mutation. Mutations run one after another, in the order of the calls, and survive a lost connection.
    pub fn mutation(
        &mut self,
        path: &FunctionPath,
        arguments: Value,
        scope: Scope,
        update: Option<OptimisticUpdate>,
        moment: Moment,
    ) -> RequestId {
        self.request(
            FunctionKind::Mutation,
            path,
            arguments,
            scope,
            update,
            moment,
        )
    }

    /// Calls an action. It is not repeated: it fails when the connection is lost before it has answered.
    pub fn action(
        &mut self,
        path: &FunctionPath,
        arguments: Value,
        scope: Scope,
        moment: Moment,
    ) -> RequestId {
        self.request(FunctionKind::Action, path, arguments, scope, None, moment)
    }

    fn request(
        &mut self,
        kind: FunctionKind,
        path: &FunctionPath,
        arguments: Value,
        scope: Scope,
        update: Option<OptimisticUpdate>,
        moment: Moment,
    ) -> RequestId {
        let id = self.requests.new_id();
        if let Some(error) = self.hopeless(scope) {
            self.effects.push(Effect::RequestSettled {
                id,
                result: Err(error),
            });
            return id;
        }
        match update.map(|update| self.optimistic.add(id, update, &self.queries)) {
            Some(Ok(changed)) if !changed.is_empty() => {
                self.effects.push(Effect::QueriesChanged(changed))
            }
            Some(Err(error)) => self.report(Report::OptimisticUpdate(error)),
            Some(Ok(_)) | None => {}
        }
        self.requests
            .add(id, kind, path.clone(), arguments, scope, moment.now_ms);
        self.flush(moment);
        id
    }

    /// Why a call need not be tried.
    fn hopeless(&self, scope: Scope) -> Option<RequestError> {
        if self.connection.is_terminated() {
            return Some(RequestError::Terminated("the client was closed".to_owned()));
        }
        match (scope, self.auth.status()) {
            (Scope::Authenticated, AuthStatus::SignedOut) => Some(RequestError::SignedOut),
            (Scope::Authenticated, AuthStatus::Refused(refusal)) => {
                Some(RequestError::Refused(refusal))
            }
            _ => None,
        }
    }

    /// Whether something would be lost if the page were closed now.
    #[must_use]
    pub fn has_unsaved_changes(&self) -> bool {
        self.requests.has_unsaved()
    }

    /// Both ends of a new connection start from nothing.
    pub(super) fn restart_conversation(&mut self) {
        self.version = StateVersion::default();
        self.chunks.clear();
        self.queries.restart();
        self.auth.restart();
    }

    /// Says whatever the deployment has not been told, unless nothing may be said now.
    pub(super) fn flush(&mut self, moment: Moment) {
        if !self.connection.is_ready() || self.auth.is_paused() {
            return;
        }
        if !self.connection.introduced {
            self.introduce(moment);
            return;
        }
        let authenticated = self.auth.is_confirmed();
        if let Some(message) = self.auth.change() {
            // The deployment would run them once more for whoever comes next, or for nobody.
            let departures = self.queries.departures();
            self.modify_query_set(departures);
            self.send(message);
        }
        if !self.holds_queries() {
            let changes = self.queries.changes(authenticated);
            self.modify_query_set(changes);
        }
        for message in self.requests.unsent(authenticated) {
            self.send(message);
        }
    }

    /// Whether the queries wait for the confirmation that some of them need: one set is then run once, for the person, and
    /// not its public half for nobody yet confirmed.
    fn holds_queries(&self) -> bool {
        self.auth.awaits_confirmation() && self.queries.needs_confirmation()
    }

    fn modify_query_set(&mut self, changes: Option<(u32, Vec<QuerySetModification>)>) {
        if let Some((base_version, modifications)) = changes {
            self.send(ClientMessage::ModifyQuerySet {
                base_version,
                new_version: base_version + 1,
                modifications,
            });
        }
    }

    /// The first messages of a connection: who this is, who is there, every query, every unfinished call.
    fn introduce(&mut self, moment: Moment) {
        self.connection.introduced = true;
        let (connection_count, last_close_reason) = self.connection.history();
        self.send(ClientMessage::Connect {
            session_id: self.session.clone(),
            connection_count,
            last_close_reason,
            max_observed_timestamp: self.observed,
            client_ts: moment.now_ms,
        });
        if let Some(message) = self.auth.change() {
            self.send(message);
        }
        self.auth.introduced();
        let authenticated = self.auth.is_confirmed();
        if !self.holds_queries() {
            let replay = self.queries.replay(authenticated);
            self.modify_query_set(Some(replay));
        }
        let (messages, lost) = self.requests.replay(authenticated);
        for message in messages {
            self.send(message);
        }
        if let Some(saved_ms) = self.connection.take_time_saved() {
            self.send(ClientMessage::Event {
                event_type: "NetworkRecoveryReconnect".to_owned(),
                event: json!({ "timeSavedMs": saved_ms }),
            });
        }
        if !lost.is_empty() {
            self.finish(lost);
        }
    }

    fn send(&mut self, message: ClientMessage) {
        self.effects.push(Effect::Send {
            connection: self.connection.id,
            message,
        });
    }
}
