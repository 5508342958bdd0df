//! `use_sign_up`

use leptos::prelude::*;
use serde_json::{Value, json};

use super::{Flow, FlowKind, FlowState};
use crate::clerk::ClerkError;

/// A sign-up with forms of the application's own. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct UseSignUp {
    flow: Flow,
}

/// A sign-up with forms of the application's own.
///
/// Each step is a method; [`state`](UseSignUp::state) follows, with what is missing and the errors of the last step. When it is
/// complete, [`finalize`](UseSignUp::finalize) signs in. An instance with bot protection needs `<div id="clerk-captcha"></div>` in
/// the form.
///
/// *On the server* and *while loading* the state is empty, and the methods wait for ClerkJS, which is loaded at once.
/// *When it fails* the methods say why, and so does the state.
///
/// ```
/// use leptos::{prelude::*, task::spawn_local};
/// use leptos_clerk_convex::clerk::use_sign_up;
/// use serde_json::json;
///
/// #[component]
/// fn Join() -> impl IntoView {
///     let sign_up = use_sign_up();
///     let join = move |_| spawn_local(async move {
///         let fields = json!({ "emailAddress": "ada@example.com", "password": "a long one" });
///         if sign_up.password(fields).await.is_ok() {
///             _ = sign_up.send_email_code().await;
///         }
///     });
///     view! {
///         <button on:click=join>"Join"</button>
///         <p role="alert">{move || sign_up.error("emailAddress")}</p>
///     }
/// }
/// ```
#[must_use]
pub fn use_sign_up() -> UseSignUp {
    UseSignUp {
        flow: Flow::new(FlowKind::SignUp),
    }
}

impl UseSignUp {
    /// How far it has come.
    #[must_use]
    pub fn state(&self) -> ReadSignal<FlowState> {
        self.flow.state.read_only()
    }

    /// What was wrong with a field in the last step, for people: `emailAddress`, `password`, `firstName`, `code`, … Reactive.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<String> {
        self.flow
            .state
            .with(|state| Some(state.errors.field(field)?.message.clone()))
    }

    /// Begins with some fields, by Clerk's names: `emailAddress`, `firstName`, `unsafeMetadata`, `legalAccepted`, …
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses: for example because the address is taken.
    pub async fn create(&self, fields: Value) -> Result<(), ClerkError> {
        self.call("create", fields).await
    }

    /// Says what was missing.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn update(&self, fields: Value) -> Result<(), ClerkError> {
        self.call("update", fields).await
    }

    /// Begins with a password, and the other fields beside it.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses: for example because the password is too short.
    pub async fn password(&self, fields: Value) -> Result<(), ClerkError> {
        self.call("password", fields).await
    }

    /// Any step, by the path of the method in Clerk's future API and with its parameters.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn call(&self, method: &str, parameters: Value) -> Result<(), ClerkError> {
        self.flow.call(method, parameters).await
    }

    /// Sends a code to the e-mail address.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn send_email_code(&self) -> Result<(), ClerkError> {
        self.call("verifications.sendEmailCode", Value::Null).await
    }

    /// Verifies the e-mail address with the code.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn verify_email_code(&self, code: &str) -> Result<(), ClerkError> {
        self.flow.code("verifications.verifyEmailCode", code).await
    }

    /// Sends a code to the phone.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn send_phone_code(&self) -> Result<(), ClerkError> {
        self.call("verifications.sendPhoneCode", Value::Null).await
    }

    /// Verifies the phone number with the code.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn verify_phone_code(&self, code: &str) -> Result<(), ClerkError> {
        self.flow.code("verifications.verifyPhoneCode", code).await
    }

    /// Leaves for another provider. See [`UseSignIn::sso`](crate::clerk::UseSignIn::sso).
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn sso(
        &self,
        strategy: &str,
        redirect_url: &str,
        callback_url: &str,
    ) -> Result<(), ClerkError> {
        self.flow.sso(strategy, redirect_url, callback_url).await
    }

    /// Signs up with the ticket of an invitation.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn ticket(&self, ticket: &str) -> Result<(), ClerkError> {
        self.call("ticket", json!({ "ticket": ticket })).await
    }

    /// Makes the session the active one, and goes to `redirect_url`, or to the tasks that are left. Without an address this page
    /// stays.
    ///
    /// # Errors
    /// When the sign-up is not complete, or Clerk cannot be reached.
    pub async fn finalize(&self, redirect_url: Option<&str>) -> Result<(), ClerkError> {
        self.flow.finalize(redirect_url).await
    }

    /// Starts anew.
    ///
    /// # Errors
    /// When Clerk cannot be reached.
    pub async fn reset(&self) -> Result<(), ClerkError> {
        self.call("reset", Value::Null).await
    }
}
