//! What waits to be written to a socket.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::ready;

use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::time::Instant;

/// Messages on their way to a client that may be slow to read them.
pub(super) struct Outbox {
    sink: SplitSink<WebSocket, Message>,
    waiting: VecDeque<Message>,
    /// When something was last written, while not all is.
    stuck_since: Option<Instant>,
    last_message: Instant,
}

impl Outbox {
    pub(super) fn new(sink: SplitSink<WebSocket, Message>, now: Instant) -> Self {
        Self {
            sink,
            waiting: VecDeque::new(),
            stuck_since: None,
            last_message: now,
        }
    }

    pub(super) fn push(&mut self, message: Message, now: Instant) {
        if !matches!(message, Message::Ping(_)) {
            self.last_message = now;
        }
        self.waiting.push_back(message);
        self.stuck_since.get_or_insert(now);
    }

    /// Whether the client has taken everything.
    pub(super) fn is_empty(&self) -> bool {
        self.stuck_since.is_none()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn stuck_since(&self) -> Option<Instant> {
        self.stuck_since
    }

    /// When the client was last sent a message of the protocol.
    pub(super) fn last_message(&self) -> Instant {
        self.last_message
    }

    /// Writes until everything is with the client. May be dropped and called again.
    pub(super) async fn flush(&mut self) -> Result<(), axum::Error> {
        poll_fn(|context| {
            while !self.waiting.is_empty() {
                ready!(self.sink.poll_ready_unpin(context))?;
                if let Some(message) = self.waiting.pop_front() {
                    self.sink.start_send_unpin(message)?;
                    self.stuck_since = Some(Instant::now());
                }
            }
            self.sink.poll_flush_unpin(context)
        })
        .await?;
        self.stuck_since = None;
        Ok(())
    }
}
