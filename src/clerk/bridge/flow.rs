//! ClerkJS's sign-in and sign-up for forms of one's own: the future API and its signals.
//!
//! The names begin with `__internal_`; Clerk's own React hooks stand on them.

use js_sys::{Array, Object};
use serde_json::Value;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};

use super::{browser::clerk_js, error, js, navigation};
use crate::clerk::{ClerkError, flows::FlowKind};

impl FlowKind {
    fn member(self) -> &'static str {
        match self {
            Self::SignIn => "signIn",
            Self::SignUp => "signUp",
        }
    }

    /// The signal's value: the attempt, the errors and whether Clerk is being asked.
    fn signal(self) -> JsValue {
        let state = js::member(&clerk_js(), "__internal_state");
        js::call(&state, &format!("{}Signal", self.member()), &[]).unwrap_or(JsValue::UNDEFINED)
    }

    /// The attempt. The signal holds the one that is under way; before the first step there is the client's.
    fn attempt(self, signal: &JsValue) -> JsValue {
        let current = js::member(signal, self.member());
        if current.is_object() {
            return current;
        }
        let client = js::member(&clerk_js(), "client");
        js::member(&js::member(&client, self.member()), "__internal_future")
    }
}

/// Follows an attempt until it is dropped.
pub(in crate::clerk) struct Followed {
    stop: JsValue,
}

impl Followed {
    /// Calls `update` with the attempt's state, now and whenever it changes.
    pub(in crate::clerk) fn follow(
        kind: FlowKind,
        mut update: impl FnMut(Value) + 'static,
    ) -> Option<Self> {
        let effect = js::page_callback(move |_| update(state(kind)));
        let state = js::member(&clerk_js(), "__internal_state");
        let stop = js::call(&state, "__internal_effect", &[effect]).ok()?;
        Some(Self { stop })
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.dyn_ref::<js_sys::Function>() {
            _ = stop.call0(&JsValue::UNDEFINED);
        }
    }
}

/// The attempt's state as JSON. Its members are getters, which JSON does not see.
fn state(kind: FlowKind) -> Value {
    const MEMBERS: [&str; 9] = [
        "id",
        "status",
        "identifier",
        "supportedFirstFactors",
        "supportedSecondFactors",
        "missingFields",
        "unverifiedFields",
        "isTransferable",
        "createdSessionId",
    ];
    let signal = kind.signal();
    let attempt = kind.attempt(&signal);
    let errors = js::member(&signal, "errors");
    let fields = js::member(&errors, "fields");
    let plain_fields = Object::new();
    if let Some(fields) = fields.dyn_ref::<Object>() {
        for name in Object::keys(fields)
            .iter()
            .filter_map(|name| name.as_string())
        {
            js::set(
                &plain_fields,
                &name,
                &plain_error(&js::member(fields, &name)),
            );
        }
    }
    let global = js::array(&js::member(&errors, "global"));
    let global: Array = global.iter().map(|error| plain_error(&error)).collect();
    let plain_errors = Object::new();
    js::set(&plain_errors, "fields", &plain_fields);
    js::set(&plain_errors, "global", &global);
    let state = Object::new();
    js::set(&state, "attempt", &picked(&attempt, &MEMBERS));
    js::set(&state, "fetchStatus", &js::member(&signal, "fetchStatus"));
    js::set(&state, "errors", &plain_errors);
    js::from_js(&state).unwrap_or_default()
}

fn plain_error(error: &JsValue) -> JsValue {
    if error.is_object() {
        picked(error, &["code", "message", "longMessage"])
    } else {
        JsValue::NULL
    }
}

fn picked(from: &JsValue, members: &[&str]) -> JsValue {
    let plain = Object::new();
    for name in members {
        js::set(&plain, name, &js::member(from, name));
    }
    plain.into()
}

/// Takes a step.
pub(in crate::clerk) async fn flow_call(
    kind: FlowKind,
    method: &str,
    parameters: &Value,
) -> Result<(), ClerkError> {
    let arguments = match parameters {
        Value::Null => vec![],
        parameters => vec![js::to_js(parameters)],
    };
    step(kind, method, &arguments).await
}

async fn step(kind: FlowKind, method: &str, arguments: &[JsValue]) -> Result<(), ClerkError> {
    let mut target = kind.attempt(&kind.signal());
    let (objects, name) = method.rsplit_once('.').unwrap_or(("", method));
    for object in objects.split('.').filter(|object| !object.is_empty()) {
        target = js::member(&target, object);
    }
    let answer = js::call_and_wait(&target, name, arguments)
        .await
        .map_err(|thrown| error::clerk_error(&thrown))?;
    let refusal = js::member(&answer, "error");
    if refusal.is_object() {
        return Err(error::clerk_error(&refusal));
    }
    Ok(())
}

/// Makes the session of the attempt the active one, and goes to `redirect_url`.
pub(in crate::clerk) async fn flow_finalize(
    kind: FlowKind,
    redirect_url: Option<String>,
) -> Result<(), ClerkError> {
    let Some(url) = redirect_url else {
        return step(kind, "finalize", &[]).await;
    };
    let navigate = Closure::<dyn FnMut(JsValue) -> JsValue>::new(move |given: JsValue| {
        let session = js::member(&given, "session");
        if js::member(&session, "currentTask").is_object() {
            let options = Object::new();
            js::set(&options, "redirectUrl", &url.as_str().into());
            let leaving = js::call(&clerk_js(), "redirectToTasks", &[options.into()]);
            return leaving.unwrap_or(JsValue::UNDEFINED);
        }
        let decorated = js::call(&given, "decorateUrl", &[url.as_str().into()]);
        let decorated = decorated.ok().and_then(|url| url.as_string());
        navigation::go(decorated.as_deref().unwrap_or(&url)).into()
    });
    let options = Object::new();
    js::set(&options, "navigate", &navigate.into_js_value());
    step(kind, "finalize", &[options.into()]).await
}
