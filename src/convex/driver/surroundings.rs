//! The only place of this half that touches the browser: sockets, timers, the clock, randomness, events of the page.

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(not(target_arch = "wasm32"))]
mod nowhere;
#[cfg(target_arch = "wasm32")]
mod socket;

#[cfg(target_arch = "wasm32")]
pub(super) use browser::{
    IS_BROWSER, Listeners, TimerHandle, listen, moment, report, session_id, set_timer, spawn,
};
#[cfg(not(target_arch = "wasm32"))]
pub(super) use nowhere::{
    IS_BROWSER, Listeners, Socket, TimerHandle, listen, moment, open, report, session_id,
    set_timer, spawn,
};
#[cfg(target_arch = "wasm32")]
pub(super) use socket::{Socket, open};
