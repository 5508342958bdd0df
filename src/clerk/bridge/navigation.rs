//! Letting ClerkJS navigate through the application's own router.

use std::{cell::RefCell, time::Duration};

use js_sys::Promise;
use leptos::prelude::set_timeout;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::{JsValue, closure::Closure};

use super::js;
use crate::clerk::here;

type Navigate = Box<dyn Fn(&str, NavigateOptions)>;

thread_local! {
    static NAVIGATE: RefCell<Option<Navigate>> = const { RefCell::new(None) };
}

/// Remembers the surrounding router. Without one, ClerkJS falls back to full page loads.
pub(in crate::clerk) fn use_navigation() {
    if here::has_browser_router() {
        let navigate = use_navigate();
        NAVIGATE.with_borrow_mut(|known| *known = Some(Box::new(navigate)));
    }
}

/// Adds `routerPush` and `routerReplace` to the options of `Clerk.load()`. ClerkJS wants both or neither.
///
/// What lies below the proxy is the instance's, not the application's: the browser itself has to go there.
pub(super) fn hand_over(options: &JsValue, proxy_url: Option<String>) {
    if NAVIGATE.with_borrow(Option::is_some) {
        js::set(
            options,
            "routerPush",
            &router_function(false, proxy_url.clone()),
        );
        js::set(options, "routerReplace", &router_function(true, proxy_url));
    }
}

fn router_function(replace: bool, proxy_url: Option<String>) -> JsValue {
    let function = move |to: String, meta: JsValue| -> Promise {
        let leaves = proxy_url
            .as_ref()
            .is_some_and(|proxy_url| to.starts_with(&format!("{proxy_url}/")));
        if leaves {
            _ = js::call(&meta, "windowNavigate", &[JsValue::from_str(&to)]);
        } else {
            navigate(&to, replace);
        }
        arrived()
    };
    Closure::<dyn Fn(String, JsValue) -> Promise>::new(function).into_js_value()
}

/// Goes to `url`: by the router when it knows the way, else as the browser itself does. An address that Clerk has decorated leads
/// through another origin.
pub(super) fn go(url: &str) -> Promise {
    let is_here = url.starts_with('/') && !url.starts_with("//");
    if is_here && NAVIGATE.with_borrow(Option::is_some) {
        navigate(url, false);
    } else {
        super::browser::assign(url);
    }
    arrived()
}

/// A promise that is kept when the new view is there.
///
/// The router has changed the address by now and swaps the views in the tasks that are queued. ClerkJS says who is there once the
/// promise is kept: by then the new view has to be the one that hears it.
fn arrived() -> Promise {
    Promise::new(&mut |resolve, _| {
        set_timeout(
            move || _ = resolve.call0(&JsValue::UNDEFINED),
            Duration::ZERO,
        )
    })
}

fn navigate(to: &str, replace: bool) {
    NAVIGATE.with_borrow(|navigate| {
        if let Some(navigate) = navigate {
            let options = NavigateOptions {
                resolve: false,
                replace,
                ..NavigateOptions::default()
            };
            navigate(to, options);
        }
    });
}
