//! The task of one connection: moves messages between the socket and the machine, and runs what the machine asks for.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream::{FuturesUnordered, SplitStream};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

use super::outbox::Outbox;
use crate::sync::backend::{
    ActionResult, AuthenticationFailure, Backend, CallError, LiveResult, MutationResult, QueryCall,
    Snapshot, SystemError,
};
use crate::sync::protocol::{
    ClientMessage, JsonText, QueryId, RequestId, ServerMessage, StateModification, Transition,
};
use crate::sync::session::{Answer, Close, Effect, Event, Now, Session};
use crate::sync::settings::Settings;
use crate::values::Timestamp;

/// While so many messages wait, for the client to read or for its identity to be checked, no more are taken from it.
const MAXIMUM_WAITING: usize = 64;
/// How long a client may take to agree that the connection is closed.
const CLOSING_LIMIT: Duration = Duration::from_secs(5);

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Answers<B> = Vec<(QueryId, Watched<<B as Backend>::Result>)>;
type Connected<B> = Session<<B as Backend>::Identity, Watched<<B as Backend>::Result>>;
type Happened<B> = Event<<B as Backend>::Identity, Watched<<B as Backend>::Result>>;

pub(super) struct Connection<B: Backend> {
    backend: Arc<B>,
    settings: Settings,
    /// Whether the client takes large transitions in chunks.
    chunks: bool,
    session: Connected<B>,
    stream: SplitStream<WebSocket>,
    outbox: Outbox,
    authentication: Option<Work<Result<B::Identity, AuthenticationFailure>>>,
    mutation: Option<Work<(RequestId, MutationResult)>>,
    actions: FuturesUnordered<Work<(RequestId, ActionResult)>>,
    update: Option<Work<Result<Answers<B>, SystemError>>>,
    held_since: Option<Instant>,
    invalidated: Arc<Notify>,
    last_heard: Instant,
    last_ping: Instant,
    closing: Option<Close>,
}

/// A result of which the connection hears when it is no longer valid.
pub(super) struct Watched<R: LiveResult> {
    result: Arc<R>,
    _watch: R::Watch,
}

/// What woke the task.
enum Turn<B: Backend> {
    Happened(Happened<B>),
    Received(Option<Result<Message, axum::Error>>),
    Written(Result<(), axum::Error>),
    Timer,
}

impl<B: Backend> Connection<B> {
    pub(super) fn new(
        socket: WebSocket,
        backend: Arc<B>,
        settings: Settings,
        chunks: bool,
    ) -> Self {
        let (sink, stream) = socket.split();
        let now = Instant::now();
        Self {
            backend,
            settings,
            chunks,
            session: Session::new(&settings),
            stream,
            outbox: Outbox::new(sink, now),
            authentication: None,
            mutation: None,
            actions: FuturesUnordered::new(),
            update: None,
            held_since: None,
            invalidated: Arc::new(Notify::new()),
            last_heard: now,
            last_ping: now,
            closing: None,
        }
    }

    pub(super) async fn run(mut self) {
        while self.closing.is_none() {
            match self.turn().await {
                Turn::Happened(event) => self.happened(event),
                Turn::Received(Some(Ok(message))) => self.received(message),
                Turn::Received(Some(Err(error))) => self.unreadable(&error),
                // Without the client, only what was started already goes on.
                Turn::Received(None) => return,
                Turn::Written(Ok(())) => {}
                Turn::Written(Err(_)) => return,
                Turn::Timer => {
                    if !self.tick() {
                        return;
                    }
                }
            }
            self.begin_update();
        }
        self.close().await;
    }

    /// Waits for the next thing to do. What is earlier in the list goes first: responses before transitions.
    async fn turn(&mut self) -> Turn<B> {
        let deadline = self.deadline();
        let may_read =
            self.outbox.len() < MAXIMUM_WAITING && self.session.backlog() < MAXIMUM_WAITING;
        tokio::select! {
            biased;
            message = self.stream.next(), if may_read => Turn::Received(message),
            (request, result) = next(&mut self.mutation) => {
                Turn::Happened(Event::MutationFinished { request, result })
            }
            Some((request, result)) = self.actions.next() => {
                Turn::Happened(Event::ActionFinished { request, result })
            }
            result = next(&mut self.authentication) => Turn::Happened(Event::Authenticated(result)),
            () = self.invalidated.notified() => Turn::Happened(Event::QueryInvalidated),
            result = next(&mut self.update) => Turn::Happened(Event::UpdateComputed(result)),
            written = self.outbox.flush(), if !self.outbox.is_empty() => Turn::Written(written),
            () = sleep_until(deadline) => Turn::Timer,
        }
    }

    fn received(&mut self, message: Message) {
        self.last_heard = Instant::now();
        let text = match &message {
            Message::Text(text) => text.as_str(),
            Message::Binary(_) => {
                self.closing = Some(Close::without_code("a binary message"));
                return;
            }
            // The transport answers pings and the closing itself.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return,
        };
        match serde_json::from_str::<ClientMessage>(text) {
            Ok(message) => self.happened(Event::Message(message)),
            Err(error) if error.is_data() => {
                self.happened(Event::Malformed(format!("InvalidMessage: {error}")));
            }
            Err(error) => {
                self.closing = Some(Close::without_code(format!(
                    "a message is not JSON: {error}"
                )));
            }
        }
    }

    fn unreadable(&mut self, error: &axum::Error) {
        tracing::debug!(%error, "the connection of a Convex client broke");
        self.closing = Some(Close {
            code: Some(axum::extract::ws::close_code::SIZE),
            reason: "a message is too large, or no WebSocket message".to_owned(),
        });
    }

    fn happened(&mut self, event: Happened<B>) {
        let now = self.now(self.backend.latest().timestamp());
        let effects = self.session.handle(event, now);
        self.apply(effects, None);
    }

    /// Begins an update when one is due and the client has read the last one. Until then changes pile up in the
    /// database only.
    fn begin_update(&mut self) {
        if self.closing.is_none() && self.session.update_due() && self.outbox.is_empty() {
            let snapshot = self.backend.latest();
            let now = self.now(snapshot.timestamp());
            let effects = self
                .session
                .handle(Event::Snapshot(snapshot.timestamp()), now);
            self.apply(effects, Some(&snapshot));
        }
        if !self.session.holds_update() {
            self.held_since = None;
        } else if self.held_since.is_none() {
            self.held_since = Some(Instant::now());
        }
    }

    fn now(&self, latest: Timestamp) -> Now {
        Now {
            nanoseconds: self.backend.now_nanoseconds(),
            latest,
        }
    }

    fn apply(&mut self, effects: Vec<Effect<B::Identity>>, snapshot: Option<&B::Snapshot>) {
        for effect in effects {
            let backend = Arc::clone(&self.backend);
            match effect {
                Effect::Send(message) => self.send(&message),
                Effect::Authenticate(credentials) => {
                    let work = async move { backend.authenticate(credentials).await };
                    self.authentication = Some(Box::pin(work));
                }
                Effect::RunMutation { request, call, key } => {
                    let work = async move { backend.mutation(call, key).await };
                    self.mutation = Some(to_the_end(request, work, |error| MutationResult {
                        outcome: Err(CallError::System(error)),
                        log_lines: Vec::new(),
                    }));
                }
                Effect::RunAction { request, call } => {
                    let work = async move { backend.action(call).await };
                    self.actions
                        .push(to_the_end(request, work, |error| ActionResult {
                            outcome: Err(CallError::System(error)),
                            log_lines: Vec::new(),
                        }));
                }
                Effect::ComputeUpdate(calls) => {
                    let snapshot = snapshot.cloned().unwrap_or_else(|| self.backend.latest());
                    let invalidated = Arc::clone(&self.invalidated);
                    self.update = Some(Box::pin(compute(backend, calls, snapshot, invalidated)));
                }
                Effect::Close(close) => self.closing = Some(close),
            }
        }
    }

    fn send(&mut self, message: &ServerMessage) {
        let now = Instant::now();
        let text = message.to_text();
        let transition = matches!(message, ServerMessage::Transition(_));
        if transition && self.chunks && text.len() > self.settings.maximum_transition {
            for chunk in Transition::chunks(&text, self.settings.maximum_transition) {
                self.outbox.push(Message::Text(chunk.to_text().into()), now);
            }
        } else {
            self.outbox.push(Message::Text(text.into()), now);
        }
    }

    /// When something has to be done even if nothing happens.
    fn deadline(&self) -> Instant {
        let settings = &self.settings;
        let mut deadline = (self.last_ping + settings.ping_every)
            .min(self.last_heard + settings.silence_limit)
            .min(match self.outbox.stuck_since() {
                Some(since) => since + settings.unread_limit,
                None => self.outbox.last_message() + settings.message_every,
            });
        if let Some(since) = self.held_since {
            deadline = deadline.min(since + settings.response_grace);
        }
        deadline
    }

    /// Does what is due at this time. `false` when the client is taken for gone.
    fn tick(&mut self) -> bool {
        let now = Instant::now();
        let settings = self.settings;
        let stuck = self.outbox.stuck_since();
        if now >= self.last_heard + settings.silence_limit
            || stuck.is_some_and(|since| now >= since + settings.unread_limit)
        {
            tracing::debug!("a Convex client is gone");
            return false;
        }
        if self
            .held_since
            .is_some_and(|since| now >= since + settings.response_grace)
        {
            self.happened(Event::GraceOver);
        }
        if now >= self.last_ping + settings.ping_every {
            self.last_ping = now;
            // Pings must not pile up before a client that does not read.
            if stuck.is_none() {
                self.outbox.push(Message::Ping(bytes::Bytes::new()), now);
            }
        }
        if stuck.is_none() && now >= self.outbox.last_message() + settings.message_every {
            self.send(&ServerMessage::Ping);
        }
        true
    }

    /// Says goodbye, and waits a little for the client to do so too: what it was sent last would be lost otherwise.
    async fn close(mut self) {
        let Some(close) = self.closing.take() else {
            return;
        };
        tracing::warn!(
            code = close.code,
            "closing a Convex client's connection: {}",
            close.reason
        );
        let frame = close.code.map(|code| CloseFrame {
            code,
            reason: close_reason(&close.reason).into(),
        });
        self.outbox.push(Message::Close(frame), Instant::now());
        let goodbye = async {
            self.outbox.flush().await?;
            while let Some(message) = self.stream.next().await {
                message?;
            }
            Ok::<_, axum::Error>(())
        };
        // The connection ends either way.
        let _ = timeout(CLOSING_LIMIT, goodbye).await;
    }
}

/// The reason as far as it fits a close frame.
fn close_reason(reason: &str) -> &str {
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    reason.get(..end).unwrap_or_default()
}

/// The work's result once it is there; never, when there is no work.
async fn next<T>(work: &mut Option<Work<T>>) -> T {
    let Some(running) = work else {
        return std::future::pending().await;
    };
    let result = running.await;
    *work = None;
    result
}

/// Runs work on its own, so that it ends even when the client goes, and so that a panic in it is only its own.
fn to_the_end<T: Send + 'static>(
    request: RequestId,
    work: impl Future<Output = T> + Send + 'static,
    failed: impl FnOnce(SystemError) -> T + Send + 'static,
) -> Work<(RequestId, T)> {
    let running = tokio::spawn(work);
    Box::pin(async move {
        let result = running.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a call did not come to its end");
            failed(SystemError::internal("the call did not come to its end"))
        });
        (request, result)
    })
}

/// Runs the queries of an update, all at one snapshot.
async fn compute<B: Backend>(
    backend: Arc<B>,
    calls: Vec<(QueryId, QueryCall<B::Identity>)>,
    snapshot: B::Snapshot,
    invalidated: Arc<Notify>,
) -> Result<Answers<B>, SystemError> {
    let answers = calls.into_iter().map(|(id, call)| {
        let (backend, snapshot, invalidated) = (&backend, &snapshot, &invalidated);
        async move {
            let result = backend.query(call, snapshot).await?;
            let invalidated = Arc::clone(invalidated);
            let watch = result.on_invalid(Box::new(move || invalidated.notify_one()));
            let answer = Watched {
                result,
                _watch: watch,
            };
            Ok((id, answer))
        }
    });
    try_join_all(answers).await
}

impl<R: LiveResult> Answer for Watched<R> {
    fn hash(&self) -> u64 {
        self.result.hash()
    }

    fn journal(&self) -> Option<&str> {
        self.result.journal()
    }

    fn valid_at(&self, timestamp: Timestamp) -> bool {
        self.result.valid_at(timestamp)
    }

    fn modification(&self, query_id: QueryId) -> StateModification {
        let log_lines = self.result.log_lines().to_vec();
        let journal = self.journal().map(str::to_owned);
        match self.result.outcome() {
            Ok(value) => StateModification::Updated {
                query_id,
                value: JsonText(Arc::clone(value)),
                log_lines,
                journal,
            },
            Err(failure) => StateModification::Failed {
                query_id,
                error_message: failure.message.clone(),
                error_data: failure.data.clone(),
                log_lines,
                journal,
            },
        }
    }
}
