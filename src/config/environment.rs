//! Reading the configuration from variables, with every problem reported at once.

use std::fmt;

use url::Url;

use super::{Configuration, InstanceType, JwtKey, PublicConfiguration, PublishableKey, PublishableKeyError, SecretKey};
use super::hosts;

/// Everything that is wrong with a configuration.
///
/// Its text lists the problems, one a line, each with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationErrors {
    problems: Vec<ConfigurationProblem>,
    no_keys: bool,
}

impl ConfigurationErrors {
    /// The problems, in the order of the variables.
    #[must_use]
    pub fn problems(&self) -> &[ConfigurationProblem] {
        &self.problems
    }

    /// Whether there is no key at all: nothing was configured, rather than something wrongly.
    ///
    /// This is when a development server may start a local instance instead.
    #[must_use]
    pub fn no_keys_configured(&self) -> bool {
        self.no_keys
    }
}

impl From<ConfigurationProblem> for ConfigurationErrors {
    fn from(problem: ConfigurationProblem) -> Self {
        Self { problems: vec![problem], no_keys: false }
    }
}

impl fmt::Display for ConfigurationErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        write!(formatter, "the configuration has {count} problem{}:", if count == 1 { "" } else { "s" })?;
        for problem in &self.problems {
            write!(formatter, "\n  - {problem}: {}", problem.action())?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigurationErrors {}

/// One thing that is wrong with a configuration. No variant ever holds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationProblem {
    /// A required variable is not set.
    #[error("{name} is not set")]
    Missing {
        /// The variable.
        name: &'static str,
        /// A line that sets it.
        example: &'static str,
    },
    /// The publishable key cannot be read.
    #[error("{name}: {source}")]
    PublishableKey {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        source: PublishableKeyError,
    },
    /// A publishable key stands where the secret key belongs.
    #[error("{name} holds a publishable key")]
    PublishableKeyAsSecret {
        /// The variable.
        name: &'static str,
    },
    /// One key is of a development instance, the other of a production instance.
    #[error("the publishable key is of a {publishable} instance, the secret key is not")]
    KeysOfDifferentInstances {
        /// `development` or `production`.
        publishable: &'static str,
    },
    /// The public key is not one.
    #[error("{name} is not an RSA public key in PEM form")]
    JwtKey {
        /// The variable.
        name: &'static str,
    },
    /// An address is not one.
    #[error("{name} is `{value}`, which is not {expected}")]
    Address {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// A switch is neither on nor off.
    #[error("{name} is `{value}`, which is neither true nor false")]
    Flag {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// A satellite has no address of its own.
    #[error("a satellite needs its domain or a proxy")]
    SatelliteWithoutDomain,
    /// A development satellite does not know its primary application.
    #[error("a satellite of a development instance needs the primary application's sign-in page")]
    SatelliteWithoutSignInUrl,
    /// A path pattern cannot be read.
    #[error("the organization pattern `{pattern}` cannot be read")]
    OrganizationPattern {
        /// The pattern.
        pattern: String,
    },
}

impl ConfigurationProblem {
    /// A stable name for this problem.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::PublishableKey { source, .. } => source.reason(),
            Self::PublishableKeyAsSecret { .. } => "publishable-key-as-secret",
            Self::KeysOfDifferentInstances { .. } => "keys-of-different-instances",
            Self::JwtKey { .. } => "jwt-key-invalid",
            Self::Address { .. } => "address-invalid",
            Self::Flag { .. } => "flag-invalid",
            Self::SatelliteWithoutDomain => "satellite-missing-domain-and-proxy",
            Self::SatelliteWithoutSignInUrl => "satellite-missing-sign-in-url",
            Self::OrganizationPattern { .. } => "invalid-organization-pattern",
        }
    }

    /// What the operator has to do, the line to write included.
    #[must_use]
    pub fn action(&self) -> String {
        match self {
            Self::Missing { example, .. } => format!("set `{example}` (Clerk dashboard, API keys)"),
            Self::PublishableKey { name, .. } => format!("set `{name}=pk_test_…` (Clerk dashboard, API keys)"),
            Self::PublishableKeyAsSecret { name } => format!("set `{name}=sk_test_…` (Clerk dashboard, API keys)"),
            Self::KeysOfDifferentInstances { publishable } => format!(
                "copy both keys from the same page of the Clerk dashboard (the {publishable} instance: `CLERK_SECRET_KEY=sk_{}_…`)",
                if *publishable == "production" { "live" } else { "test" }
            ),
            Self::JwtKey { name } => {
                format!("set `{name}=\"-----BEGIN PUBLIC KEY-----\\n…\"` (Clerk dashboard, API keys, JWT public key), or unset it")
            }
            Self::Address { name, expected, .. } => format!("set `{name}` to {expected}, or unset it"),
            Self::Flag { name, .. } => format!("set `{name}=true` or `{name}=false`"),
            Self::SatelliteWithoutDomain => "set `CLERK_DOMAIN=satellite.example` or `CLERK_PROXY_URL=/__clerk`".to_owned(),
            Self::SatelliteWithoutSignInUrl => "set `CLERK_SIGN_IN_URL=https://primary.example/sign-in`".to_owned(),
            Self::OrganizationPattern { .. } => "write it as in `/orgs/:slug` or `/orgs/:slug/(.*)`".to_owned(),
        }
    }
}

const ABSOLUTE_URL: &str = "an absolute URL that starts with http:// or https://";
const URL_OR_PATH: &str = "an absolute URL, or a path that starts with /";

/// Collects problems while values are read.
struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<ConfigurationProblem>,
}

impl Reader<'_> {
    /// A variable, its own spelling first, then Next.js's. An empty value is as good as none.
    fn text(&self, name: &str) -> Option<String> {
        let own = (self.lookup)(name).filter(|value| !value.trim().is_empty());
        own.or_else(|| (self.lookup)(&format!("NEXT_PUBLIC_{name}")).filter(|value| !value.trim().is_empty()))
    }

    /// A secret: only its own spelling, because `NEXT_PUBLIC_` variables are published to browsers.
    fn secret(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.trim().is_empty()).map(|value| value.trim().to_owned())
    }

    fn address(&mut self, name: &'static str, expected: &'static str) -> Option<String> {
        let value = self.text(name)?.trim().to_owned();
        let is_path = expected == URL_OR_PATH && value.starts_with('/') && !value.starts_with("//");
        if is_path || is_web_url(&value) {
            return Some(value);
        }
        self.problems.push(ConfigurationProblem::Address { name, value, expected });
        None
    }

    fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.text(name)?;
        match value.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => {
                self.problems.push(ConfigurationProblem::Flag { name, value });
                None
            }
        }
    }

    fn list(&self, name: &str) -> Vec<String> {
        let value = self.text(name).unwrap_or_default();
        value.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    }

    fn publishable_key(&mut self) -> Option<PublishableKey> {
        const NAME: &str = "CLERK_PUBLISHABLE_KEY";
        let Some(text) = self.text(NAME) else {
            self.problems.push(ConfigurationProblem::Missing { name: NAME, example: "CLERK_PUBLISHABLE_KEY=pk_test_…" });
            return None;
        };
        match PublishableKey::parse(&text) {
            Ok(key) => Some(key),
            Err(source) => {
                self.problems.push(ConfigurationProblem::PublishableKey { name: NAME, source });
                None
            }
        }
    }

    fn secret_key(&mut self) -> Option<SecretKey> {
        const NAME: &str = "CLERK_SECRET_KEY";
        let Some(text) = self.secret(NAME) else {
            self.problems.push(ConfigurationProblem::Missing { name: NAME, example: "CLERK_SECRET_KEY=sk_test_…" });
            return None;
        };
        if text.starts_with("pk_") {
            self.problems.push(ConfigurationProblem::PublishableKeyAsSecret { name: NAME });
            return None;
        }
        SecretKey::new(text)
    }

    fn jwt_key(&mut self) -> Option<JwtKey> {
        const NAME: &str = "CLERK_JWT_KEY";
        let text = self.secret(NAME)?;
        let key = JwtKey::parse(&text).ok();
        if key.is_none() {
            self.problems.push(ConfigurationProblem::JwtKey { name: NAME });
        }
        key
    }
}

fn is_web_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

pub(super) fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Configuration, ConfigurationErrors> {
    let mut reader = Reader { lookup, problems: Vec::new() };
    let no_keys = reader.text("CLERK_PUBLISHABLE_KEY").is_none() && reader.secret("CLERK_SECRET_KEY").is_none();

    let publishable_key = reader.publishable_key();
    let secret_key = reader.secret_key();
    let jwt_key = reader.jwt_key();
    if let (Some(publishable), Some(secret)) = (&publishable_key, &secret_key) {
        check_same_instance(&mut reader, publishable, secret);
    }
    let api_url = reader.address("CLERK_API_URL", ABSOLUTE_URL);
    let proxy_url = reader.address("CLERK_PROXY_URL", URL_OR_PATH);
    let sign_in_url = reader.address("CLERK_SIGN_IN_URL", URL_OR_PATH);
    let sign_up_url = reader.address("CLERK_SIGN_UP_URL", URL_OR_PATH);
    let sign_in_force_redirect_url = reader.address("CLERK_SIGN_IN_FORCE_REDIRECT_URL", URL_OR_PATH);
    let sign_up_force_redirect_url = reader.address("CLERK_SIGN_UP_FORCE_REDIRECT_URL", URL_OR_PATH);
    let sign_in_fallback_redirect_url = reader.address("CLERK_SIGN_IN_FALLBACK_REDIRECT_URL", URL_OR_PATH);
    let sign_up_fallback_redirect_url = reader.address("CLERK_SIGN_UP_FALLBACK_REDIRECT_URL", URL_OR_PATH);
    let after_sign_out_url = reader.address("CLERK_AFTER_SIGN_OUT_URL", URL_OR_PATH);
    let convex_url = reader.address("CONVEX_URL", ABSOLUTE_URL);
    let clerk_js_url = reader.address("CLERK_JS_URL", URL_OR_PATH);
    let clerk_ui_url = reader.address("CLERK_UI_URL", URL_OR_PATH);
    let is_satellite = reader.flag("CLERK_IS_SATELLITE").unwrap_or(false);
    let trust_forwarded_headers = reader.flag("CLERK_TRUST_FORWARDED_HEADERS").unwrap_or(true);
    let domain = reader.text("CLERK_DOMAIN").map(|domain| domain.trim().to_owned());

    let (Some(publishable_key), Some(secret_key)) = (publishable_key, secret_key) else {
        return Err(ConfigurationErrors { problems: reader.problems, no_keys });
    };
    let public = PublicConfiguration {
        proxy_url,
        domain,
        is_satellite,
        sign_in_url,
        sign_up_url,
        sign_in_force_redirect_url,
        sign_up_force_redirect_url,
        sign_in_fallback_redirect_url,
        sign_up_fallback_redirect_url,
        after_sign_out_url,
        convex_url,
        clerk_js_url,
        clerk_ui_url,
        ..PublicConfiguration::new(publishable_key)
    };
    let default_api_url = hosts::backend_api(public.publishable_key.frontend_api());
    let configuration = Configuration {
        machine_secret_key: reader.secret("CLERK_MACHINE_SECRET_KEY").and_then(SecretKey::new),
        jwt_key,
        api_url: api_url.unwrap_or_else(|| default_api_url.to_owned()),
        authorized_parties: reader.list("CLERK_AUTHORIZED_PARTIES"),
        audience: reader.list("CLERK_AUDIENCE"),
        trust_forwarded_headers,
        webhook_signing_secret: reader.secret("CLERK_WEBHOOK_SIGNING_SECRET").and_then(SecretKey::new),
        ..Configuration::new(public, secret_key)
    };
    check_satellite(&mut reader, &configuration);
    if reader.problems.is_empty() {
        Ok(configuration)
    } else {
        Err(ConfigurationErrors { problems: reader.problems, no_keys })
    }
}

fn check_same_instance(reader: &mut Reader<'_>, publishable: &PublishableKey, secret: &SecretKey) {
    let publishable = match publishable.instance_type() {
        InstanceType::Production if secret.is_development() => "production",
        InstanceType::Development if secret.is_production() => "development",
        _ => return,
    };
    reader.problems.push(ConfigurationProblem::KeysOfDifferentInstances { publishable });
}

fn check_satellite(reader: &mut Reader<'_>, configuration: &Configuration) {
    let public = &configuration.public;
    if !public.is_satellite {
        return;
    }
    if public.domain.is_none() && public.proxy_url.is_none() {
        reader.problems.push(ConfigurationProblem::SatelliteWithoutDomain);
    }
    if public.sign_in_url.is_none() && configuration.secret_key.is_development() {
        reader.problems.push(ConfigurationProblem::SatelliteWithoutSignInUrl);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::collections::HashMap;

    use super::*;

    const PUBLISHABLE: &str = "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk";

    fn read_pairs(pairs: &[(&str, &str)]) -> Result<Configuration, ConfigurationErrors> {
        let map: HashMap<_, _> = pairs.iter().copied().collect();
        Configuration::from_lookup(|name| map.get(name).map(|value| (*value).to_owned()))
    }

    #[test]
    fn the_environment_of_a_next_project_works() {
        let configuration = read_pairs(&[
            ("NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", PUBLISHABLE),
            ("CLERK_SECRET_KEY", "sk_test_abc"),
            ("NEXT_PUBLIC_CLERK_SIGN_IN_URL", "/sign-in"),
            ("NEXT_PUBLIC_CONVEX_URL", "https://happy-animal-123.convex.cloud"),
        ])
        .unwrap();
        assert_eq!(configuration.public.sign_in_url.as_deref(), Some("/sign-in"));
        assert_eq!(configuration.public.convex_url.as_deref(), Some("https://happy-animal-123.convex.cloud"));
        assert_eq!(configuration.api_url, "https://api.clerk.com");
    }

    #[test]
    fn nothing_at_all_is_told_from_something_wrong() {
        let nothing = read_pairs(&[]).unwrap_err();
        assert!(nothing.no_keys_configured());
        assert_eq!(nothing.problems().len(), 2);
        assert!(!read_pairs(&[("CLERK_SECRET_KEY", "sk_test_abc")]).unwrap_err().no_keys_configured());
    }

    #[test]
    fn all_problems_are_listed_with_the_line_to_fix_and_no_secret() {
        let errors = read_pairs(&[
            ("CLERK_PUBLISHABLE_KEY", "sk_test_misplaced"),
            ("CLERK_SECRET_KEY", PUBLISHABLE),
            ("CLERK_JWT_KEY", "not a pem"),
            ("CLERK_SIGN_IN_URL", "sign-in"),
            ("CLERK_PROXY_URL", "//evil.example"),
            ("CLERK_IS_SATELLITE", "maybe"),
        ])
        .unwrap_err();
        let text = errors.to_string();
        assert_eq!(errors.problems().len(), 6, "{text}");
        assert!(text.contains("set `CLERK_SECRET_KEY=sk_test_…`"), "{text}");
        assert!(!text.contains("misplaced"), "{text}");
    }

    #[test]
    fn keys_of_two_instances_are_refused() {
        let errors =
            read_pairs(&[("CLERK_PUBLISHABLE_KEY", PUBLISHABLE), ("CLERK_SECRET_KEY", "sk_live_abc")]).unwrap_err();
        assert_eq!(errors.problems()[0].reason(), "keys-of-different-instances");
    }

    #[test]
    fn a_development_satellite_needs_its_primary() {
        let errors = read_pairs(&[
            ("CLERK_PUBLISHABLE_KEY", PUBLISHABLE),
            ("CLERK_SECRET_KEY", "sk_test_abc"),
            ("CLERK_IS_SATELLITE", "true"),
        ])
        .unwrap_err();
        let reasons: Vec<_> = errors.problems().iter().map(ConfigurationProblem::reason).collect();
        assert_eq!(reasons, ["satellite-missing-domain-and-proxy", "satellite-missing-sign-in-url"]);
    }
}
