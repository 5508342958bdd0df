//! What bounds a connection.

use std::time::Duration;

/// Intervals and limits of connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// How often the transport is pinged.
    pub(crate) ping_every: Duration,
    /// How long a client may be silent, pongs included.
    pub(crate) silence_limit: Duration,
    /// After how long without a message the client is sent one: clients take a silent server for a dead one.
    pub(crate) message_every: Duration,
    /// How long a client may read nothing of what waits for it.
    pub(crate) unread_limit: Duration,
    /// How long a computed transition waits for the response of the mutation that may have caused it.
    pub(crate) response_grace: Duration,
    /// The largest message that a client may send, in bytes.
    pub(crate) maximum_message: usize,
    /// The largest transition that is sent in one piece, in bytes.
    pub(crate) maximum_transition: usize,
    /// The most mutations that may wait for their turn.
    pub(crate) maximum_mutations: usize,
    /// The most actions that may run at once.
    pub(crate) maximum_actions: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(5),
            silence_limit: Duration::from_secs(120),
            message_every: Duration::from_secs(15),
            unread_limit: Duration::from_secs(60),
            response_grace: Duration::from_millis(20),
            maximum_message: 20 << 20,
            maximum_transition: 5_000_000,
            maximum_mutations: 1000,
            maximum_actions: 1000,
        }
    }
}
