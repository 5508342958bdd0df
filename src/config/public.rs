//! The half of the configuration that a browser may see.

use serde::{Deserialize, Serialize};

use super::{InstanceType, PublishableKey};
use crate::fields::Fields;

/// What the browser needs to know, and the only configuration that may reach it.
///
/// There is no secret in here, and nothing from the server's [`Configuration`](super) can be put in by accident: it is a
/// type of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PublicConfiguration {
    /// The instance's publishable key.
    pub publishable_key: PublishableKey,
    /// The Frontend API proxy: an absolute URL, or a path (`/__clerk`) on the application's own origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_url: Option<String>,
    /// The domain of a satellite application, without `clerk.`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Whether this application is a satellite, which takes its session from a primary domain.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_satellite: bool,
    /// The application's sign-in page: a path or an absolute URL. Without it, Clerk's hosted page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in_url: Option<String>,
    /// The application's sign-up page: a path or an absolute URL. Without it, Clerk's hosted page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_up_url: Option<String>,
    /// Where to go after sign-in, whatever `redirect_url` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in_force_redirect_url: Option<String>,
    /// Where to go after sign-up, whatever `redirect_url` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_up_force_redirect_url: Option<String>,
    /// Where to go after sign-in when there is no `redirect_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in_fallback_redirect_url: Option<String>,
    /// Where to go after sign-up when there is no `redirect_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_up_fallback_redirect_url: Option<String>,
    /// Where to go after sign-out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_sign_out_url: Option<String>,
    /// The Convex deployment, for instance `https://happy-animal-123.convex.cloud`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convex_url: Option<String>,
    /// Where to load ClerkJS from, instead of the Frontend API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clerk_js_url: Option<String>,
    /// Where to load Clerk's prebuilt components from, instead of the Frontend API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clerk_ui_url: Option<String>,
}

impl PublicConfiguration {
    /// The configuration of an instance that needs nothing but its key.
    #[must_use]
    pub fn new(publishable_key: PublishableKey) -> Self {
        Self {
            publishable_key,
            proxy_url: None,
            domain: None,
            is_satellite: false,
            sign_in_url: None,
            sign_up_url: None,
            sign_in_force_redirect_url: None,
            sign_up_force_redirect_url: None,
            sign_in_fallback_redirect_url: None,
            sign_up_fallback_redirect_url: None,
            after_sign_out_url: None,
            convex_url: None,
            clerk_js_url: None,
            clerk_ui_url: None,
        }
    }

    /// Reads what serde has written.
    pub(crate) fn read(fields: Fields<'_>) -> Option<Self> {
        Some(Self {
            publishable_key: fields.text("publishable_key")?.parse().ok()?,
            proxy_url: fields.text("proxy_url"),
            domain: fields.text("domain"),
            is_satellite: fields.flag("is_satellite"),
            sign_in_url: fields.text("sign_in_url"),
            sign_up_url: fields.text("sign_up_url"),
            sign_in_force_redirect_url: fields.text("sign_in_force_redirect_url"),
            sign_up_force_redirect_url: fields.text("sign_up_force_redirect_url"),
            sign_in_fallback_redirect_url: fields.text("sign_in_fallback_redirect_url"),
            sign_up_fallback_redirect_url: fields.text("sign_up_fallback_redirect_url"),
            after_sign_out_url: fields.text("after_sign_out_url"),
            convex_url: fields.text("convex_url"),
            clerk_js_url: fields.text("clerk_js_url"),
            clerk_ui_url: fields.text("clerk_ui_url"),
        })
    }

    /// The Frontend API as browsers reach it: the proxy's address verbatim when there is one, `clerk.<domain>` for a
    /// production satellite, else the host in the key.
    #[must_use]
    pub fn frontend_api(&self) -> String {
        self.proxy_url
            .clone()
            .filter(|url| !url.is_empty())
            .unwrap_or_else(|| self.direct_frontend_api())
    }

    /// The Frontend API host without the proxy: what the issuer of this instance's tokens is compared with.
    #[must_use]
    pub fn direct_frontend_api(&self) -> String {
        match self.domain.as_deref() {
            Some(domain)
                if self.is_satellite
                    && !domain.is_empty()
                    && self.publishable_key.instance_type() == InstanceType::Production =>
            {
                format!("clerk.{domain}")
            }
            _ => self.publishable_key.frontend_api().to_owned(),
        }
    }
}
