//! The surroundings where there is no browser: nothing is driven here, so nothing is ever asked of them.

use std::future::Future;

use crate::convex::{
    driver::ConvexClient,
    sync::{ConnectionId, Moment, Report, Timer},
};

pub(in crate::convex::driver) const IS_BROWSER: bool = false;

#[derive(Debug)]
pub(in crate::convex::driver) struct Socket;

impl Socket {
    pub(in crate::convex::driver) fn send(&self, _text: String) -> bool {
        false
    }
}

#[derive(Debug)]
pub(in crate::convex::driver) struct TimerHandle;

impl TimerHandle {
    pub(in crate::convex::driver) fn clear(&self) {}
}

#[derive(Debug)]
pub(in crate::convex::driver) struct Listeners;

impl Listeners {
    pub(in crate::convex::driver) fn remove(self) {}
}

pub(in crate::convex::driver) fn moment() -> Moment {
    Moment {
        now_ms: 0,
        random: 0.5,
    }
}

pub(in crate::convex::driver) fn session_id() -> String {
    String::new()
}

pub(in crate::convex::driver) fn listen(_client: &ConvexClient) -> Listeners {
    Listeners
}

pub(in crate::convex::driver) fn open(
    _client: &ConvexClient,
    _url: &str,
    _connection: ConnectionId,
) -> Socket {
    Socket
}

pub(in crate::convex::driver) fn set_timer(
    _client: &ConvexClient,
    _timer: Timer,
    _after_ms: u32,
) -> Option<TimerHandle> {
    None
}

pub(in crate::convex::driver) fn spawn(_future: impl Future<Output = ()> + 'static) {}

pub(in crate::convex::driver) fn report(_report: &Report) {}
