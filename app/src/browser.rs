//! What only a browser does. Elsewhere it does nothing.

use leptos::web_sys::HtmlElement;

/// Moves the focus to an element and scrolls nowhere: that is the router's business.
pub(crate) fn focus(element: &HtmlElement) {
    #[cfg(target_arch = "wasm32")]
    {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        // A document that refuses the focus leaves it where it was.
        _ = element.focus_with_options(&options);
    }
    #[cfg(not(target_arch = "wasm32"))]
    let _ = element;
}

/// Sets a cookie that scripts may read.
pub(crate) fn set_cookie(cookie: &str) {
    #[cfg(target_arch = "wasm32")]
    {
        use leptos::wasm_bindgen::JsCast as _;

        let document = leptos::prelude::document().unchecked_into::<web_sys::HtmlDocument>();
        // A document without cookies does without.
        _ = document.set_cookie(cookie);
    }
    #[cfg(not(target_arch = "wasm32"))]
    let _ = cookie;
}
