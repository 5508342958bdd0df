//! The socket: open, lost, opened again.

use super::{ConnectionId, Moment, SyncClient, Timer, effect::Effect};
use crate::convex::function::FunctionKind;

/// A deployment that says nothing for this long is gone.
const INACTIVITY_MS: u32 = 60_000;
const MAXIMUM_BACKOFF_MS: f64 = 16_000.0;
/// The client's own doing: no reason to be careful.
const OWN_BACKOFF_MS: f64 = 100.0;
const BACKOFF_MS: f64 = 1_000.0;
/// The deployment has too much to do.
const OVERLOADED_BACKOFF_MS: f64 = 3_000.0;

const OVERLOADED: [&str; 10] = [
    "SubscriptionsWorkerFullError",
    "TooManyConcurrentRequests",
    "CommitterFullError",
    "AwsTooManyRequestsException",
    "ExecuteFullError",
    "SystemTimeoutError",
    "ExpiredInQueue",
    "VectorIndexTooLarge",
    "SearchIndexTooLarge",
    "TooManyWritesInTimePeriod",
];

/// Closed on purpose, or without anybody's fault.
const QUIET_CLOSE_CODES: [u16; 4] = [1000, 1001, 1005, 4040];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Socket {
    /// Nobody has needed it yet.
    Idle,
    /// Waiting to try again.
    Disconnected {
        retry_at_ms: i64,
    },
    Connecting,
    Ready,
    /// Closed by the client until there is a new token.
    Stopped,
    Terminated,
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) socket: Socket,
    pub(super) id: ConnectionId,
    /// Whether `Connect` has been sent.
    pub(super) introduced: bool,
    opened: u32,
    ever_opened: bool,
    retries: i32,
    last_close_reason: Option<String>,
    heard_at_ms: i64,
    time_saved_ms: Option<i64>,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            socket: Socket::Idle,
            id: ConnectionId(0),
            introduced: false,
            opened: 0,
            ever_opened: false,
            retries: 0,
            last_close_reason: Some("InitialConnect".to_owned()),
            heard_at_ms: 0,
            time_saved_ms: None,
        }
    }
}

impl Connection {
    pub(super) fn is_ready(&self) -> bool {
        self.socket == Socket::Ready
    }

    pub(super) fn is_terminated(&self) -> bool {
        self.socket == Socket::Terminated
    }

    /// Whether an event is about the socket in use: those of an earlier one come late.
    pub(super) fn is_current(&self, id: ConnectionId) -> bool {
        self.id == id && matches!(self.socket, Socket::Connecting | Socket::Ready)
    }

    /// What `Connect` says about the connections before.
    pub(super) fn history(&self) -> (u32, Option<String>) {
        (
            self.opened.saturating_sub(1),
            self.last_close_reason.clone(),
        )
    }

    /// How long the network's return has spared us to wait, once.
    pub(super) fn take_time_saved(&mut self) -> Option<i64> {
        self.time_saved_ms.take()
    }

    /// The connection works and has caught up.
    pub(super) fn caught_up(&mut self) {
        self.retries = 0;
    }
}

/// The connection, as a page shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionState {
    /// Whether a mutation or an action has not finished.
    pub has_inflight_requests: bool,
    /// Whether the socket is open.
    pub is_connected: bool,
    /// When the oldest unfinished mutation or action was called, in milliseconds since the Unix epoch.
    pub oldest_inflight_request_ms: Option<i64>,
    /// Whether the socket has ever been open.
    pub has_ever_connected: bool,
    /// How often the socket has been opened.
    pub connection_count: u32,
    /// How often it has been tried again since the client was last up to date.
    pub connection_retries: u32,
    /// How many mutations have not finished.
    pub inflight_mutations: usize,
    /// How many actions have not finished.
    pub inflight_actions: usize,
}

impl SyncClient {
    /// The connection, as a page shows it.
    #[must_use]
    pub fn connection_state(&self) -> ConnectionState {
        let mutations = self.requests.count(FunctionKind::Mutation);
        let actions = self.requests.count(FunctionKind::Action);
        ConnectionState {
            has_inflight_requests: mutations + actions > 0,
            is_connected: self.connection.is_ready(),
            oldest_inflight_request_ms: self.requests.oldest_ms(),
            has_ever_connected: self.connection.ever_opened,
            connection_count: self.connection.opened,
            connection_retries: self.connection.retries.unsigned_abs(),
            inflight_mutations: mutations,
            inflight_actions: actions,
        }
    }

    pub(super) fn open_socket(&mut self) {
        self.connection.id.0 += 1;
        self.connection.socket = Socket::Connecting;
        self.connection.introduced = false;
        self.effects.push(Effect::CancelTimer(Timer::Reconnect));
        self.effects.push(Effect::OpenSocket {
            connection: self.connection.id,
        });
        self.watch_inactivity();
    }

    fn watch_inactivity(&mut self) {
        self.effects.push(Effect::SetTimer {
            timer: Timer::Inactivity,
            after_ms: INACTIVITY_MS,
        });
    }

    pub(super) fn socket_opened(&mut self, moment: Moment) {
        self.connection.socket = Socket::Ready;
        self.connection.ever_opened = true;
        self.connection.opened += 1;
        self.connection.heard_at_ms = moment.now_ms;
        self.restart_conversation();
        self.replace_expiring_token(moment);
        self.flush(moment);
    }

    pub(super) fn heard(&mut self, moment: Moment) {
        self.connection.heard_at_ms = moment.now_ms;
        self.watch_inactivity();
    }

    /// The other end has closed.
    pub(super) fn socket_closed(&mut self, code: u16, reason: String, moment: Moment) {
        if !QUIET_CLOSE_CODES.contains(&code) {
            self.report(super::Report::Disconnected {
                code,
                reason: reason.clone(),
            });
        }
        let base_ms = if OVERLOADED.iter().any(|prefix| reason.starts_with(prefix)) {
            OVERLOADED_BACKOFF_MS
        } else {
            BACKOFF_MS
        };
        let reason = if reason.is_empty() {
            format!("closed with code {code}")
        } else {
            reason
        };
        self.reconnect_later(Some(reason), base_ms, moment);
    }

    /// Gives the socket up, for a reason of our own.
    pub(super) fn drop_socket(&mut self, reason: &str, moment: Moment) {
        self.effects.push(Effect::CloseSocket {
            connection: self.connection.id,
        });
        self.reconnect_later(Some(reason.to_owned()), OWN_BACKOFF_MS, moment);
    }

    fn reconnect_later(&mut self, reason: Option<String>, base_ms: f64, moment: Moment) {
        let backoff_ms =
            (base_ms * 2f64.powi(self.connection.retries.min(16))).min(MAXIMUM_BACKOFF_MS);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 24 000"
        )]
        let after_ms = (backoff_ms * (0.5 + moment.random.clamp(0.0, 1.0))) as u32;
        self.connection.retries = self.connection.retries.saturating_add(1);
        self.connection.last_close_reason = reason;
        self.connection.time_saved_ms = None;
        self.connection.socket = Socket::Disconnected {
            retry_at_ms: moment.now_ms + i64::from(after_ms),
        };
        self.effects.push(Effect::CancelTimer(Timer::Inactivity));
        self.effects.push(Effect::SetTimer {
            timer: Timer::Reconnect,
            after_ms,
        });
    }

    /// Closes the socket until [`restart_socket`](Self::restart_socket).
    pub(super) fn stop_socket(&mut self) {
        self.connection.socket = Socket::Stopped;
        self.connection.last_close_reason = None;
        self.effects.push(Effect::CloseSocket {
            connection: self.connection.id,
        });
        self.effects.push(Effect::CancelTimer(Timer::Inactivity));
    }

    pub(super) fn restart_socket(&mut self) {
        if self.connection.socket == Socket::Stopped {
            self.open_socket();
        }
    }

    pub(super) fn end_socket(&mut self) {
        if matches!(self.connection.socket, Socket::Connecting | Socket::Ready) {
            self.effects.push(Effect::CloseSocket {
                connection: self.connection.id,
            });
        }
        self.connection.socket = Socket::Terminated;
        for timer in Timer::ALL {
            self.effects.push(Effect::CancelTimer(timer));
        }
    }

    pub(super) fn reconnect_timer(&mut self) {
        if matches!(self.connection.socket, Socket::Disconnected { .. }) {
            self.open_socket();
        }
    }

    pub(super) fn inactivity_timer(&mut self, moment: Moment) {
        if matches!(self.connection.socket, Socket::Connecting | Socket::Ready) {
            self.drop_socket("InactiveServer", moment);
        }
    }

    /// The browser says that the network is back.
    pub(super) fn network_returned(&mut self, moment: Moment) {
        if let Socket::Disconnected { retry_at_ms } = self.connection.socket {
            self.connection.time_saved_ms = Some((retry_at_ms - moment.now_ms).max(0));
            self.open_socket();
        }
    }

    /// The page is looked at again. Timers stood still while it was not, so what they were for is done now.
    pub(super) fn page_returned(&mut self, moment: Moment) {
        let silent_ms = moment.now_ms - self.connection.heard_at_ms;
        match self.connection.socket {
            Socket::Disconnected { .. } => self.open_socket(),
            Socket::Ready if silent_ms > i64::from(INACTIVITY_MS) => {
                self.drop_socket("InactiveServer", moment);
                self.open_socket();
            }
            _ => {}
        }
    }
}
