//! One page three times: with local data, signed in by Clerk, and live from Convex. `make size` compares what a browser loads.

#[cfg(feature = "clerk")]
mod clerk;
mod list;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    components::{A, Route, Router, Routes},
    path,
};

use list::List;

#[cfg(feature = "clerk")]
use clerk::{Account, Providers};

/// The application.
#[component]
fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title text="Size"/>
        <Router>
            <Providers>
                <A href="/">"Home"</A>
                <A href="/list">"List"</A>
                <Account/>
                <Routes fallback=|| "Not found">
                    <Route path=path!("/") view=|| "Welcome"/>
                    <Route path=path!("/list") view=List/>
                </Routes>
            </Providers>
        </Router>
    }
}

/// Without the library there is nothing to provide.
#[cfg(not(feature = "clerk"))]
#[component]
fn Providers(children: Children) -> impl IntoView {
    children()
}

/// Without the library there is nobody.
#[cfg(not(feature = "clerk"))]
#[component]
fn Account() -> impl IntoView {
    let signed_in = RwSignal::new(false);
    view! {
        <Show when=move || signed_in.get() fallback=move || view! { <button on:click=move |_| signed_in.set(true)>"Sign in"</button> }>
            <button on:click=move |_| signed_in.set(false)>"Sign out"</button>
        </Show>
    }
}

/// Takes over the HTML in the browser.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(App);
}
