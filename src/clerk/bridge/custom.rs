//! An application's own menu entries and pages, as ClerkJS takes them: objects with functions that put a view into an element.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Array, Object};
use leptos::{
    mount::{UnmountHandle, mount_to_renderer},
    prelude::*,
    reactive::owner::WeakOwner,
    tachys::view::any_view::AnyViewState,
};
use serde_json::Value;
use wasm_bindgen::{JsValue, closure::Closure};
use web_sys::Element;

use super::js;
use crate::clerk::components::prebuilt::{Custom, CustomMenuItem, CustomPage, MenuItemDoes};

/// The entries of one mounted component.
pub(super) struct Elements {
    parent: &'static str,
    pages: Option<JsValue>,
    menu_items: Option<JsValue>,
}

impl Elements {
    pub(super) fn new(custom: &Custom) -> Self {
        let owner = custom.owner.as_ref();
        let pages = custom.pages.iter().map(|each| page(each, owner));
        let menu_items = custom.menu_items.iter().map(|each| menu_item(each, owner));
        Self {
            parent: custom.parent,
            pages: list(pages.collect()),
            menu_items: list(menu_items.collect()),
        }
    }

    /// The props as a JavaScript object, with the entries in it.
    pub(super) fn attach(&self, props: &Value) -> JsValue {
        let props = js::to_js(props);
        if let Some(menu_items) = &self.menu_items {
            js::set(&props, "customMenuItems", menu_items);
        }
        if let Some(pages) = &self.pages {
            let mut target = props.clone();
            if !self.parent.is_empty() {
                target = js::member(&props, self.parent);
                if !target.is_object() {
                    target = Object::new().into();
                    js::set(&props, self.parent, &target);
                }
            }
            js::set(&target, "customPages", pages);
        }
        props
    }
}

fn list(entries: Vec<Object>) -> Option<JsValue> {
    (!entries.is_empty()).then(|| entries.iter().collect::<Array>().into())
}

fn page(page: &CustomPage, owner: Option<&WeakOwner>) -> Object {
    let entry = Object::new();
    js::set(&entry, "label", &page.label.as_str().into());
    if let Some(url) = &page.url {
        js::set(&entry, "url", &url.as_str().into());
    }
    if let Some(icon) = &page.icon {
        portal(&entry, "mountIcon", "unmountIcon", icon, owner);
    }
    if let Some(content) = &page.content {
        portal(&entry, "mount", "unmount", content, owner);
    }
    entry
}

fn menu_item(item: &CustomMenuItem, owner: Option<&WeakOwner>) -> Object {
    let entry = Object::new();
    js::set(&entry, "label", &item.label.as_str().into());
    match &item.does {
        MenuItemDoes::Run(action) => {
            let action = action.clone();
            js::set(&entry, "onClick", &js::page_callback(move |_| action()));
        }
        MenuItemDoes::Open(page) => js::set(&entry, "open", &page.as_str().into()),
        MenuItemDoes::Link(url) => js::set(&entry, "href", &url.as_str().into()),
        MenuItemDoes::Standard => {}
    }
    if let Some(icon) = &item.icon {
        portal(&entry, "mountIcon", "unmountIcon", icon, owner);
    }
    entry
}

/// Adds a pair of functions that put a view into an element and take it out. The browser's garbage collection frees them: ClerkJS
/// may call the second after the component itself is gone.
fn portal(entry: &Object, mount: &str, unmount: &str, view: &ViewFn, owner: Option<&WeakOwner>) {
    let shown = Rc::new(RefCell::new(None::<UnmountHandle<AnyViewState>>));
    let (view, owner, place) = (view.clone(), owner.cloned(), Rc::clone(&shown));
    let show = Closure::<dyn FnMut(Element)>::new(move |element: Element| {
        drop(place.take());
        if let Some(owner) = owner.as_ref().and_then(WeakOwner::upgrade) {
            let view = view.clone();
            let handle = owner.with(|| mount_to_renderer(&element, move || view.run()));
            _ = place.replace(Some(handle));
        }
    });
    let hide = Closure::<dyn FnMut()>::new(move || drop(shown.take()));
    js::set(entry, mount, &show.into_js_value());
    js::set(entry, unmount, &hide.into_js_value());
}
