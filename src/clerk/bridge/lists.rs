//! Pages of ClerkJS's lists, and calls on what is in them.

use std::cell::RefCell;

use js_sys::Object;
use serde_json::Value;
use wasm_bindgen::JsValue;

use super::{browser, error, js};
use crate::clerk::ClerkError;

thread_local! {
    /// The entries that a page of a list has shown, by id: their methods are theirs alone.
    static SEEN: RefCell<Object> = RefCell::new(Object::new());
}

/// One page of a list: the entries' JSON, and how many there are in all.
pub(in crate::clerk) async fn list(
    method: &str,
    parameters: &Value,
) -> Result<(Vec<Value>, u32), ClerkError> {
    let (target, name) = browser::target(method).ok_or(ClerkError::SignedOut)?;
    let answer = js::call_and_wait(&target, name, &[js::to_js(parameters)])
        .await
        .map_err(|thrown| error::clerk_error(&thrown))?;
    // Some lists come bare.
    let entries = if answer.is_array() {
        js::array(&answer)
    } else {
        js::array(&js::member(&answer, "data"))
    };
    let total = js::member(&answer, "total_count").as_f64();
    let entries: Vec<Value> = entries
        .iter()
        .map(|entry| {
            if let Some(id) = js::text(&entry, "id") {
                SEEN.with_borrow(|seen| js::set(seen, &id, &entry));
            }
            js::json_of(&entry)
        })
        .collect();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    let total = total.map_or(entries.len() as u32, |total| total as u32);
    Ok((entries, total))
}

/// Calls a method of an entry that a list has shown.
pub(in crate::clerk) async fn call_on(
    id: &str,
    method: &str,
    parameters: &Value,
) -> Result<(), ClerkError> {
    let entry: JsValue = SEEN.with_borrow(|seen| js::member(seen, id));
    js::call_and_wait(&entry, method, &[js::to_js(parameters)])
        .await
        .map(|_| ())
        .map_err(|thrown| error::clerk_error(&thrown))
}
