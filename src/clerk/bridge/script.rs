//! The script elements of ClerkJS and of its prebuilt components.

use std::cell::RefCell;

use js_sys::{Function, Promise};
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlScriptElement;

use super::{browser::clerk_js, js};
use crate::clerk::{Clerk, UiStatus, loader::LoaderEvent};

/// Marks the element, as Clerk's own loaders do: ClerkJS finds its key on it.
const CLERK_JS_MARK: &str = "data-clerk-js-script";
const CLERK_UI_MARK: &str = "data-clerk-ui-script";
/// Where the script of the prebuilt components leaves its constructor.
const UI_CONSTRUCTOR: &str = "__internal_ClerkUICtor";

struct PendingUi {
    promise: Promise,
    resolve: Option<Function>,
}

thread_local! {
    static UI: RefCell<PendingUi> = RefCell::new(pending_ui());
}

fn pending_ui() -> PendingUi {
    let mut resolve = None;
    let promise = Promise::new(&mut |resolver, _| resolve = Some(resolver));
    PendingUi { promise, resolve }
}

/// The promise of the constructor. ClerkJS queues what is mounted before it resolves, so the prebuilt components can come
/// as late as their first use.
pub(super) fn clerk_ui() -> JsValue {
    UI.with_borrow(|ui| ui.promise.clone().into())
}

pub(super) fn inject_clerk_js(clerk: Clerk, attempt: u32) {
    if !clerk_js().is_undefined() {
        clerk.dispatch_loader(LoaderEvent::ScriptRan { clerk_exists: true });
        return;
    }
    let Some(url) = clerk.clerk_js_url() else {
        clerk.dispatch_loader(LoaderEvent::NotConfigured);
        return;
    };
    remove(CLERK_JS_MARK);
    let ran = move || {
        clerk.dispatch_loader(LoaderEvent::ScriptRan {
            clerk_exists: !clerk_js().is_undefined(),
        });
    };
    let failed = move || clerk.dispatch_loader(LoaderEvent::ScriptFailed { attempt });
    if inject(clerk, CLERK_JS_MARK, Some(url), ran, failed).is_none() {
        failed();
    }
}

pub(super) fn inject_clerk_ui(clerk: Clerk) {
    remove(CLERK_UI_MARK);
    let failed = move || clerk.set_ui_status(UiStatus::Failed);
    let ran = move || {
        let constructor = js::member(&leptos::prelude::window(), UI_CONSTRUCTOR);
        if constructor.is_undefined() {
            failed();
            return;
        }
        UI.with_borrow_mut(|ui| {
            if let Some(resolve) = ui.resolve.take() {
                _ = resolve.call1(&JsValue::UNDEFINED, &constructor);
            }
        });
        clerk.set_ui_status(UiStatus::Ready);
    };
    if inject(clerk, CLERK_UI_MARK, clerk.clerk_ui_url(), ran, failed).is_none() {
        failed();
    }
}

fn inject(
    clerk: Clerk,
    mark: &str,
    url: Option<String>,
    ran: impl FnOnce() + 'static,
    failed: impl FnOnce() + 'static,
) -> Option<()> {
    let script: HtmlScriptElement = document().create_element("script").ok()?.dyn_into().ok()?;
    script.set_attribute(mark, "").ok()?;
    for (name, value) in clerk.script_attributes() {
        script.set_attribute(name, &value).ok()?;
    }
    if let Some(nonce) = nonce() {
        script.set_attribute("nonce", &nonce).ok()?;
    }
    script.set_attribute("crossorigin", "anonymous").ok()?;
    script.set_async(true);
    script.set_onload(Some(js::once_callback(ran).unchecked_ref()));
    script.set_onerror(Some(js::once_callback(failed).unchecked_ref()));
    script.set_src(&url?);
    document().head()?.append_child(&script).ok()?;
    Some(())
}

fn remove(mark: &str) {
    if let Ok(Some(earlier)) = document().query_selector(&format!("script[{mark}]")) {
        earlier.remove();
    }
}

/// The page's Content-Security-Policy nonce. Browsers hide the attribute, so it is read from the property.
fn nonce() -> Option<String> {
    let script = document().query_selector("script[nonce]").ok()??;
    js::text(&script, "nonce").filter(|nonce| !nonce.is_empty())
}
