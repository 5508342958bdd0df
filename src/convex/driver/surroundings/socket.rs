//! A socket.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures_util::{Sink, Stream, future::poll_fn};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use wasm_bindgen_futures::spawn_local;

use crate::convex::{
    driver::ConvexClient,
    sync::{ConnectionId, Event},
};

/// What browsers say of a socket that ended without a close frame.
const ABNORMAL: u16 = 1006;

/// A socket; it is closed when this is dropped.
#[derive(Debug)]
pub(in crate::convex::driver) struct Socket(UnboundedSender<String>);

impl Socket {
    /// Whether the text will be sent, if the socket stays open.
    pub(in crate::convex::driver) fn send(&self, text: String) -> bool {
        self.0.unbounded_send(text).is_ok()
    }
}

/// Opens a socket. What happens to it is told to the client.
pub(in crate::convex::driver) fn open(
    client: &ConvexClient,
    url: &str,
    connection: ConnectionId,
) -> Socket {
    let (sender, outgoing) = unbounded();
    let client = client.clone();
    let url = url.to_owned();
    spawn_local(async move {
        match WebSocket::open(&url) {
            Ok(socket) => run(socket, outgoing, |event| client.handle(event), connection).await,
            Err(error) => client.handle(Event::SocketClosed {
                connection,
                code: ABNORMAL,
                reason: error.to_string(),
            }),
        }
    });
    Socket(sender)
}

/// What happens next on a socket.
enum Step {
    Opened,
    Send(String),
    /// Nobody needs it any more.
    Dropped,
    Received(Option<Result<Message, WebSocketError>>),
}

async fn run(
    mut socket: WebSocket,
    mut outgoing: UnboundedReceiver<String>,
    tell: impl Fn(Event),
    connection: ConnectionId,
) {
    let mut opened = false;
    loop {
        match poll_fn(|context| next(&mut socket, &mut outgoing, opened, context)).await {
            Step::Opened => {
                opened = true;
                tell(Event::SocketOpened { connection });
            }
            Step::Send(text) => {
                let message = Message::Text(text);
                if Pin::new(&mut socket).start_send(message).is_err() {
                    tell(Event::SendFailed { connection });
                }
            }
            Step::Received(Some(Ok(Message::Text(text)))) => {
                tell(Event::SocketMessage { connection, text });
            }
            Step::Received(Some(Err(WebSocketError::ConnectionClose(close)))) => {
                tell(Event::SocketClosed {
                    connection,
                    code: close.code,
                    reason: close.reason,
                });
                return;
            }
            // The protocol has no binary messages, and an error is followed by its close.
            Step::Received(Some(Ok(Message::Bytes(_)) | Err(_))) => {}
            Step::Received(None) => {
                tell(Event::SocketClosed {
                    connection,
                    code: ABNORMAL,
                    reason: String::new(),
                });
                return;
            }
            Step::Dropped => return,
        }
    }
}

fn next(
    socket: &mut WebSocket,
    outgoing: &mut UnboundedReceiver<String>,
    opened: bool,
    context: &mut Context<'_>,
) -> Poll<Step> {
    if let Poll::Ready(text) = Pin::new(outgoing).poll_next(context) {
        return Poll::Ready(text.map_or(Step::Dropped, Step::Send));
    }
    if !opened
        && Pin::new(&mut *socket).poll_ready(context).is_ready()
        && matches!(socket.state(), State::Open)
    {
        return Poll::Ready(Step::Opened);
    }
    Pin::new(socket).poll_next(context).map(Step::Received)
}
