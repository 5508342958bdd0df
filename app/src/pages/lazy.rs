//! Pages whose code a browser loads when somebody goes there.

use leptos::{prelude::*, wasm_split::SplitLoaderError};
use leptos_meta::Title;

use crate::components::PageHeading;

/// Makes a page's route, whose code is a file of its own. Leptos' `#[lazy_route]` would do, but ends the whole application when
/// the file cannot be loaded: without a network, or because another version of the application is there by now.
macro_rules! lazy_page {
    ($(#[$documentation:meta])* $route:ident, $page:ident, $name:ident, $preload:ident) => {
        $(#[$documentation])*
        #[derive(Debug)]
        pub struct $route;

        #[leptos::wasm_split::wasm_split(
            $name, wasm_split_path = leptos::wasm_split, preload($preload), fallible
        )]
        fn $name() -> Result<AnyView, leptos::wasm_split::SplitLoaderError> {
            Ok(view! { <$page/> }.into_any())
        }

        impl leptos_router::LazyRoute for $route {
            fn data() -> Self {
                Self
            }

            async fn view(_route: Self) -> AnyView {
                leptos::prefetch_lazy_fn_on_server(stringify!($name));
                $crate::pages::lazy::or_reload($name().await)
            }

            async fn preload() {
                // What is wrong then is so when the page is to be shown, too, or no more.
                _ = $preload().await;
            }
        }
    };
}
pub(super) use lazy_page;

/// The page, else what to do without it.
pub(super) fn or_reload(page: Result<AnyView, SplitLoaderError>) -> AnyView {
    page.unwrap_or_else(|_| view! { <Unloaded/> }.into_any())
}

/// In place of a page that could not be loaded.
#[component]
fn Unloaded() -> impl IntoView {
    view! {
        <Title text="Not loaded"/>
        <section class="hero">
            <PageHeading>"This page could not be loaded."</PageHeading>
            <p class="lead">"Check your connection, then try again."</p>
            // To the address that is shown, and past the router: a new version of the application is loaded as a whole.
            <p class="actions"><a href="" rel="external" class="button">"Try again"</a></p>
        </section>
    }
    .into_any()
}
