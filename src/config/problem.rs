//! What can be wrong with a configuration, and what to do about it.

use std::fmt;

use super::PublishableKeyError;

/// Everything that is wrong with a configuration.
///
/// Its text lists the problems, one a line, each with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationErrors {
    problems: Vec<ConfigurationProblem>,
    no_keys: bool,
}

impl ConfigurationErrors {
    pub(super) fn new(problems: Vec<ConfigurationProblem>, no_keys: bool) -> Self {
        Self { problems, no_keys }
    }

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
        Self {
            problems: vec![problem],
            no_keys: false,
        }
    }
}

impl fmt::Display for ConfigurationErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        write!(
            formatter,
            "the configuration has {count} problem{}:",
            if count == 1 { "" } else { "s" }
        )?;
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
    pub(crate) fn address(name: &'static str, value: &str, expected: &'static str) -> Self {
        Self::Address {
            name,
            value: shown(value),
            expected,
        }
    }

    pub(super) fn flag(name: &'static str, value: &str) -> Self {
        Self::Flag {
            name,
            value: shown(value),
        }
    }

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
            Self::PublishableKey { name, .. } => {
                format!("set `{name}=pk_test_…` (Clerk dashboard, API keys)")
            }
            Self::PublishableKeyAsSecret { name } => {
                format!("set `{name}=sk_test_…` (Clerk dashboard, API keys)")
            }
            Self::KeysOfDifferentInstances { publishable } => format!(
                "copy both keys from the same page of the Clerk dashboard (the {publishable} instance: `CLERK_SECRET_KEY=sk_{}_…`)",
                if *publishable == "production" {
                    "live"
                } else {
                    "test"
                }
            ),
            Self::JwtKey { name } => {
                format!(
                    "set `{name}=\"-----BEGIN PUBLIC KEY-----\\n…\"` (Clerk dashboard, API keys, JWT public key), or unset it"
                )
            }
            Self::Address { name, expected, .. } => {
                format!("set `{name}` to {expected}, or unset it")
            }
            Self::Flag { name, .. } => format!("set `{name}=true` or `{name}=false`"),
            Self::SatelliteWithoutDomain => {
                "set `CLERK_DOMAIN=satellite.example` or `CLERK_PROXY_URL=/__clerk`".to_owned()
            }
            Self::SatelliteWithoutSignInUrl => {
                "set `CLERK_SIGN_IN_URL=https://primary.example/sign-in`".to_owned()
            }
            Self::OrganizationPattern { .. } => {
                "write it as in `/orgs/:slug` or `/orgs/:slug/(.*)`".to_owned()
            }
        }
    }
}

/// A value as it may be shown: a secret that ended up in the wrong variable stays out.
fn shown(value: &str) -> String {
    if value.contains("sk_") || value.contains("eyJ") {
        "…".to_owned()
    } else {
        value.to_owned()
    }
}
