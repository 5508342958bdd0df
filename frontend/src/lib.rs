//! The browser's entry: takes over the HTML that the server rendered.

use app::App;

/// Called by the script in the page as soon as the module is there.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_lazy(App);
}
