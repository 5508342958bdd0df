//! ClerkJS's errors as ours.

use wasm_bindgen::JsValue;

use super::js;
use crate::clerk::ClerkError;

/// Sorts a thrown value: an answer of the Frontend API, a runtime error of ClerkJS, or something else that was thrown.
pub(super) fn clerk_error(thrown: &JsValue) -> ClerkError {
    let message = js::text(thrown, "message")
        .or_else(|| thrown.as_string())
        .unwrap_or_else(|| "unknown error".to_owned());
    let code = js::text(thrown, "code").unwrap_or_default();
    if code == "network_error" || code == "clerk_offline" {
        return ClerkError::Offline;
    }
    let first = js::member(&js::member(thrown, "errors"), "0");
    match js::member(thrown, "status").as_f64() {
        Some(status) if !first.is_undefined() => ClerkError::Api {
            code: js::text(&first, "code").unwrap_or(code),
            message: js::text(&first, "longMessage")
                .or_else(|| js::text(&first, "message"))
                .unwrap_or(message),
            status: status as u16,
        },
        _ => ClerkError::Runtime { code, message },
    }
}

/// Code and message in one line, for the loader's failure.
pub(super) fn describe(thrown: &JsValue) -> String {
    match clerk_error(thrown) {
        ClerkError::Api { code, .. } => code,
        ClerkError::Runtime { code, message } if !code.is_empty() => format!("{code}: {message}"),
        other => other.to_string(),
    }
}
