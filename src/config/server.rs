//! The whole configuration of a server.

use std::time::Duration;

use super::{ConfigurationErrors, JwtKey, PublicConfiguration, SecretKey, environment, hosts};

/// Clocks may differ by this much before a token counts as expired or not yet valid.
pub(super) const DEFAULT_CLOCK_SKEW: Duration = Duration::from_secs(5);

/// Everything the server needs to know about an instance, secrets included.
///
/// Read it with [`Configuration::from_environment`], or start from [`Configuration::new`] and set fields.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Configuration {
    /// The half that may reach the browser.
    pub public: PublicConfiguration,
    /// The instance's secret key.
    pub secret_key: SecretKey,
    /// The key of a machine, for verifying machine-to-machine tokens without the instance's secret key.
    pub machine_secret_key: Option<SecretKey>,
    /// The instance's public key. With it, no request ever waits for Clerk's key set.
    pub jwt_key: Option<JwtKey>,
    /// The Backend API, without the version: `https://api.clerk.com`.
    pub api_url: String,
    /// The origins whose tokens are accepted (claim `azp`). Empty: any; otherwise a token without the claim is refused.
    pub authorized_parties: Vec<String>,
    /// The audiences that are accepted (claim `aud`). Empty: the claim is not looked at. `convex` is always accepted too,
    /// because Clerk's Convex integration adds it to every session token.
    pub audience: Vec<String>,
    /// By how much clocks may differ. 5 seconds unless set.
    pub clock_skew: Duration,
    /// Whether `X-Forwarded-Host` and `X-Forwarded-Proto` are believed. `true` unless set, as in Clerk's own SDKs;
    /// turn it off when browsers reach this server directly.
    pub trust_forwarded_headers: bool,
    /// Whether a satellite asks the primary domain for a session on a visitor's first page.
    pub satellite_auto_sync: bool,
    /// In development, the origins of satellites that a primary application hands its development browser token to.
    /// `None`: any, as in Clerk's own SDKs.
    pub allowed_satellites: Option<Vec<String>>,
    /// Which paths belong to which organization.
    pub organization_sync: Option<OrganizationSync>,
    /// What webhooks are signed with.
    pub webhook_signing_secret: Option<SecretKey>,
}

/// Paths that carry an organization: opening one makes that organization the active one.
///
/// Patterns are those of `createRouteMatcher`; the parameter `:id` or `:slug` names the organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationSync {
    /// For instance `/orgs/:slug` and `/orgs/:slug/(.*)`.
    pub organization_patterns: Vec<String>,
    /// Paths that belong to the personal account, for instance `/me/(.*)`.
    pub personal_account_patterns: Vec<String>,
}

impl Configuration {
    /// The configuration of an instance that needs nothing but its keys.
    #[must_use]
    pub fn new(public: PublicConfiguration, secret_key: SecretKey) -> Self {
        Self {
            api_url: hosts::BACKEND_API.to_owned(),
            public,
            secret_key,
            machine_secret_key: None,
            jwt_key: None,
            authorized_parties: Vec::new(),
            audience: Vec::new(),
            clock_skew: DEFAULT_CLOCK_SKEW,
            trust_forwarded_headers: true,
            satellite_auto_sync: false,
            allowed_satellites: None,
            organization_sync: None,
            webhook_signing_secret: None,
        }
    }

    /// Reads the process's environment.
    ///
    /// `CLERK_PUBLISHABLE_KEY` and `CLERK_SECRET_KEY` are required. The spellings with `NEXT_PUBLIC_` in front are
    /// accepted, so the environment of a Next.js project works unchanged.
    ///
    /// # Errors
    /// Everything that is missing or malformed, together, each with the line to fix.
    pub fn from_environment() -> Result<Self, ConfigurationErrors> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Reads variables from anywhere: a map in tests, a file, a secret store.
    ///
    /// # Errors
    /// Everything that is missing or malformed, together, each with the line to fix.
    pub fn from_lookup(
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigurationErrors> {
        environment::read(&lookup)
    }
}
