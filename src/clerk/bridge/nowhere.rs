//! The bridge where there is no browser: on the server and in native tests.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::clerk::{Clerk, ClerkComponent, ClerkError, loader::LoaderEffect};

/// Milliseconds since the Unix epoch.
pub(in crate::clerk) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}

pub(in crate::clerk) fn perform(_clerk: Clerk, _effect: LoaderEffect) {}

pub(in crate::clerk) fn request_ui(_clerk: Clerk) {}

pub(in crate::clerk) fn wake_at(_clerk: Clerk, _at: i64) {}

pub(in crate::clerk) fn hydrated_idle(_run: impl FnOnce() + 'static) {}

pub(in crate::clerk) fn cookies() -> String {
    String::new()
}

pub(in crate::clerk) fn assign(_url: &str) {}

pub(in crate::clerk) fn use_navigation() {}

pub(in crate::clerk) async fn call(
    _method: &str,
    _arguments: &[Value],
) -> Result<Option<Value>, ClerkError> {
    Err(ClerkError::NotInBrowser)
}

pub(in crate::clerk) fn call_void(_method: &str, _arguments: &[Value]) -> Result<(), ClerkError> {
    Err(ClerkError::NotInBrowser)
}

/// A prebuilt component that ClerkJS has put into an element.
#[derive(Debug)]
pub(in crate::clerk) struct Mounted;

impl Mounted {
    pub(in crate::clerk) fn mount(
        _component: ClerkComponent,
        _element: &leptos::web_sys::HtmlDivElement,
        _props: &Value,
        _painted: impl FnOnce() + 'static,
    ) -> Result<Self, ClerkError> {
        Err(ClerkError::NotInBrowser)
    }

    pub(in crate::clerk) fn update(&self, _props: &Value) {}
}
