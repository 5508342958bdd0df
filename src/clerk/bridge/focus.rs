//! Moving the focus.

use js_sys::Object;
use leptos::prelude::{document, request_animation_frame};

use super::js;

/// What belongs to Clerk: a form there moves the focus itself.
const CLERK: &str = ".clerk-component, .cl-rootBox, .cl-modalBackdrop";
/// How long a page may take to appear, in frames.
const PATIENCE: u32 = 60;

/// Focuses the first element of `selector`, once the new page is there.
pub(in crate::clerk) fn focus(selector: &str) {
    // The router changes the address first and the view a little later.
    let old = document().query_selector(selector).ok().flatten();
    if let Some(old) = &old {
        js::set(old, LEFT, &true.into());
    }
    wait(selector.to_owned(), PATIENCE);
}

/// Marks the heading of the page that is being left.
const LEFT: &str = "__left";

fn wait(selector: String, frames: u32) {
    request_animation_frame(move || {
        let found = document().query_selector(&selector).ok().flatten();
        match found {
            Some(element) if frames == 0 || !js::member(&element, LEFT).is_truthy() => {
                js::set(&element, LEFT, &false.into());
                take(&element);
            }
            _ if frames > 0 => wait(selector, frames - 1),
            _ => {}
        }
    });
}

fn take(element: &web_sys::Element) {
    let active = document().active_element();
    let clerk = active.and_then(|active| active.closest(CLERK).ok().flatten());
    if clerk.is_some() {
        return;
    }
    if !element.has_attribute("tabindex") {
        _ = element.set_attribute("tabindex", "-1");
    }
    // Where the page is scrolled to is the router's.
    let options = Object::new();
    js::set(&options, "preventScroll", &true.into());
    _ = js::call(element, "focus", &[options.into()]);
}
