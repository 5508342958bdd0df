//! Addresses that follow from a Frontend API host.

/// Clerk's Backend API.
pub const BACKEND_API: &str = "https://api.clerk.com";

const LEGACY_DEVELOPMENT_SUFFIXES: [&str; 3] = [".lcl.dev", ".lclstage.dev", ".lclclerk.com"];
const CURRENT_DEVELOPMENT_SUFFIXES: [&str; 3] = [
    ".accounts.dev",
    ".accountsstage.dev",
    ".accounts.lclclerk.com",
];
const LOCAL_SUFFIXES: [&str; 4] = [
    ".lcl.dev",
    "lclstage.dev",
    ".lclclerk.com",
    ".accounts.lclclerk.com",
];
const STAGING_SUFFIX: &str = ".accountsstage.dev";

/// Which of Clerk's own environments an instance lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Environment {
    Production,
    Staging,
    Local,
}

fn environment(frontend_api: &str) -> Environment {
    if frontend_api.starts_with("clerk.")
        && ends_with_any(frontend_api, &LEGACY_DEVELOPMENT_SUFFIXES)
    {
        Environment::Production
    } else if ends_with_any(frontend_api, &LOCAL_SUFFIXES) {
        Environment::Local
    } else if frontend_api.ends_with(STAGING_SUFFIX) {
        Environment::Staging
    } else {
        Environment::Production
    }
}

fn ends_with_any(host: &str, suffixes: &[&str]) -> bool {
    suffixes.iter().any(|suffix| host.ends_with(suffix))
}

/// The Backend API that serves the instance with this Frontend API host.
#[must_use]
pub fn backend_api(frontend_api: &str) -> &'static str {
    match environment(frontend_api) {
        Environment::Production => BACKEND_API,
        Environment::Staging => "https://api.clerkstage.dev",
        Environment::Local => "https://api.lclclerk.com",
    }
}

/// Where a Frontend API proxy forwards to.
#[must_use]
pub fn frontend_api_upstream(frontend_api: &str) -> &'static str {
    match environment(frontend_api) {
        Environment::Production => "https://frontend-api.clerk.dev",
        Environment::Staging => "https://frontend-api.clerkstage.dev",
        Environment::Local => "https://frontend-api.lclclerk.com",
    }
}

/// The base of the hosted account pages: `https://<name>.accounts.dev` in development, `https://accounts.<domain>` in
/// production. Empty for an empty host.
#[must_use]
pub fn accounts_base_url(frontend_api: &str) -> String {
    if frontend_api.is_empty() {
        return String::new();
    }
    let host = frontend_api.replacen("clerk.accountsstage.", "accountsstage.", 1);
    // Whichever of the two comes first in the text is replaced, the longer one where both start at the same place.
    let host = match host.find("clerk.") {
        Some(start) => {
            let matched = if host[start..].starts_with("clerk.accounts.") {
                "clerk.accounts."
            } else {
                "clerk."
            };
            format!(
                "{}accounts.{}",
                &host[..start],
                &host[start + matched.len()..]
            )
        }
        None => host,
    };
    format!("https://{host}")
}

/// Whether a host is one of the account pages of development instances, in the form used until 2022.
#[must_use]
pub fn is_legacy_development_portal(host: &str) -> bool {
    host.starts_with("accounts.") && ends_with_any(host, &LEGACY_DEVELOPMENT_SUFFIXES)
}

/// Whether a host is one of the account pages of development instances: `<name>.accounts.dev`.
#[must_use]
pub fn is_current_development_portal(host: &str) -> bool {
    CURRENT_DEVELOPMENT_SUFFIXES.iter().any(|suffix| {
        host.strip_suffix(suffix)
            .is_some_and(|name| !name.ends_with(".clerk"))
    })
}

/// Whether a Frontend API host belongs to a development instance.
pub(crate) fn is_development_frontend_api(host: &str) -> bool {
    is_current_development_host(&host.to_ascii_lowercase())
        || (host.starts_with("clerk.") && ends_with_any(host, &LEGACY_DEVELOPMENT_SUFFIXES))
}

/// `<letters>-<letters>-<one or two digits>.clerk.accounts`, letters and dots, `dev` or `com`.
fn is_current_development_host(host: &str) -> bool {
    let Some((name, rest)) = host.split_once(".clerk.accounts") else {
        return false;
    };
    let mut words = name.split('-');
    let (Some(first), Some(second), Some(number), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    is_word(first)
        && is_word(second)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'.')
        && (rest.ends_with("dev") || rest.ends_with("com"))
}

/// Where the browser loads ClerkJS from.
///
/// `frontend_api` is a host, or the address of a proxy with its scheme. Without a version, the newest.
#[must_use]
pub fn clerk_js_url(frontend_api: &str, version: Option<&str>) -> String {
    let host = frontend_api
        .strip_prefix("https://")
        .or_else(|| frontend_api.strip_prefix("http://"))
        .unwrap_or(frontend_api);
    let version = version.unwrap_or(if host.ends_with(STAGING_SUFFIX) {
        "canary"
    } else {
        "latest"
    });
    format!("https://{host}/npm/@clerk/clerk-js@{version}/dist/clerk.browser.js")
}

/// Whether a key is one of a development instance's publishable keys, by its prefix alone.
#[must_use]
pub fn is_development_publishable_key(key: &str) -> bool {
    key.starts_with("test_") || key.starts_with("pk_test_")
}

/// Whether a key is one of a production instance's publishable keys, by its prefix alone.
#[must_use]
pub fn is_production_publishable_key(key: &str) -> bool {
    key.starts_with("live_") || key.starts_with("pk_live_")
}

/// Whether a key is one of a development instance's secret keys, by its prefix alone.
#[must_use]
pub fn is_development_secret_key(key: &str) -> bool {
    key.starts_with("test_") || key.starts_with("sk_test_")
}

/// Whether a key is one of a production instance's secret keys, by its prefix alone.
#[must_use]
pub fn is_production_secret_key(key: &str) -> bool {
    key.starts_with("live_") || key.starts_with("sk_live_")
}
