//! What ClerkJS is started with: its key, its addresses and its options.

#![cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "the bridge reads it, in the browser")
)]

use leptos::prelude::*;
use serde_json::{Value, json};

use super::Clerk;
use crate::config::PublicConfiguration;

impl Clerk {
    /// The options of `Clerk.load()` that are data.
    pub(super) fn load_options(&self) -> Value {
        let mut options = self.options.with_value(|options| options.members().clone());
        let (appearance, localization) = self.look.give();
        for (name, value) in [("appearance", appearance), ("localization", localization)] {
            if let Some(value) = value {
                options.insert(name.to_owned(), value);
            }
        }
        if let Some(configuration) = self.configuration() {
            let texts = [
                ("signInUrl", configuration.sign_in_url),
                ("signUpUrl", configuration.sign_up_url),
                ("afterSignOutUrl", configuration.after_sign_out_url),
                (
                    "signInForceRedirectUrl",
                    configuration.sign_in_force_redirect_url,
                ),
                (
                    "signUpForceRedirectUrl",
                    configuration.sign_up_force_redirect_url,
                ),
                (
                    "signInFallbackRedirectUrl",
                    configuration.sign_in_fallback_redirect_url,
                ),
                (
                    "signUpFallbackRedirectUrl",
                    configuration.sign_up_fallback_redirect_url,
                ),
            ];
            for (name, value) in texts {
                if let Some(value) = value {
                    options.entry(name).or_insert_with(|| value.into());
                }
            }
            options.insert("isSatellite".to_owned(), configuration.is_satellite.into());
            // Development keys would post to a telemetry host; a library must not do that on its users' behalf.
            options.insert("telemetry".to_owned(), false.into());
            options.insert(
                "sdkMetadata".to_owned(),
                json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") }),
            );
        }
        Value::Object(options)
    }

    /// The attributes on which ClerkJS finds its key and addresses when the script runs.
    pub(super) fn script_attributes(&self) -> Vec<(&'static str, String)> {
        let Some(configuration) = self.configuration() else {
            return vec![];
        };
        let mut attributes = vec![(
            "data-clerk-publishable-key",
            configuration.publishable_key.as_str().to_owned(),
        )];
        attributes.extend(
            configuration
                .proxy_url
                .map(|url| ("data-clerk-proxy-url", url)),
        );
        attributes.extend(
            configuration
                .domain
                .map(|domain| ("data-clerk-domain", domain)),
        );
        attributes
    }

    /// Where the script of ClerkJS is.
    pub(super) fn clerk_js_url(&self) -> Option<String> {
        let configuration = self.configuration()?;
        let url = configuration.clerk_js_url.clone();
        Some(url.unwrap_or_else(|| bundle_url(&configuration, "clerk-js@6/dist/clerk.browser.js")))
    }

    /// Where the script of the prebuilt components is.
    pub(super) fn clerk_ui_url(&self) -> Option<String> {
        let configuration = self.configuration()?;
        let url = configuration.clerk_ui_url.clone();
        Some(url.unwrap_or_else(|| bundle_url(&configuration, "ui@1/dist/ui.browser.js")))
    }
}

/// Where the instance serves a script: below its proxy when there is one, else on its Frontend API host.
fn bundle_url(configuration: &PublicConfiguration, path: &str) -> String {
    let frontend_api = configuration.frontend_api();
    let base = frontend_api.trim_end_matches('/');
    let scheme = if configuration.proxy_url.is_some() {
        ""
    } else {
        "https://"
    };
    format!("{scheme}{base}/npm/@clerk/{path}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn scripts_come_from_the_proxy_or_the_frontend_api() {
        let key = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk"
            .parse()
            .unwrap();
        let mut configuration = PublicConfiguration::new(key);
        assert_eq!(
            bundle_url(&configuration, "ui@1/dist/ui.browser.js"),
            "https://foo-bar-13.clerk.accounts.dev/npm/@clerk/ui@1/dist/ui.browser.js"
        );
        configuration.proxy_url = Some("/__clerk/".to_owned());
        assert_eq!(
            bundle_url(&configuration, "ui@1/dist/ui.browser.js"),
            "/__clerk/npm/@clerk/ui@1/dist/ui.browser.js"
        );
    }
}
