//! The address of a function in a syscall: a name or a handle.

use serde_json::Value as Json;

use super::error::{function_error, not_provided};
use crate::runtime::{FunctionError, FunctionPath};

/// What a function handle begins with; the part before `;` would name a component.
const HANDLE: &str = "function://;";

pub(super) fn resolve(arguments: &Json) -> Result<FunctionPath, FunctionError> {
    let text = |name| arguments.get(name).and_then(Json::as_str);
    if text("reference").is_some() {
        return Err(not_provided("components"));
    }
    let path = match (text("name"), text("functionHandle")) {
        (Some(name), _) => name,
        (None, Some(handle)) => handle.strip_prefix(HANDLE).ok_or_else(|| {
            function_error("InvalidFunctionHandle", "This is not a function handle.")
        })?,
        (None, None) => {
            return Err(function_error(
                "InvalidAddress",
                "The call names no function.",
            ));
        }
    };
    path.parse().map_err(|_| {
        function_error(
            "InvalidAddress",
            format!("{path:?} is not the path of a function."),
        )
    })
}

pub(super) fn handle(path: &FunctionPath) -> String {
    format!("{HANDLE}{path}")
}
