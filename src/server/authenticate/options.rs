//! What a server has decided about authentication, checked once.

use std::sync::Arc;

use url::Url;

use crate::config::{
    Configuration, ConfigurationErrors, ConfigurationProblem, InstanceType, OrganizationSync,
    PublicConfiguration, PublishableKey, SecretKey, hosts,
};
use crate::server::keys::VerificationKey;
use crate::server::token::{AcceptedTokens, TokenType};
use crate::server::verify::ClaimRules;

use super::AuthenticateError;
use super::organization::OrganizationPatterns;

/// What [`Options`] are made of. Every field has a value that means "not configured".
#[derive(Clone, Debug)]
pub struct OptionsInput {
    /// The publishable key, as text.
    pub publishable_key: Option<String>,
    /// The instance's secret key.
    pub secret_key: Option<SecretKey>,
    /// The key of a machine.
    pub machine_secret_key: Option<SecretKey>,
    /// The instance's public key; without it, keys are asked for.
    pub jwt_key: Option<Arc<VerificationKey>>,
    /// What claims are held against.
    pub rules: ClaimRules,
    /// Which kinds of credential are accepted.
    pub accepts: AcceptedTokens,
    /// Whether a token made from a JWT template passes for a session where several kinds are accepted. Clerk's SDK lets it;
    /// here only on request.
    pub accept_template_tokens: bool,
    /// The Frontend API proxy, an absolute URL or a path.
    pub proxy_url: Option<String>,
    /// A satellite's domain.
    pub domain: Option<String>,
    /// Whether this is a satellite.
    pub is_satellite: bool,
    /// Whether a satellite asks for a session on the first page.
    pub satellite_auto_sync: bool,
    /// The satellites that may get a development browser token. `None`: any.
    pub allowed_satellites: Option<Vec<String>>,
    /// The sign-in page.
    pub sign_in_url: Option<String>,
    /// Which paths belong to which organization.
    pub organization_sync: Option<OrganizationSync>,
    /// Whether forwarded headers are believed.
    pub trust_forwarded_headers: bool,
    /// Whether the Backend API can be called.
    pub has_backend: bool,
}

impl Default for OptionsInput {
    fn default() -> Self {
        Self {
            publishable_key: None,
            secret_key: None,
            machine_secret_key: None,
            jwt_key: None,
            rules: ClaimRules::default(),
            accepts: AcceptedTokens::default(),
            accept_template_tokens: false,
            proxy_url: None,
            domain: None,
            is_satellite: false,
            satellite_auto_sync: false,
            allowed_satellites: None,
            sign_in_url: None,
            organization_sync: None,
            trust_forwarded_headers: true,
            has_backend: true,
        }
    }
}

/// A server's decisions about authentication. Made once, used for every request.
#[derive(Debug)]
pub struct Options {
    pub(super) input: OptionsInput,
    /// Absent only where machine tokens alone are accepted.
    pub(super) instance: Option<Instance>,
    pub(super) organizations: OrganizationPatterns,
}

/// What follows from the publishable key.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) kind: InstanceType,
    /// Cookie names with this instance's suffix.
    pub(super) session_cookie: String,
    pub(super) client_uat_cookie: String,
    pub(super) dev_browser_cookie: String,
    pub(super) refresh_cookie: String,
    /// The Frontend API as browsers reach it; a path of this origin, an absolute URL, or a host.
    pub(super) frontend_api: String,
    /// The Frontend API's host in the key, which token issuers are compared with.
    pub(super) direct_frontend_api: String,
}

impl Instance {
    fn new(key: PublishableKey, input: &OptionsInput) -> Self {
        let suffix = key.cookie_suffix();
        let public = PublicConfiguration {
            proxy_url: input.proxy_url.clone(),
            domain: input.domain.clone(),
            is_satellite: input.is_satellite,
            ..PublicConfiguration::new(key)
        };
        Self {
            kind: public.publishable_key.instance_type(),
            session_cookie: format!("__session_{suffix}"),
            client_uat_cookie: format!("__client_uat_{suffix}"),
            dev_browser_cookie: format!("__clerk_db_jwt_{suffix}"),
            refresh_cookie: format!("__refresh_{suffix}"),
            frontend_api: public.frontend_api(),
            direct_frontend_api: public.direct_frontend_api(),
        }
    }

    pub(super) fn is_development(&self) -> bool {
        self.kind == InstanceType::Development
    }
}

impl Options {
    /// Checks and prepares what is configured, in Clerk's order.
    ///
    /// # Errors
    /// When something that the accepted kinds of credential need is missing or malformed.
    pub fn new(input: OptionsInput) -> Result<Self, AuthenticateError> {
        let only = |kind| input.accepts == AcceptedTokens::Only(kind);
        let headers_only = only(TokenType::MachineToMachine) || only(TokenType::ApiKey);
        let instance = if headers_only {
            None
        } else {
            Some(instance(&input)?)
        };
        if only(TokenType::MachineToMachine) {
            if input.machine_secret_key.is_none() && input.secret_key.is_none() {
                return Err(AuthenticateError::MissingMachineKey);
            }
        } else if input.secret_key.is_none() {
            return Err(AuthenticateError::MissingSecretKey);
        } else if input.is_satellite {
            check_satellite(&input)?;
        }
        let organizations = OrganizationPatterns::compile(input.organization_sync.as_ref())?;
        Ok(Self {
            input,
            instance,
            organizations,
        })
    }

    /// The options of a layer: every kind of credential is accepted, handlers say what they want.
    ///
    /// # Errors
    /// When the configuration cannot work.
    pub fn from_configuration(configuration: &Configuration) -> Result<Self, ConfigurationErrors> {
        let public = &configuration.public;
        let mut audience = configuration.audience.clone();
        if !audience.is_empty() {
            audience.push("convex".to_owned());
        }
        let input = OptionsInput {
            publishable_key: Some(public.publishable_key.as_str().to_owned()),
            secret_key: Some(configuration.secret_key.clone()),
            machine_secret_key: configuration.machine_secret_key.clone(),
            jwt_key: configuration
                .jwt_key
                .as_ref()
                .map(|key| Arc::clone(key.verification_key())),
            rules: ClaimRules {
                authorized_parties: configuration.authorized_parties.clone(),
                audience,
                clock_skew_ms: i64::try_from(configuration.clock_skew.as_millis())
                    .unwrap_or(i64::MAX),
            },
            accepts: AcceptedTokens::Any,
            accept_template_tokens: false,
            proxy_url: public.proxy_url.clone(),
            domain: public.domain.clone(),
            is_satellite: public.is_satellite,
            satellite_auto_sync: configuration.satellite_auto_sync,
            allowed_satellites: configuration.allowed_satellites.clone(),
            sign_in_url: public.sign_in_url.clone(),
            organization_sync: configuration.organization_sync.clone(),
            trust_forwarded_headers: configuration.trust_forwarded_headers,
            has_backend: true,
        };
        Self::new(input).map_err(|error| problem(error, public.proxy_url.as_deref()).into())
    }
}

fn problem(error: AuthenticateError, proxy_url: Option<&str>) -> ConfigurationProblem {
    match error {
        AuthenticateError::SatelliteWithoutSignInUrl => {
            ConfigurationProblem::SatelliteWithoutSignInUrl
        }
        AuthenticateError::SatelliteWithoutDomain => ConfigurationProblem::SatelliteWithoutDomain,
        AuthenticateError::OrganizationPattern { pattern } => {
            ConfigurationProblem::OrganizationPattern { pattern }
        }
        AuthenticateError::ProxyUrl => ConfigurationProblem::address(
            "CLERK_PROXY_URL",
            proxy_url.unwrap_or_default(),
            "an absolute URL, or a path that starts with /",
        ),
        _ => ConfigurationProblem::Missing {
            name: "CLERK_SECRET_KEY",
            example: "CLERK_SECRET_KEY=sk_test_…",
        },
    }
}

fn instance(input: &OptionsInput) -> Result<Instance, AuthenticateError> {
    let key = PublishableKey::parse(input.publishable_key.as_deref().unwrap_or_default())
        .map_err(AuthenticateError::PublishableKey)?;
    if let Some(proxy) = input.proxy_url.as_deref().filter(|proxy| !proxy.is_empty()) {
        let is_path = proxy.starts_with('/') && !proxy.starts_with("//");
        if !is_path && !Url::parse(proxy).is_ok_and(|url| url.has_host()) {
            return Err(AuthenticateError::ProxyUrl);
        }
    }
    Ok(Instance::new(key, input))
}

fn check_satellite(input: &OptionsInput) -> Result<(), AuthenticateError> {
    let secret_key = input
        .secret_key
        .as_ref()
        .map(SecretKey::as_secret_str)
        .unwrap_or_default();
    let is_set = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
    if !is_set(&input.sign_in_url) && hosts::is_development_secret_key(secret_key) {
        return Err(AuthenticateError::SatelliteWithoutSignInUrl);
    }
    if !is_set(&input.proxy_url) && !is_set(&input.domain) {
        return Err(AuthenticateError::SatelliteWithoutDomain);
    }
    Ok(())
}
