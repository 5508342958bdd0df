//! The bridge in the browser.

use std::{cell::RefCell, rc::Rc, time::Duration};

use futures_channel::oneshot;
use js_sys::{Date, Object};
use leptos::prelude::{
    TimeoutHandle, document, set_timeout, set_timeout_with_handle, window,
    window_event_listener_untyped,
};
use serde_json::Value;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::{error, js, navigation, resources, script};
use crate::{
    auth::AuthEvent,
    clerk::{
        Clerk, ClerkError,
        loader::{LoaderEffect, LoaderEvent},
    },
};

thread_local! {
    static WAKE: RefCell<Option<TimeoutHandle>> = const { RefCell::new(None) };
}

/// `window.Clerk`, or `undefined`.
pub(super) fn clerk_js() -> JsValue {
    js::member(&window(), "Clerk")
}

/// Milliseconds since the Unix epoch.
pub(in crate::clerk) fn now() -> i64 {
    Date::now() as i64
}

/// Does what the loader decided.
pub(in crate::clerk) fn perform(clerk: Clerk, effect: LoaderEffect) {
    match effect {
        LoaderEffect::InjectScript { attempt } => script::inject_clerk_js(clerk, attempt),
        LoaderEffect::TimeOutAfter { attempt, after } => set_timeout(
            move || clerk.dispatch_loader(LoaderEvent::TimedOut { attempt }),
            after,
        ),
        LoaderEffect::RetryAfter(pause) => {
            set_timeout(move || clerk.dispatch_loader(LoaderEvent::PauseOver), pause)
        }
        LoaderEffect::CallLoad => spawn_local(load(clerk)),
    }
}

pub(in crate::clerk) fn request_ui(clerk: Clerk) {
    script::inject_clerk_ui(clerk);
}

/// Sends [`AuthEvent::Woken`] at `at` (milliseconds since the Unix epoch). One timer per page: a new wish replaces the old one.
pub(in crate::clerk) fn wake_at(clerk: Clerk, at: i64) {
    let pause = u64::try_from(at.saturating_sub(now())).unwrap_or(0);
    // Timers count in 32 bits; beyond that they fire at once. A token never lives that long.
    let pause = Duration::from_millis(pause.min(u64::from(u32::MAX >> 1)));
    let timer = set_timeout_with_handle(move || clerk.dispatch_auth(AuthEvent::Woken), pause).ok();
    WAKE.with_borrow_mut(|wake| {
        if let Some(earlier) = std::mem::replace(wake, timer) {
            earlier.clear();
        }
    });
}

/// Runs `run` once the page has hydrated and the browser has nothing better to do.
pub(in crate::clerk) fn hydrated_idle(run: impl FnOnce() + 'static) {
    let run = js::once_callback(run);
    let options = js::to_js(&serde_json::json!({ "timeout": 2000 }));
    if js::call(&window(), "requestIdleCallback", &[run.clone(), options]).is_err() {
        // Safari has no idle callback.
        _ = js::call(&window(), "setTimeout", &[run, JsValue::from_f64(200.0)]);
    }
}

/// Tells when the page comes back: to the network, or out of the browser's back/forward cache. For the page's life.
pub(in crate::clerk) fn on_return(clerk: Clerk) {
    for name in ["online", "pageshow"] {
        window_event_listener_untyped(name, move |event| {
            // A page that is loaded is shown too.
            if name == "online" || js::member(&event, "persisted").is_truthy() {
                clerk.returned();
            }
        });
    }
}

/// The cookies that scripts may read.
pub(in crate::clerk) fn cookies() -> String {
    js::text(&document(), "cookie").unwrap_or_default()
}

/// Leaves the page for `url`.
pub(in crate::clerk) fn assign(url: &str) {
    _ = window().location().assign(url);
}

/// The object that a method's path leads to, and the method's own name. `None` when nobody is there to ask.
pub(super) fn target(path: &str) -> Option<(JsValue, &str)> {
    let (objects, method) = path.rsplit_once('.').unwrap_or(("", path));
    let objects = objects.split('.').filter(|name| !name.is_empty());
    let target = objects.fold(clerk_js(), |object, name| js::member(&object, name));
    (!target.is_null() && !target.is_undefined()).then_some((target, method))
}

/// Calls a method of ClerkJS and waits for its answer. `session.getToken` is a method of a member.
pub(in crate::clerk) async fn call(
    method: &str,
    arguments: &[Value],
) -> Result<Option<Value>, ClerkError> {
    let (target, name) = target(method).ok_or(ClerkError::SignedOut)?;
    let arguments: Vec<JsValue> = arguments.iter().map(js::to_js).collect();
    let answer = js::call_and_wait(&target, name, &arguments)
        .await
        .map_err(|thrown| error::clerk_error(&thrown))?;
    Ok(js::from_js(&answer))
}

/// Calls a method of ClerkJS that answers nothing and throws at once when it refuses.
pub(in crate::clerk) fn call_void(method: &str, arguments: &[Value]) -> Result<(), ClerkError> {
    let arguments: Vec<JsValue> = arguments.iter().map(js::to_js).collect();
    js::call(&clerk_js(), method, &arguments)
        .map(|_| ())
        .map_err(|thrown| error::clerk_error(&thrown))
}

/// Opens the prompt that has the person prove again who they are; whether they did.
pub(in crate::clerk) async fn reverify(props: &Value) -> Result<bool, ClerkError> {
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let answer = |proven: bool| {
        let sender = Rc::clone(&sender);
        js::page_callback(move |_| {
            if let Some(sender) = sender.take() {
                _ = sender.send(proven);
            }
        })
    };
    let props = js::to_js(props);
    js::set(&props, "afterVerification", &answer(true));
    js::set(&props, "afterVerificationCancelled", &answer(false));
    js::call(&clerk_js(), "__internal_openReverification", &[props])
        .map_err(|thrown| error::clerk_error(&thrown))?;
    Ok(receiver.await.unwrap_or(false))
}

/// `Clerk.load()`, then the listeners that keep the signals up to date for the page's life.
async fn load(clerk: Clerk) {
    let clerk_js = clerk_js();
    if let Err(thrown) = js::call_and_wait(&clerk_js, "load", &[load_options(clerk)]).await {
        clerk.dispatch_loader(LoaderEvent::LoadRejected {
            detail: error::describe(&thrown),
        });
        return;
    }
    announce_status(clerk);
    let on_status = js::page_callback(move |_| announce_status(clerk));
    _ = js::call(&clerk_js, "on", &[JsValue::from_str("status"), on_status]);
    let listener = js::page_callback(move |emitted| resources::emitted(clerk, &emitted));
    _ = js::call(&clerk_js, "addListener", &[listener]);
}

fn announce_status(clerk: Clerk) {
    let clerk_js = clerk_js();
    clerk.dispatch_loader(LoaderEvent::StatusChanged {
        loaded: js::member(&clerk_js, "loaded").is_truthy(),
        degraded: js::text(&clerk_js, "status").as_deref() == Some("degraded"),
    });
}

fn load_options(clerk: Clerk) -> JsValue {
    let options = js::to_js(&clerk.load_options());
    let ui = Object::new();
    js::set(&ui, "ClerkUI", &script::clerk_ui());
    js::set(&options, "ui", &ui);
    let proxy_url = clerk
        .configuration()
        .and_then(|configuration| configuration.proxy_url);
    navigation::hand_over(&options, proxy_url);
    options
}
