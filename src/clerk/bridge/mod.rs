//! The only place that touches ClerkJS, `window` and `document`.
//!
//! Outside a browser every call answers [`ClerkError::NotInBrowser`](super::ClerkError::NotInBrowser), so that the rest of
//! the library is written once.

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(target_arch = "wasm32")]
mod error;
#[cfg(target_arch = "wasm32")]
mod js;
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
    Mounted, assign, call, call_void, cookies, hydrated_idle, now, perform, request_ui, wake_at,
};
#[cfg(not(target_arch = "wasm32"))]
pub(super) use nowhere::{
    Mounted, assign, call, call_void, cookies, hydrated_idle, now, perform, request_ui, wake_at,
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
