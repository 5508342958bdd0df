//! What goes into the client and what comes out of it.

use super::{ConnectionId, ConnectionState, Report, RequestId};
use crate::convex::{
    auth::{AuthStatus, AuthToken},
    error::RequestError,
    function::QueryToken,
    protocol::ClientMessage,
    values::EncodedValue,
};

/// When something happens, with a random number for whatever has to be spread out. The client has neither of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// From 0 to 1, a new one every time.
    pub random: f64,
}

/// The timers. There is at most one of each; setting it again replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Timer {
    /// Open the socket again.
    Reconnect,
    /// The deployment has said nothing for too long.
    Inactivity,
    /// The token is about to expire.
    TokenRefresh,
    /// A token fetch takes too long.
    TokenFetch,
    /// Try again after a refusal.
    RefusalRetry,
}

impl Timer {
    pub(super) const ALL: [Self; 5] = [
        Self::Reconnect,
        Self::Inactivity,
        Self::TokenRefresh,
        Self::TokenFetch,
        Self::RefusalRetry,
    ];
}

/// Something that happened outside the client.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A socket is open.
    SocketOpened {
        /// Which.
        connection: ConnectionId,
    },
    /// A text frame has come.
    SocketMessage {
        /// On which socket.
        connection: ConnectionId,
        /// The text.
        text: String,
    },
    /// A socket has closed, or could not be opened.
    SocketClosed {
        /// Which.
        connection: ConnectionId,
        /// The code of the close frame.
        code: u16,
        /// Its reason, or empty.
        reason: String,
    },
    /// A message could not be sent.
    SendFailed {
        /// On which socket.
        connection: ConnectionId,
    },
    /// A timer that was set, and neither set again nor cancelled, has run out.
    Timer(Timer),
    /// The answer to [`Effect::FetchToken`].
    TokenFetched {
        /// As in the effect.
        generation: u64,
        /// `None` when there is none or it could not be had.
        token: Option<AuthToken>,
    },
    /// The browser says that the network is back (`online`).
    Online,
    /// The page is visible again (`visibilitychange`), or was taken out of the back-forward cache (`pageshow`).
    PageShown,
}

/// What the client's surroundings have to do.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Effect {
    /// Open a socket. There is never more than one.
    OpenSocket {
        /// Comes back with every event of this socket.
        connection: ConnectionId,
    },
    /// Close a socket. Nothing that it says any more is listened to.
    CloseSocket {
        /// Which.
        connection: ConnectionId,
    },
    /// Send a message: the text is [`ClientMessage::to_json`].
    Send {
        /// On which socket.
        connection: ConnectionId,
        /// What.
        message: ClientMessage,
    },
    /// Send [`Event::Timer`] after this time.
    SetTimer {
        /// Which timer.
        timer: Timer,
        /// How long.
        after_ms: u32,
    },
    /// Forget a timer, if it is set.
    CancelTimer(Timer),
    /// Ask for a token of the current identity, and answer with [`Event::TokenFetched`] whatever happens.
    FetchToken {
        /// Whether a token from a cache will not do.
        force: bool,
        /// To be given back.
        generation: u64,
    },
    /// These queries have another result: see [`SyncClient::result`](super::SyncClient::result).
    QueriesChanged(Vec<QueryToken>),
    /// A mutation or an action is finished. Each is, exactly once.
    RequestSettled {
        /// Which.
        id: RequestId,
        /// Its encoded value.
        result: Result<EncodedValue, RequestError>,
    },
    /// What Convex knows about who is there.
    AuthChanged(AuthStatus),
    /// The connection has changed.
    ConnectionChanged(ConnectionState),
    /// Something for a developer's eyes.
    Report(Report),
    /// The deployment has ended the conversation for good.
    Terminated(String),
}
