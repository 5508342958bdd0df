//! The bridge where there is no browser: on the server and in native tests.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::clerk::{
    Clerk, ClerkComponent, ClerkError, components::prebuilt::Custom, flows::FlowKind,
    loader::LoaderEffect,
};

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

pub(in crate::clerk) fn on_return(_clerk: Clerk) {}

pub(in crate::clerk) fn cookies() -> String {
    String::new()
}

pub(in crate::clerk) fn assign(_url: &str) {}

pub(in crate::clerk) fn focus(_selector: &str) {}

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

pub(in crate::clerk) async fn list(
    _method: &str,
    _parameters: &Value,
) -> Result<(Vec<Value>, u32), ClerkError> {
    Err(ClerkError::NotInBrowser)
}

pub(in crate::clerk) async fn call_on(
    _id: &str,
    _method: &str,
    _parameters: &Value,
) -> Result<(), ClerkError> {
    Err(ClerkError::NotInBrowser)
}

pub(in crate::clerk) async fn reverify(_props: &Value) -> Result<bool, ClerkError> {
    Err(ClerkError::NotInBrowser)
}

pub(in crate::clerk) async fn flow_call(
    _kind: FlowKind,
    _method: &str,
    _parameters: &Value,
) -> Result<(), ClerkError> {
    Err(ClerkError::NotInBrowser)
}

pub(in crate::clerk) async fn flow_finalize(
    _kind: FlowKind,
    _redirect_url: Option<String>,
) -> Result<(), ClerkError> {
    Err(ClerkError::NotInBrowser)
}

/// Follows an attempt.
#[derive(Debug)]
pub(in crate::clerk) struct Followed;

impl Followed {
    pub(in crate::clerk) fn follow(
        _kind: FlowKind,
        _update: impl FnMut(Value) + 'static,
    ) -> Option<Self> {
        None
    }
}

/// A prebuilt component that ClerkJS has put into an element.
#[derive(Debug)]
pub(in crate::clerk) struct Mounted;

impl Mounted {
    pub(in crate::clerk) fn mount(
        _component: ClerkComponent,
        _element: &leptos::web_sys::HtmlDivElement,
        _props: &Value,
        _custom: &Custom,
        _painted: impl FnOnce() + 'static,
    ) -> Result<Self, ClerkError> {
        Err(ClerkError::NotInBrowser)
    }

    pub(in crate::clerk) fn update(&self, _props: &Value) {}
}
