//! What the sync client asks for, done.

use leptos::prelude::untrack;

use super::{
    ConvexClient, Core,
    surroundings::{self, TimerHandle},
};
use crate::convex::{
    function::QueryToken,
    protocol::ClientMessage,
    sync::{ConnectionId, Effect, Event, Timer},
    token_source::TokenAnswer,
};

impl Core {
    /// The next thing to do. What comes up while something is done waits for its turn.
    fn next_effect(&mut self) -> Option<Effect> {
        if self.queue.is_empty()
            && let Some(sync) = &mut self.sync
        {
            self.queue.extend(sync.take_effects());
        }
        let effect = self.queue.pop_front();
        self.performing = effect.is_some();
        effect
    }
}

impl ConvexClient {
    /// Does everything that the sync client asks for, in its order.
    pub(super) fn perform(&self) {
        if self.core().performing {
            return;
        }
        loop {
            // The lock is let go before anything is done: it may lead back here.
            let next = self.core().next_effect();
            match next {
                Some(effect) => self.perform_one(effect),
                None => break,
            }
        }
        self.publish_staleness();
    }

    fn perform_one(&self, effect: Effect) {
        match effect {
            Effect::OpenSocket { connection } => self.open_socket(connection),
            Effect::CloseSocket { connection } => {
                let mut core = self.core();
                if core
                    .socket
                    .as_ref()
                    .is_some_and(|(id, _)| *id == connection)
                {
                    core.socket = None;
                }
            }
            Effect::Send {
                connection,
                message,
            } => self.send(connection, &message),
            Effect::SetTimer { timer, after_ms } => {
                let handle = surroundings::set_timer(self, timer, after_ms);
                self.replace_timer(timer, handle);
            }
            Effect::CancelTimer(timer) => self.replace_timer(timer, None),
            Effect::FetchToken { force, generation } => self.fetch_token(force, generation),
            Effect::QueriesChanged(tokens) => self.publish_results(&tokens),
            Effect::RequestSettled { id, result } => {
                let waiting = self.core().waiting.remove(&id);
                if let Some(waiting) = waiting {
                    // Whoever stopped waiting does not want the answer.
                    _ = waiting.send(result);
                }
            }
            Effect::AuthChanged(_) => self.publish_verdict(),
            Effect::ConnectionChanged(state) => self.publish_connection(state),
            Effect::Report(report) => surroundings::report(&report),
            Effect::Terminated(reason) => {
                if !self.core().closed {
                    leptos::logging::error!("Convex has ended the connection: {reason}");
                }
            }
        }
    }

    fn open_socket(&self, connection: ConnectionId) {
        if let Ok(address) = self.address() {
            let socket = surroundings::open(self, &address.sync_url(), connection);
            self.core().socket = Some((connection, socket));
        }
    }

    fn send(&self, connection: ConnectionId, message: &ClientMessage) {
        let sent = match &self.core().socket {
            Some((id, socket)) if *id == connection => socket.send(message.to_json()),
            _ => false,
        };
        if !sent {
            self.handle(Event::SendFailed { connection });
        }
    }

    fn replace_timer(&self, timer: Timer, handle: Option<TimerHandle>) {
        let mut core = self.core();
        let earlier = match handle {
            Some(handle) => core.timers.insert(timer, handle),
            None => core.timers.remove(&timer),
        };
        if let Some(earlier) = earlier {
            earlier.clear();
        }
    }

    fn fetch_token(&self, force: bool, generation: u64) {
        let Some(source) = &self.shared.source else {
            self.handle(Event::TokenFetched {
                generation,
                token: None,
            });
            return;
        };
        // This may run inside an effect, which must not follow what the source reads.
        let answer = untrack(|| source.fetch(force));
        let client = self.clone();
        surroundings::spawn(async move {
            let answer = answer.await;
            client.core().unreachable = answer == TokenAnswer::Unreachable;
            let token = match answer {
                TokenAnswer::Token(token) => Some(token),
                TokenAnswer::NoToken | TokenAnswer::Unreachable => None,
            };
            client.handle(Event::TokenFetched { generation, token });
            client.publish_verdict();
        });
    }

    fn publish_results(&self, tokens: &[QueryToken]) {
        for token in tokens {
            let result = self
                .core()
                .sync
                .as_ref()
                .and_then(|sync| sync.result(token).cloned());
            self.publish_result(token, result);
        }
    }
}
