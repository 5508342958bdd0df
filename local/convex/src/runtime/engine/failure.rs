//! What user code threw, in the words that its developer gets to see.

use rquickjs::{Ctx, Error, Object, Value};
use serde_json::Value as Json;

use super::EngineError;
use crate::runtime::{bundle::Bundle, call::FunctionError, host::State};

/// Why an execution has no result.
#[derive(Debug)]
pub(super) enum Failure {
    OutOfTime,
    OutOfMemory,
    /// What the engine throws when it cannot even allocate an error; user code may throw it too.
    Null,
    Thrown(FunctionError),
}

impl Failure {
    /// Whether the runtime cannot be trusted any more.
    pub(super) fn spoils(&self) -> bool {
        !matches!(self, Self::Thrown(_))
    }
}

impl From<FunctionError> for Failure {
    fn from(error: FunctionError) -> Self {
        Self::Thrown(error)
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        match error {
            Error::Allocation => Self::OutOfMemory,
            error => Self::Thrown(FunctionError::new(format!("Uncaught Error: {error}"))),
        }
    }
}

impl From<EngineError> for FunctionError {
    fn from(error: EngineError) -> Self {
        Self::coded("InternalServerError", error.to_string())
    }
}

/// Words for a thrown value.
pub(super) fn describe<'js>(context: &Ctx<'js>, thrown: &Value<'js>, state: &State) -> Failure {
    let Some(object) = thrown.as_object() else {
        if thrown.is_null() {
            return Failure::Null;
        }
        return FunctionError::new(format!("Uncaught {}", text_of(context, thrown))).into();
    };
    if !object.is_error() {
        return FunctionError::new(format!("Uncaught {}", text_of(context, thrown))).into();
    }
    let text = |name: &str| object.get::<_, Option<String>>(name).ok().flatten();
    let name = text("name").unwrap_or_else(|| "Error".to_owned());
    let mut message = text("message").unwrap_or_default();
    if name == "InternalError" && message == "out of memory" {
        return Failure::OutOfMemory;
    }
    if name == "ReferenceError"
        && let Some(hint) = missing_global(&message)
    {
        message.push_str(hint);
    }
    let mut full = if message.is_empty() {
        format!("Uncaught {name}")
    } else {
        format!("Uncaught {name}: {message}")
    };
    let stack = text("stack").unwrap_or_default();
    let mut frames = frames(&stack, &state.bundle);
    // The library throws the error of a syscall anew, when user code is off the stack.
    if !frames.iter().any(|frame| frame.contains("../convex/"))
        && let Some((refusal, asked)) = &*state.refused.borrow()
        && *refusal == message
    {
        frames = self::frames(asked, &state.bundle);
    }
    for frame in frames {
        full.push_str("\n    at ");
        full.push_str(&frame);
    }
    FunctionError {
        message: full,
        data: convex_error_data(context, object),
        code: None,
    }
    .into()
}

/// The encoded data of a `ConvexError`, which the library has turned into JSON text before it lets go of the error.
fn convex_error_data<'js>(context: &Ctx<'js>, error: &Object<'js>) -> Option<Json> {
    let symbol: Value<'js> = context.eval("Symbol.for('ConvexError')").ok()?;
    let symbol = symbol.into_symbol()?;
    if !error.contains_key(symbol).ok()? {
        return None;
    }
    let data: String = error.get("data").ok()?;
    serde_json::from_str(&data).ok()
}

fn text_of<'js>(context: &Ctx<'js>, value: &Value<'js>) -> String {
    if let Some(text) = value.as_string().and_then(|text| text.to_string().ok()) {
        return text;
    }
    let json = context
        .json_stringify(value.clone())
        .ok()
        .flatten()
        .and_then(|text| text.to_string().ok());
    drop(context.catch());
    json.unwrap_or_else(|| {
        let text = value
            .as_symbol()
            .and_then(|symbol| symbol.description().ok()?.into_string()?.to_string().ok());
        text.unwrap_or_else(|| value.type_name().to_owned())
    })
}

fn frames(stack: &str, bundle: &Bundle) -> Vec<String> {
    stack
        .lines()
        .filter_map(|line| frame(line, bundle))
        .collect()
}

/// One line of a stack, with its position in the file that the developer wrote; `None` for lines of the runtime's own.
fn frame(line: &str, bundle: &Bundle) -> Option<String> {
    let line = line.trim().strip_prefix("at ")?;
    let (function, place) = match line.rsplit_once(" (") {
        Some((function, place)) => (Some(function), place.strip_suffix(')')?),
        None => (None, line),
    };
    let mut parts = place.rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let row = parts.next()?.parse().ok()?;
    let id = parts.next()?;
    if id.starts_with("prelude:") {
        return None;
    }
    let (row, column) = bundle.module(id)?.positions.source(row, column);
    // A part of a package that was reached past its index keeps the name of the file.
    let file = id.split('?').next().unwrap_or(id);
    Some(match function.filter(|name| !name.is_empty()) {
        Some(function) => format!("{function} ({file}:{row}:{column})"),
        None => format!("{file}:{row}:{column}"),
    })
}

/// More words for globals of the web platform that are left out.
fn missing_global(message: &str) -> Option<&'static str> {
    const MISSING: [&str; 12] = [
        "Intl",
        "WebAssembly",
        "WebSocket",
        "Worker",
        "XMLHttpRequest",
        "EventSource",
        "BroadcastChannel",
        "MessageChannel",
        "CompressionStream",
        "DecompressionStream",
        "WeakRef",
        "SharedArrayBuffer",
    ];
    let name = message.split([' ', '\'']).find(|word| !word.is_empty())?;
    MISSING
        .contains(&name)
        .then_some(" (the local deployment does not provide it)")
}
