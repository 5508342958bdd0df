//! Reading, calling and converting JavaScript values.
//!
//! Members of ClerkJS's classes are looked up by name: its methods are properties of the instances and its class names are
//! minified, so nothing else is stable.

use js_sys::{Array, Function, JSON, Promise, Reflect};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// The member, or `undefined` when there is none.
pub(super) fn member(target: &JsValue, name: &str) -> JsValue {
    Reflect::get(target, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// The member, if it is text.
pub(super) fn text(target: &JsValue, name: &str) -> Option<String> {
    member(target, name).as_string()
}

/// Sets a member. Objects that refuse it are none of ours.
pub(super) fn set(target: &JsValue, name: &str, value: &JsValue) {
    _ = Reflect::set(target, &JsValue::from_str(name), value);
}

/// Calls a method.
pub(super) fn call(
    target: &JsValue,
    method: &str,
    arguments: &[JsValue],
) -> Result<JsValue, JsValue> {
    let function = member(target, method);
    let Some(function) = function.dyn_ref::<Function>() else {
        return Err(JsValue::from_str(&format!("there is no method `{method}`")));
    };
    function.apply(target, &arguments.iter().collect::<Array>())
}

/// Calls a method and waits for its promise, if it returns one.
pub(super) async fn call_and_wait(
    target: &JsValue,
    method: &str,
    arguments: &[JsValue],
) -> Result<JsValue, JsValue> {
    let answer = call(target, method, arguments)?;
    match answer.dyn_into::<Promise>() {
        Ok(promise) => JsFuture::from(promise).await,
        Err(answer) => Ok(answer),
    }
}

/// A JavaScript value with the same JSON.
pub(super) fn to_js(value: &impl Serialize) -> JsValue {
    serde_json::to_string(value)
        .ok()
        .and_then(|json| JSON::parse(&json).ok())
        .unwrap_or(JsValue::UNDEFINED)
}

/// The Rust value with the same JSON; `None` when the shapes differ.
pub(super) fn from_js<T: DeserializeOwned>(value: &JsValue) -> Option<T> {
    let json = JSON::stringify(value).ok()?.as_string()?;
    serde_json::from_str(&json).ok()
}

/// The JSON of a value that ClerkJS has made: the wire's for a resource that knows it, else its own members.
pub(super) fn json_of(value: &JsValue) -> Value {
    let wire = if value.is_object() {
        call(value, "__internal_toSnapshot", &[]).ok()
    } else {
        None
    };
    from_js(wire.as_ref().unwrap_or(value)).unwrap_or_default()
}

/// The array, or an empty one when it is none.
pub(super) fn array(value: &JsValue) -> Array {
    value.dyn_ref::<Array>().cloned().unwrap_or_default()
}

/// A JavaScript function that runs `f` for as long as the page lives. For callbacks that are registered once per page.
pub(super) fn page_callback(f: impl FnMut(JsValue) + 'static) -> JsValue {
    Closure::<dyn FnMut(JsValue)>::new(f).into_js_value()
}

/// A JavaScript function that runs `f` at most once and is then freed.
pub(super) fn once_callback(f: impl FnOnce() + 'static) -> JsValue {
    Closure::once_into_js(f)
}
