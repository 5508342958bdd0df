//! The only place that touches ClerkJS, `window` and `document`.
//!
//! Outside a browser every call answers [`ClerkError::NotInBrowser`](super::ClerkError::NotInBrowser), so that the rest of
//! the library is written once.

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod custom;
#[cfg(target_arch = "wasm32")]
mod error;
#[cfg(target_arch = "wasm32")]
mod flow;
#[cfg(target_arch = "wasm32")]
mod focus;
#[cfg(target_arch = "wasm32")]
mod js;
#[cfg(target_arch = "wasm32")]
mod lists;
#[cfg(target_arch = "wasm32")]
mod mount;
#[cfg(target_arch = "wasm32")]
mod navigation;
#[cfg(not(target_arch = "wasm32"))]
mod nowhere;
#[cfg(target_arch = "wasm32")]
mod resources;
#[cfg(target_arch = "wasm32")]
mod script;

#[cfg(target_arch = "wasm32")]
pub(super) use browser::{
    assign, call, call_void, cookies, hydrated_idle, now, on_return, perform, request_ui, reverify,
    wake_at,
};
#[cfg(target_arch = "wasm32")]
pub(super) use flow::{Followed, flow_call, flow_finalize};
#[cfg(target_arch = "wasm32")]
pub(super) use focus::focus;
#[cfg(target_arch = "wasm32")]
pub(super) use lists::{call_on, list};
#[cfg(target_arch = "wasm32")]
pub(super) use mount::Mounted;
#[cfg(not(target_arch = "wasm32"))]
pub(super) use nowhere::{
    Followed, Mounted, assign, call, call_on, call_void, cookies, flow_call, flow_finalize, focus,
    hydrated_idle, list, now, on_return, perform, request_ui, reverify, wake_at,
};

/// Where a [`Mounted`] is kept. A browser's belongs to its thread. A server may drop a page on another thread than it
/// began on, which local storage answers with a panic.
#[cfg(target_arch = "wasm32")]
pub(super) type MountStorage = leptos::prelude::LocalStorage;
#[cfg(not(target_arch = "wasm32"))]
pub(super) type MountStorage = leptos::prelude::SyncStorage;

#[cfg(target_arch = "wasm32")]
pub(super) use navigation::use_navigation;
#[cfg(not(target_arch = "wasm32"))]
pub(super) use nowhere::use_navigation;
