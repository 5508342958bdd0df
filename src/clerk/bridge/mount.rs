//! Putting a prebuilt component into an element, and taking it out.

use js_sys::Object;
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlDivElement, MutationObserver, MutationObserverInit};

use super::{browser::clerk_js, custom, error, js};
use crate::clerk::{ClerkComponent, ClerkError, components::prebuilt::Custom};

/// Watches an element until its first child arrives.
struct FirstChild {
    observer: MutationObserver,
    // The observer may report once more before it hears that it is disconnected, so the callback has to outlive it.
    _callback: Closure<dyn FnMut()>,
}

impl FirstChild {
    fn watch(element: &HtmlDivElement, seen: impl FnOnce() + 'static) -> Option<Self> {
        let mut seen = Some(seen);
        let callback = Closure::<dyn FnMut()>::new(move || {
            if let Some(seen) = seen.take() {
                seen();
            }
        });
        let observer = MutationObserver::new(callback.as_ref().unchecked_ref()).ok()?;
        let options = MutationObserverInit::new();
        options.set_child_list(true);
        observer.observe_with_options(element, &options).ok()?;
        Some(Self {
            observer,
            _callback: callback,
        })
    }
}

impl Drop for FirstChild {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// A prebuilt component that ClerkJS has put into an element; it is taken out when this is dropped.
pub(in crate::clerk) struct Mounted {
    component: ClerkComponent,
    element: HtmlDivElement,
    custom: custom::Elements,
    _first_child: Option<FirstChild>,
}

impl Mounted {
    /// Puts the component into the element. `painted` is called when its first content is there.
    pub(in crate::clerk) fn mount(
        component: ClerkComponent,
        element: &HtmlDivElement,
        props: &Value,
        custom: &Custom,
        painted: impl FnOnce() + 'static,
    ) -> Result<Self, ClerkError> {
        let custom = custom::Elements::new(custom);
        let props = custom.attach(props);
        let first_child = FirstChild::watch(element, painted);
        show(component, element, props).map_err(|thrown| error::clerk_error(&thrown))?;
        Ok(Self {
            component,
            element: element.clone(),
            custom,
            _first_child: first_child,
        })
    }

    /// Gives the component new props, in place.
    pub(in crate::clerk) fn update(&self, props: &Value) {
        let props = self.custom.attach(props);
        if is_modal(self.component) {
            _ = show(self.component, &self.element, props);
            return;
        }
        let change = Object::new();
        js::set(&change, "node", &self.element);
        js::set(&change, "props", &props);
        _ = js::call(&clerk_js(), "__internal_updateProps", &[change.into()]);
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let name = self.component.name();
        _ = if is_modal(self.component) {
            js::call(&clerk_js(), &format!("close{name}"), &[])
        } else {
            let element = self.element.clone().into();
            js::call(&clerk_js(), &format!("unmount{name}"), &[element])
        };
    }
}

fn show(
    component: ClerkComponent,
    element: &HtmlDivElement,
    props: JsValue,
) -> Result<JsValue, JsValue> {
    let name = component.name();
    if is_modal(component) {
        js::call(&clerk_js(), &format!("open{name}"), &[props])
    } else {
        let element = element.clone().into();
        js::call(&clerk_js(), &format!("mount{name}"), &[element, props])
    }
}

/// Whether it is shown above the page and not in the element.
fn is_modal(component: ClerkComponent) -> bool {
    component == ClerkComponent::GoogleOneTap
}
