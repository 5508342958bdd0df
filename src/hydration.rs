//! When the browser has taken over the whole of a page.

use leptos::prelude::*;

/// The signal, for everything below whoever asked first.
#[derive(Clone, Copy, Debug)]
struct Hydrated(RwSignal<bool>);

/// Whether the browser has taken over the whole of the page. Nothing that a page shows first may change before: what is taken
/// over later would not be what the server rendered.
///
/// With `leptos::mount::hydrate_body` that is so when the first effect runs. With
/// `hydrate_lazy` parts of the page wait for code that is still being loaded, and effects of
/// what is there already run meanwhile; the providers wait, and effects of an application can.
///
/// *On the server* it is `false`. *While loading* it is `false` until everything is there. *When it fails* (a part's code is
/// never loaded) it stays `false`.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::hydration::use_hydrated;
///
/// #[component]
/// fn Clock() -> impl IntoView {
///     let hydrated = use_hydrated();
///     let (time, set_time) = signal(String::from("…"));
///     Effect::new(move |_| {
///         if hydrated.get() {
///             set_time.set("12:00".to_owned());
///         }
///     });
///     view! { <p>{time}</p> }
/// }
/// ```
#[must_use]
pub fn use_hydrated() -> ReadSignal<bool> {
    if let Some(Hydrated(signal)) = use_context() {
        return signal.read_only();
    }
    let signal = RwSignal::new(false);
    provide_context(Hydrated(signal));
    Effect::new(move |_| browser::when_hydrated(signal));
    signal.read_only()
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use std::time::Duration;

    use leptos::prelude::*;

    /// Between two looks: Leptos notes the end of hydration and tells nobody.
    const PAUSE: Duration = Duration::from_millis(10);

    pub(super) fn when_hydrated(signal: RwSignal<bool>) {
        let context = Owner::current_shared_context();
        // Of islands, each is taken over at once, and nothing ever says that it was the last.
        let is_hydrating = move || {
            context
                .as_ref()
                .is_some_and(|context| context.during_hydration() && context.get_is_hydrating())
        };
        look(signal, is_hydrating);
    }

    fn look(signal: RwSignal<bool>, is_hydrating: impl Fn() -> bool + 'static) {
        if is_hydrating() {
            set_timeout(move || look(signal, is_hydrating), PAUSE);
        } else {
            // What asked may be gone by now.
            _ = signal.try_set(true);
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod browser {
    use leptos::prelude::*;

    pub(super) fn when_hydrated(_signal: RwSignal<bool>) {}
}
