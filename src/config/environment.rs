//! Reading the configuration from variables, with every problem reported at once.

use url::Url;

use super::hosts;
use super::problem::{ConfigurationErrors, ConfigurationProblem};
use super::{Configuration, InstanceType, JwtKey, PublicConfiguration, PublishableKey, SecretKey};

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
        own.or_else(|| {
            (self.lookup)(&format!("NEXT_PUBLIC_{name}")).filter(|value| !value.trim().is_empty())
        })
    }

    /// A secret: only its own spelling, because `NEXT_PUBLIC_` variables are published to browsers.
    fn secret(&self, name: &str) -> Option<String> {
        (self.lookup)(name)
            .filter(|value| !value.trim().is_empty())
            .map(|value| value.trim().to_owned())
    }

    fn address(&mut self, name: &'static str, expected: &'static str) -> Option<String> {
        let value = self.text(name)?.trim().to_owned();
        let is_path = expected == URL_OR_PATH && value.starts_with('/') && !value.starts_with("//");
        if is_path || is_web_url(&value) {
            return Some(value);
        }
        self.problems
            .push(ConfigurationProblem::address(name, &value, expected));
        None
    }

    fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.text(name)?;
        match value.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => {
                self.problems.push(ConfigurationProblem::flag(name, &value));
                None
            }
        }
    }

    fn list(&self, name: &str) -> Vec<String> {
        let value = self.text(name).unwrap_or_default();
        value
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn publishable_key(&mut self) -> Option<PublishableKey> {
        const NAME: &str = "CLERK_PUBLISHABLE_KEY";
        let Some(text) = self.text(NAME) else {
            self.problems.push(ConfigurationProblem::Missing {
                name: NAME,
                example: "CLERK_PUBLISHABLE_KEY=pk_test_…",
            });
            return None;
        };
        match PublishableKey::parse(&text) {
            Ok(key) => Some(key),
            Err(source) => {
                self.problems
                    .push(ConfigurationProblem::PublishableKey { name: NAME, source });
                None
            }
        }
    }

    fn secret_key(&mut self) -> Option<SecretKey> {
        const NAME: &str = "CLERK_SECRET_KEY";
        let Some(text) = self.secret(NAME) else {
            self.problems.push(ConfigurationProblem::Missing {
                name: NAME,
                example: "CLERK_SECRET_KEY=sk_test_…",
            });
            return None;
        };
        if text.starts_with("pk_") {
            self.problems
                .push(ConfigurationProblem::PublishableKeyAsSecret { name: NAME });
            return None;
        }
        SecretKey::new(text)
    }

    fn jwt_key(&mut self) -> Option<JwtKey> {
        const NAME: &str = "CLERK_JWT_KEY";
        let text = self.secret(NAME)?;
        let key = JwtKey::parse(&text).ok();
        if key.is_none() {
            self.problems
                .push(ConfigurationProblem::JwtKey { name: NAME });
        }
        key
    }
}

fn is_web_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

pub(super) fn read(
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Configuration, ConfigurationErrors> {
    let mut reader = Reader {
        lookup,
        problems: Vec::new(),
    };
    let no_keys = reader.text("CLERK_PUBLISHABLE_KEY").is_none()
        && reader.secret("CLERK_SECRET_KEY").is_none();

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
    let sign_in_force_redirect_url =
        reader.address("CLERK_SIGN_IN_FORCE_REDIRECT_URL", URL_OR_PATH);
    let sign_up_force_redirect_url =
        reader.address("CLERK_SIGN_UP_FORCE_REDIRECT_URL", URL_OR_PATH);
    let sign_in_fallback_redirect_url =
        reader.address("CLERK_SIGN_IN_FALLBACK_REDIRECT_URL", URL_OR_PATH);
    let sign_up_fallback_redirect_url =
        reader.address("CLERK_SIGN_UP_FALLBACK_REDIRECT_URL", URL_OR_PATH);
    let after_sign_out_url = reader.address("CLERK_AFTER_SIGN_OUT_URL", URL_OR_PATH);
    let convex_url = reader.address("CONVEX_URL", ABSOLUTE_URL);
    let clerk_js_url = reader.address("CLERK_JS_URL", URL_OR_PATH);
    let clerk_ui_url = reader.address("CLERK_UI_URL", URL_OR_PATH);
    let is_satellite = reader.flag("CLERK_IS_SATELLITE").unwrap_or(false);
    let trust_forwarded_headers = reader.flag("CLERK_TRUST_FORWARDED_HEADERS").unwrap_or(true);
    let domain = reader
        .text("CLERK_DOMAIN")
        .map(|domain| domain.trim().to_owned());

    let (Some(publishable_key), Some(secret_key)) = (publishable_key, secret_key) else {
        return Err(ConfigurationErrors::new(reader.problems, no_keys));
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
        machine_secret_key: reader
            .secret("CLERK_MACHINE_SECRET_KEY")
            .and_then(SecretKey::new),
        jwt_key,
        api_url: api_url.unwrap_or_else(|| default_api_url.to_owned()),
        authorized_parties: reader.list("CLERK_AUTHORIZED_PARTIES"),
        audience: reader.list("CLERK_AUDIENCE"),
        trust_forwarded_headers,
        webhook_signing_secret: reader
            .secret("CLERK_WEBHOOK_SIGNING_SECRET")
            .and_then(SecretKey::new),
        ..Configuration::new(public, secret_key)
    };
    check_satellite(&mut reader, &configuration);
    if reader.problems.is_empty() {
        Ok(configuration)
    } else {
        Err(ConfigurationErrors::new(reader.problems, no_keys))
    }
}

fn check_same_instance(reader: &mut Reader<'_>, publishable: &PublishableKey, secret: &SecretKey) {
    let publishable = match publishable.instance_type() {
        InstanceType::Production if secret.is_development() => "production",
        InstanceType::Development if secret.is_production() => "development",
        _ => return,
    };
    reader
        .problems
        .push(ConfigurationProblem::KeysOfDifferentInstances { publishable });
}

fn check_satellite(reader: &mut Reader<'_>, configuration: &Configuration) {
    let public = &configuration.public;
    if !public.is_satellite {
        return;
    }
    if public.domain.is_none() && public.proxy_url.is_none() {
        reader
            .problems
            .push(ConfigurationProblem::SatelliteWithoutDomain);
    }
    if public.sign_in_url.is_none() && configuration.secret_key.is_development() {
        reader
            .problems
            .push(ConfigurationProblem::SatelliteWithoutSignInUrl);
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
            (
                "NEXT_PUBLIC_CONVEX_URL",
                "https://happy-animal-123.convex.cloud",
            ),
        ])
        .unwrap();
        assert_eq!(
            configuration.public.sign_in_url.as_deref(),
            Some("/sign-in")
        );
        assert_eq!(
            configuration.public.convex_url.as_deref(),
            Some("https://happy-animal-123.convex.cloud")
        );
        assert_eq!(configuration.api_url, "https://api.clerk.com");
    }

    #[test]
    fn nothing_at_all_is_told_from_something_wrong() {
        let nothing = read_pairs(&[]).unwrap_err();
        assert!(nothing.no_keys_configured());
        assert_eq!(nothing.problems().len(), 2);
        assert!(
            !read_pairs(&[("CLERK_SECRET_KEY", "sk_test_abc")])
                .unwrap_err()
                .no_keys_configured()
        );
    }

    #[test]
    fn all_problems_are_listed_with_the_line_to_fix_and_no_secret() {
        let errors = read_pairs(&[
            ("CLERK_PUBLISHABLE_KEY", "sk_test_misplaced"),
            ("CLERK_SECRET_KEY", PUBLISHABLE),
            ("CLERK_JWT_KEY", "not a pem"),
            ("CLERK_SIGN_IN_URL", "sk_test_misplaced"),
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
        let errors = read_pairs(&[
            ("CLERK_PUBLISHABLE_KEY", PUBLISHABLE),
            ("CLERK_SECRET_KEY", "sk_live_abc"),
        ])
        .unwrap_err();
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
        let reasons: Vec<_> = errors
            .problems()
            .iter()
            .map(ConfigurationProblem::reason)
            .collect();
        assert_eq!(
            reasons,
            [
                "satellite-missing-domain-and-proxy",
                "satellite-missing-sign-in-url"
            ]
        );
    }
}
