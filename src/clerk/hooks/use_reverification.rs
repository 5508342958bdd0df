//! `use_reverification`

use std::future::Future;

use leptos::server_fn::ServerFnError;
use serde_json::{Value, json};

use crate::{
    clerk::{Clerk, ClerkError, bridge, use_clerk},
    identity::{Reverification, ReverificationLevel},
};

/// An answer that may ask the person to prove again who they are.
///
/// It is implemented for [`ClerkError`], for the error of a server function and for JSON; an application implements it for its own
/// error type.
pub trait AsksForReverification {
    /// `None` when it does not ask. Which factors it asks for is left to Clerk when it does not say.
    fn asks_for_reverification(&self) -> Option<Option<ReverificationLevel>>;
}

impl AsksForReverification for ClerkError {
    fn asks_for_reverification(&self) -> Option<Option<ReverificationLevel>> {
        (self.reason() == "session_reverification_required").then_some(None)
    }
}

impl<E> AsksForReverification for ServerFnError<E> {
    fn asks_for_reverification(&self) -> Option<Option<ReverificationLevel>> {
        match self {
            Self::ServerError(text) => text.as_str().asks_for_reverification(),
            _ => None,
        }
    }
}

impl AsksForReverification for str {
    /// Reads the body of a refusal, or its reason.
    fn asks_for_reverification(&self) -> Option<Option<ReverificationLevel>> {
        if !self.contains(REASON) {
            return None;
        }
        let body = serde_json::from_str::<Value>(self).ok();
        body.map_or(Some(None), |body| body.asks_for_reverification())
    }
}

impl AsksForReverification for String {
    fn asks_for_reverification(&self) -> Option<Option<ReverificationLevel>> {
        self.as_str().asks_for_reverification()
    }
}

impl AsksForReverification for Value {
    /// Reads Clerk's own form, which the server's refusal has.
    fn asks_for_reverification(&self) -> Option<Option<ReverificationLevel>> {
        let error = &self["clerk_error"];
        (error["type"] == "forbidden" && error["reason"] == REASON).then(|| {
            let config = &error["metadata"]["reverification"];
            Reverification::from_config(config).map(|reverification| reverification.level())
        })
    }
}

/// The reason of a refusal.
const REASON: &str = "reverification-error";

/// Runs what may have to be proven anew. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct UseReverification {
    clerk: Clerk,
}

/// Runs an action; when its answer asks the person to prove again who they are, shows Clerk's prompt above the page, and runs the
/// action once more when they have.
///
/// *On the server* there is nothing to run: actions run in event handlers. *While loading* the prompt waits for ClerkJS.
/// *When it fails*, or when the person cancels, the action's own refusal is the answer.
///
/// ```
/// use leptos::{prelude::*, server_fn::ServerFnError, task::spawn_local};
/// use leptos_clerk_convex::clerk::use_reverification;
///
/// async fn delete_everything() -> Result<(), ServerFnError> { Ok(()) }
///
/// #[component]
/// fn Danger() -> impl IntoView {
///     let reverification = use_reverification();
///     let delete = move |_| spawn_local(async move {
///         if let Err(error) = reverification.run(delete_everything).await {
///             leptos::logging::error!("{error}");
///         }
///     });
///     view! { <button on:click=delete>"Delete everything"</button> }
/// }
/// ```
#[must_use]
pub fn use_reverification() -> UseReverification {
    UseReverification { clerk: use_clerk() }
}

impl UseReverification {
    /// Runs `action`, and once more if its error asks for it and the person has proven who they are.
    ///
    /// # Errors
    /// Those of the action. A person who cancels leaves the action refused.
    pub async fn run<T, E, Answer>(&self, action: impl Fn() -> Answer) -> Result<T, E>
    where
        Answer: Future<Output = Result<T, E>>,
        E: AsksForReverification,
    {
        let first = action().await;
        let Err(error) = &first else { return first };
        let Some(level) = error.asks_for_reverification() else {
            return first;
        };
        match self.prompt(level).await {
            Ok(()) => action().await,
            Err(_) => first,
        }
    }

    /// Shows the prompt, and waits until the person has proven who they are.
    ///
    /// # Errors
    /// When ClerkJS cannot be started, or the person cancels (`reverification_cancelled`).
    pub async fn prompt(&self, level: Option<ReverificationLevel>) -> Result<(), ClerkError> {
        self.clerk.load_ui();
        self.clerk.operational().await?;
        let props = level.map_or_else(|| json!({}), |level| json!({ "level": level.as_str() }));
        if bridge::reverify(&props).await? {
            return Ok(());
        }
        Err(ClerkError::Runtime {
            code: "reverification_cancelled".to_owned(),
            message: "the verification was cancelled".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_asks_in_every_form() {
        let body = json!({ "clerk_error": {
            "type": "forbidden", "reason": "reverification-error",
            "metadata": { "reverification": { "level": "first_factor", "afterMinutes": 10 } },
        }});
        let first = Some(Some(ReverificationLevel::FirstFactor));
        assert_eq!(body.asks_for_reverification(), first);
        assert_eq!(body.to_string().asks_for_reverification(), first);
        let strict = json!({ "clerk_error": {
            "type": "forbidden", "reason": "reverification-error", "metadata": { "reverification": "strict_mfa" },
        }});
        assert_eq!(
            strict.asks_for_reverification(),
            Some(Some(ReverificationLevel::MultiFactor))
        );
        let server_function: ServerFnError = ServerFnError::new("reverification-error");
        assert_eq!(server_function.asks_for_reverification(), Some(None));
    }

    #[test]
    fn another_refusal_does_not() {
        assert_eq!(json!({ "errors": [] }).asks_for_reverification(), None);
        assert_eq!("forbidden".asks_for_reverification(), None);
        let other: ServerFnError = ServerFnError::new("forbidden");
        assert_eq!(other.asks_for_reverification(), None);
        assert_eq!(ClerkError::Offline.asks_for_reverification(), None);
    }

    #[test]
    fn the_frontend_api_asks_by_its_code() {
        let error = ClerkError::Api {
            code: "session_reverification_required".to_owned(),
            message: String::new(),
            status: 403,
        };
        assert_eq!(error.asks_for_reverification(), Some(None));
    }
}
