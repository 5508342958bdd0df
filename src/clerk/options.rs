//! What an application can say about how ClerkJS behaves.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Appearance, Localization};

/// Options of [`ClerkProvider`](super::ClerkProvider), beyond what the configuration says. What they say about addresses wins over
/// the configuration in the browser; where the *server* sends people is the configuration's.
///
/// ```
/// use leptos_clerk_convex::clerk::ClerkOptions;
///
/// let options = ClerkOptions::default()
///     .sign_in_url("/enter")
///     .sign_in_fallback_redirect_url("/dashboard")
///     .after_sign_out_url("/bye");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClerkOptions {
    members: Map<String, Value>,
    pub(super) appearance: Option<Appearance>,
    pub(super) localization: Option<Localization>,
}

impl ClerkOptions {
    /// The look of all prebuilt components. For one that changes live, give the provider a signal.
    #[must_use]
    pub fn appearance(mut self, appearance: impl Into<Appearance>) -> Self {
        self.appearance = Some(appearance.into());
        self
    }

    /// The texts of all prebuilt components. For a language that changes live, give the provider a signal.
    #[must_use]
    pub fn localization(mut self, localization: impl Into<Localization>) -> Self {
        self.localization = Some(localization.into());
        self
    }

    /// Allows redirects to one more origin, such as `https://app.example`.
    #[must_use]
    pub fn allow_redirect_origin(mut self, origin: impl Into<String>) -> Self {
        let origins = self
            .members
            .entry("allowedRedirectOrigins")
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(origins) = origins {
            origins.push(Value::String(origin.into()));
        }
        self
    }

    /// Where people sign in.
    #[must_use]
    pub fn sign_in_url(self, url: impl Into<String>) -> Self {
        self.address("signInUrl", url.into())
    }

    /// Where people sign up.
    #[must_use]
    pub fn sign_up_url(self, url: impl Into<String>) -> Self {
        self.address("signUpUrl", url.into())
    }

    /// Where people go who have signed in, when there is no `redirect_url`.
    #[must_use]
    pub fn sign_in_fallback_redirect_url(self, url: impl Into<String>) -> Self {
        self.address("signInFallbackRedirectUrl", url.into())
    }

    /// Where people go who have signed up, when there is no `redirect_url`.
    #[must_use]
    pub fn sign_up_fallback_redirect_url(self, url: impl Into<String>) -> Self {
        self.address("signUpFallbackRedirectUrl", url.into())
    }

    /// Where people go who have signed in, whatever `redirect_url` says.
    #[must_use]
    pub fn sign_in_force_redirect_url(self, url: impl Into<String>) -> Self {
        self.address("signInForceRedirectUrl", url.into())
    }

    /// Where people go who have signed up, whatever `redirect_url` says.
    #[must_use]
    pub fn sign_up_force_redirect_url(self, url: impl Into<String>) -> Self {
        self.address("signUpForceRedirectUrl", url.into())
    }

    /// Where people go who have signed out of everything.
    #[must_use]
    pub fn after_sign_out_url(self, url: impl Into<String>) -> Self {
        self.address("afterSignOutUrl", url.into())
    }

    /// Where people go who have signed out of one of several sessions.
    #[must_use]
    pub fn after_multi_session_single_sign_out_url(self, url: impl Into<String>) -> Self {
        self.address("afterMultiSessionSingleSignOutUrl", url.into())
    }

    /// Where people join the waitlist.
    #[must_use]
    pub fn waitlist_url(self, url: impl Into<String>) -> Self {
        self.address("waitlistUrl", url.into())
    }

    /// The page of one session task, such as `choose-organization`.
    #[must_use]
    pub fn task_url(mut self, task: &str, url: impl Into<String>) -> Self {
        let pages = self
            .members
            .entry("taskUrls")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(pages) = pages {
            pages.insert(task.to_owned(), Value::String(url.into()));
        }
        self
    }

    /// Any other option of `Clerk.load()`, by Clerk's name.
    #[must_use]
    pub fn set(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    fn address(self, name: &str, url: String) -> Self {
        self.set(name, url.into())
    }

    /// An address that was set here.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "the bridge reads it, in the browser")
    )]
    pub(super) fn members(&self) -> &Map<String, Value> {
        &self.members
    }
}

/// How to sign out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignOutOptions {
    /// Where to go afterwards; the configured after-sign-out URL, else `/`, when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// The session to end when there are several; all of them when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
}

/// What [`Clerk::set_active`](super::Clerk::set_active) changes. What is not named stays.
///
/// ```
/// use leptos_clerk_convex::clerk::SetActive;
///
/// let acme = SetActive::new().organization("org_acme").redirect_url("/acme");
/// let alone = SetActive::new().personal_account();
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SetActive(Map<String, Value>);

impl SetActive {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another session of this browser, by its id.
    #[must_use]
    pub fn session(self, id: impl Into<String>) -> Self {
        self.set("session", Value::String(id.into()))
    }

    /// Another organization, by its id or slug.
    #[must_use]
    pub fn organization(self, id_or_slug: impl Into<String>) -> Self {
        self.set("organization", Value::String(id_or_slug.into()))
    }

    /// No organization.
    #[must_use]
    pub fn personal_account(self) -> Self {
        self.set("organization", Value::Null)
    }

    /// Where to go then; without it, this page stays.
    #[must_use]
    pub fn redirect_url(self, url: impl Into<String>) -> Self {
        self.set("redirectUrl", Value::String(url.into()))
    }

    fn set(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}
