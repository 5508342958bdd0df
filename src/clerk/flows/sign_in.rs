//! `use_sign_in`

use leptos::prelude::*;
use serde_json::{Value, json};

use super::{Flow, FlowKind, FlowState};
use crate::clerk::ClerkError;

/// A sign-in with forms of the application's own. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct UseSignIn {
    flow: Flow,
}

/// A sign-in with forms of the application's own.
///
/// Each step is a method; [`state`](UseSignIn::state) follows, with the errors of the last step. When it is complete,
/// [`finalize`](UseSignIn::finalize) signs in.
///
/// *On the server* and *while loading* the state is empty, and the methods wait for ClerkJS, which is loaded at once.
/// *When it fails* the methods say why, and so does the state.
///
/// ```
/// use leptos::{prelude::*, task::spawn_local};
/// use leptos_clerk_convex::clerk::use_sign_in;
///
/// #[component]
/// fn PasswordForm() -> impl IntoView {
///     let sign_in = use_sign_in();
///     let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
///     let submit = move |event: leptos::ev::SubmitEvent| {
///         event.prevent_default();
///         spawn_local(async move {
///             let (email, password) = (email.get_untracked(), password.get_untracked());
///             if sign_in.password(&email, &password).await.is_ok() {
///                 _ = sign_in.finalize(Some("/dashboard")).await;
///             }
///         });
///     };
///     view! {
///         <form on:submit=submit>
///             <input name="email" bind:value=email/>
///             <input name="password" type="password" bind:value=password/>
///             <p role="alert">{move || sign_in.error("password")}</p>
///             <button disabled=move || sign_in.state().get().is_fetching>"Sign in"</button>
///         </form>
///     }
/// }
/// ```
#[must_use]
pub fn use_sign_in() -> UseSignIn {
    UseSignIn {
        flow: Flow::new(FlowKind::SignIn),
    }
}

impl UseSignIn {
    /// How far it has come.
    #[must_use]
    pub fn state(&self) -> ReadSignal<FlowState> {
        self.flow.state.read_only()
    }

    /// What was wrong with a field in the last step, for people: `identifier`, `password` or `code`. Reactive.
    #[must_use]
    pub fn error(&self, field: &str) -> Option<String> {
        self.flow
            .state
            .with(|state| Some(state.errors.field(field)?.message.clone()))
    }

    /// Says who signs in; which factors there are is then in the state.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses: for example because it knows nobody of that name.
    pub async fn create(&self, identifier: &str) -> Result<(), ClerkError> {
        self.call("create", json!({ "identifier": identifier }))
            .await
    }

    /// Any step, by the path of the method in Clerk's future API and with its parameters: `web3`, `emailLink.sendLink`, …
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn call(&self, method: &str, parameters: Value) -> Result<(), ClerkError> {
        self.flow.call(method, parameters).await
    }

    /// Signs in with a password.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn password(&self, identifier: &str, password: &str) -> Result<(), ClerkError> {
        let parameters = json!({ "identifier": identifier, "password": password });
        self.call("password", parameters).await
    }

    /// Sends a code by e-mail: to `email_address`, or to the person whom [`create`](Self::create) has named.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn send_email_code(&self, email_address: Option<&str>) -> Result<(), ClerkError> {
        self.call(
            "emailCode.sendCode",
            optional("emailAddress", email_address),
        )
        .await
    }

    /// Signs in with the code of the e-mail.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn verify_email_code(&self, code: &str) -> Result<(), ClerkError> {
        self.flow.code("emailCode.verifyCode", code).await
    }

    /// Sends a code to a phone: `phone_number`, or that of the person whom [`create`](Self::create) has named.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn send_phone_code(&self, phone_number: Option<&str>) -> Result<(), ClerkError> {
        self.call("phoneCode.sendCode", optional("phoneNumber", phone_number))
            .await
    }

    /// Signs in with the code of the text message.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn verify_phone_code(&self, code: &str) -> Result<(), ClerkError> {
        self.flow.code("phoneCode.verifyCode", code).await
    }

    /// Sends a code to the person whom [`create`](Self::create) has named and who has forgotten the password.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn send_reset_password_code(&self) -> Result<(), ClerkError> {
        self.call("resetPasswordEmailCode.sendCode", Value::Null)
            .await
    }

    /// Takes the code; the state then stands at `needs_new_password`.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn verify_reset_password_code(&self, code: &str) -> Result<(), ClerkError> {
        self.flow
            .code("resetPasswordEmailCode.verifyCode", code)
            .await
    }

    /// Sets the new password.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses: for example because the password is known to be stolen.
    pub async fn submit_new_password(
        &self,
        password: &str,
        sign_out_of_other_sessions: bool,
    ) -> Result<(), ClerkError> {
        let parameters = json!({
            "password": password,
            "signOutOfOtherSessions": sign_out_of_other_sessions,
        });
        self.call("resetPasswordEmailCode.submitPassword", parameters)
            .await
    }

    /// The second factor: the code of an authenticator app.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn verify_totp(&self, code: &str) -> Result<(), ClerkError> {
        self.flow.code("mfa.verifyTOTP", code).await
    }

    /// The second factor: a backup code.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn verify_backup_code(&self, code: &str) -> Result<(), ClerkError> {
        self.flow.code("mfa.verifyBackupCode", code).await
    }

    /// The second factor: sends a code by e-mail.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn send_second_factor_email_code(&self) -> Result<(), ClerkError> {
        self.call("mfa.sendEmailCode", Value::Null).await
    }

    /// The second factor: the code of the e-mail.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn verify_second_factor_email_code(&self, code: &str) -> Result<(), ClerkError> {
        self.flow.code("mfa.verifyEmailCode", code).await
    }

    /// The second factor: sends a code to the phone.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn send_second_factor_phone_code(&self) -> Result<(), ClerkError> {
        self.call("mfa.sendPhoneCode", Value::Null).await
    }

    /// The second factor: the code of the text message.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses.
    pub async fn verify_second_factor_phone_code(&self, code: &str) -> Result<(), ClerkError> {
        self.flow.code("mfa.verifyPhoneCode", code).await
    }

    /// Leaves for another provider: `oauth_google`, `enterprise_sso`, … It sends people back to `callback_url`, a page with
    /// [`AuthenticateWithRedirectCallback`](crate::clerk::AuthenticateWithRedirectCallback), and from there they go to
    /// `redirect_url`.
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

    /// Signs in with a ticket that a server has made.
    ///
    /// # Errors
    /// When Clerk cannot be reached or refuses: for example because the ticket was used.
    pub async fn ticket(&self, ticket: &str) -> Result<(), ClerkError> {
        self.call("ticket", json!({ "ticket": ticket })).await
    }

    /// Signs in with a passkey of this device.
    ///
    /// # Errors
    /// When there is none, the person cancels, or Clerk refuses.
    pub async fn passkey(&self) -> Result<(), ClerkError> {
        self.call("passkey", json!({ "flow": "discoverable" }))
            .await
    }

    /// Makes the session the active one, and goes to `redirect_url`, or to the tasks that are left. Without an address this page
    /// stays.
    ///
    /// # Errors
    /// When the sign-in is not complete, or Clerk cannot be reached.
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

fn optional(name: &str, value: Option<&str>) -> Value {
    value.map_or(Value::Null, |value| json!({ name: value }))
}
