//! What an application can say about how ClerkJS behaves.

use serde::Serialize;
use serde_json::Value;

/// Options of [`ClerkProvider`](super::ClerkProvider), beyond what the configuration says. The names are Clerk's.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "camelCase")]
pub struct ClerkOptions {
    /// The look of all prebuilt components: Clerk's `appearance` object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appearance: Option<Value>,
    /// The texts of all prebuilt components: Clerk's `localization` object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub localization: Option<Value>,
    /// Origins outside this one that a redirect may lead to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_redirect_origins: Vec<String>,
}

impl ClerkOptions {
    /// Options with Clerk's `appearance` object.
    #[must_use]
    pub fn appearance(mut self, appearance: Value) -> Self {
        self.appearance = Some(appearance);
        self
    }

    /// Options with Clerk's `localization` object.
    #[must_use]
    pub fn localization(mut self, localization: Value) -> Self {
        self.localization = Some(localization);
        self
    }

    /// Options that allow redirects to one more origin, such as `https://app.example`.
    #[must_use]
    pub fn allow_redirect_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_redirect_origins.push(origin.into());
        self
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
