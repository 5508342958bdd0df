//! Optimistic updates of lists.

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::page::{Page, with_items};
use crate::convex::{
    function::FunctionPath,
    sync::LocalStore,
    values::{EncodedValue, ValueError},
};

/// Puts an item before the first one of every list of this function whose arguments have these fields, if it is loaded.
///
/// ```
/// use leptos_clerk_convex::convex::{FunctionPath, pagination::insert_at_top, sync::OptimisticUpdate};
///
/// let update: OptimisticUpdate = Box::new(|store| {
///     let message = serde_json::json!({ "body": "hi" });
///     insert_at_top(store, &FunctionPath::new("messages:page"), &serde_json::json!({ "channel": "general" }), &message)
/// });
/// ```
///
/// # Errors
///
/// [`ValueError`] when the item is not a Convex value.
pub fn insert_at_top<T: Serialize>(
    store: &mut LocalStore<'_>,
    path: &FunctionPath,
    matching: &Value,
    item: &T,
) -> Result<(), ValueError> {
    let item = EncodedValue::of(item)?;
    change_pages(store, path, matching, |arguments, page| {
        let is_first = arguments["paginationOpts"]["cursor"].is_null();
        if is_first {
            page.items.insert(0, item.clone());
        }
        Ok(is_first)
    })
}

/// Puts an item after the last one of every list of this function whose arguments have these fields, if that is loaded.
///
/// # Errors
///
/// [`ValueError`] when the item is not a Convex value.
pub fn insert_at_bottom_if_loaded<T: Serialize>(
    store: &mut LocalStore<'_>,
    path: &FunctionPath,
    matching: &Value,
    item: &T,
) -> Result<(), ValueError> {
    let item = EncodedValue::of(item)?;
    change_pages(store, path, matching, |_, page| {
        if page.is_done {
            page.items.push(item.clone());
        }
        Ok(page.is_done)
    })
}

/// Changes every loaded item of every list of this function whose arguments have these fields.
///
/// # Errors
///
/// [`ValueError`] when an item does not have the shape of the type.
pub fn update_items<T: Serialize + DeserializeOwned>(
    store: &mut LocalStore<'_>,
    path: &FunctionPath,
    matching: &Value,
    change: impl Fn(T) -> T,
) -> Result<(), ValueError> {
    change_pages(store, path, matching, |_, page| {
        for item in &mut page.items {
            *item = EncodedValue::of(&change(item.decode()?))?;
        }
        Ok(true)
    })
}

/// `change` says whether it has changed the items.
fn change_pages(
    store: &mut LocalStore<'_>,
    path: &FunctionPath,
    matching: &Value,
    change: impl Fn(&Value, &mut Page) -> Result<bool, ValueError>,
) -> Result<(), ValueError> {
    let pages: Vec<(Arc<Value>, EncodedValue)> = store
        .values(path)
        .into_iter()
        .filter(|(arguments, _)| matches(arguments, matching))
        .filter_map(|(arguments, page)| Some((arguments, page?.clone())))
        .collect();
    for (arguments, value) in pages {
        let Some(mut page) = Page::read(&value) else {
            continue;
        };
        if change(&arguments, &mut page)? {
            store.set_value(path, &arguments, with_items(&value, &page.items));
        }
    }
    Ok(())
}

/// A page that belongs to a list: its arguments have the fields asked for, and `paginationOpts`.
fn matches(arguments: &Value, matching: &Value) -> bool {
    arguments.get("paginationOpts").is_some()
        && matching.as_object().is_none_or(|fields| {
            fields
                .iter()
                .all(|(name, value)| arguments.get(name) == Some(value))
        })
}
