//! Which Clerk instance the server works with: the configured one, or a local one.

use std::{env, net::SocketAddr, path::PathBuf};

use app::{LocalInstance, SeededPerson};
use leptos_clerk_convex::config::Configuration;
use local_clerk::{Data, LocalClerk, Options, SEED_USERS};

use crate::error::StartError;

/// Where the local instance is mounted.
pub(crate) const LOCAL_CLERK_PATH: &str = "/__clerk";

/// Variables of the local instance.
const DIRECTORY: &str = "LOCAL_DIRECTORY";
const EPHEMERAL: &str = "LOCAL_EPHEMERAL";
const BUNDLES: &str = "LOCAL_CLERK_BUNDLES";

/// The Clerk instance that the server works with.
pub(crate) struct Instance {
    pub(crate) configuration: Configuration,
    pub(crate) local: Option<LocalClerk>,
    data: String,
    address: SocketAddr,
}

impl Instance {
    /// Reads the environment. Without any key, a local instance is opened; with only some of them, nothing is guessed.
    pub(crate) fn from_environment(address: SocketAddr) -> Result<Self, StartError> {
        match Self::look(address)? {
            Some(configured) => Ok(configured),
            None => Self::local(address),
        }
    }

    /// Reads the environment and opens nothing: `None` where a local instance would be opened.
    pub(crate) fn look(address: SocketAddr) -> Result<Option<Self>, StartError> {
        match Configuration::from_lookup(lookup) {
            Ok(configuration) => Ok(Some(Self {
                configuration,
                local: None,
                data: String::new(),
                address,
            })),
            Err(errors) if errors.no_keys_configured() => Ok(None),
            Err(errors) => Err(errors.into()),
        }
    }

    /// A local instance that nobody signs in to and that leaves nothing behind.
    pub(crate) fn throwaway(address: SocketAddr) -> Result<Self, StartError> {
        let mut options = Options::new(Data::Memory, format!("http://{address}"));
        options.seed = None;
        Self::around(LocalClerk::open(options)?, "in memory".to_owned(), address)
    }

    fn local(address: SocketAddr) -> Result<Self, StartError> {
        let (clerk, data) = open_local(address)?;
        Self::around(clerk, data, address)
    }

    fn around(clerk: LocalClerk, data: String, address: SocketAddr) -> Result<Self, StartError> {
        let configuration = Configuration::from_lookup(|name| match name {
            "CLERK_PUBLISHABLE_KEY" => Some(clerk.publishable_key()),
            "CLERK_SECRET_KEY" => Some(clerk.secret_key()),
            "CLERK_JWT_KEY" => Some(clerk.jwt_key_pem()),
            "CLERK_API_URL" => Some(clerk.api_url()),
            "CLERK_PROXY_URL" => Some(LOCAL_CLERK_PATH.to_owned()),
            _ => lookup(name),
        })?;
        Ok(Self {
            configuration,
            local: Some(clerk),
            data,
            address,
        })
    }

    /// The issuer of the session tokens.
    pub(crate) fn issuer(&self) -> String {
        match &self.local {
            Some(clerk) => clerk.issuer(),
            None => format!(
                "https://{}",
                self.configuration.public.publishable_key.frontend_api()
            ),
        }
    }

    /// What the sign-in page says about a local instance.
    pub(crate) fn local_instance(&self) -> Option<LocalInstance> {
        self.local.as_ref().map(|_| LocalInstance {
            people: SEED_USERS
                .iter()
                .map(|person| SeededPerson {
                    email: person.email_address.to_owned(),
                    password: person.password.to_owned(),
                    description: person.admin_of.map_or_else(
                        || "a member".to_owned(),
                        |organization| format!("administrator of {organization}"),
                    ),
                })
                .collect(),
            inbox_url: format!("{LOCAL_CLERK_PATH}/inbox"),
        })
    }

    /// One line about which instance it is.
    pub(crate) fn announcement(&self) -> String {
        match &self.local {
            Some(_) => format!(
                "no Clerk keys are set: a local Clerk instance runs at http://{}{LOCAL_CLERK_PATH} (data: {}; e-mails: {LOCAL_CLERK_PATH}/inbox)",
                self.address, self.data
            ),
            None => format!(
                "using the Clerk instance {}",
                self.configuration.public.publishable_key.frontend_api()
            ),
        }
    }
}

/// Where local instances keep their data.
pub(crate) enum LocalData {
    Memory,
    Directory(PathBuf),
}

impl LocalData {
    pub(crate) fn from_environment() -> Self {
        if variable(EPHEMERAL).is_some_and(|value| value == "1" || value == "true") {
            return Self::Memory;
        }
        Self::Directory(
            variable(DIRECTORY)
                .unwrap_or_else(|| ".local".to_owned())
                .into(),
        )
    }
}

fn open_local(address: SocketAddr) -> Result<(LocalClerk, String), StartError> {
    let is_live = |name: &str| variable(name).is_some_and(|key| key.contains("_live_"));
    let keys = [
        "CLERK_PUBLISHABLE_KEY",
        "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
        "CLERK_SECRET_KEY",
    ];
    if keys.into_iter().any(is_live) {
        return Err(StartError::BesideLiveKeys);
    }
    let (data, description) = match LocalData::from_environment() {
        LocalData::Memory => (Data::Memory, "in memory".to_owned()),
        LocalData::Directory(directory) => {
            let description = directory.display().to_string();
            (Data::Directory(directory), description)
        }
    };
    let mut options = Options::new(data, format!("http://{address}"));
    if let Some(bundles) = variable(BUNDLES) {
        options.bundles = bundles.into();
    }
    options.follow_variables(variable)?;
    Ok((LocalClerk::open(options)?, description))
}

/// The local instance's keys and addresses as variables, for an application at `address`. Opens the instance, and makes it if
/// it is not there yet.
pub(crate) fn local_keys(address: SocketAddr) -> Result<String, StartError> {
    let (clerk, _) = open_local(address)?;
    let proxy_url = clerk.issuer();
    let lines = [
        ("CLERK_PUBLISHABLE_KEY", clerk.publishable_key()),
        ("CLERK_SECRET_KEY", clerk.secret_key()),
        ("CLERK_API_URL", clerk.api_url()),
        ("CLERK_PROXY_URL", proxy_url.clone()),
        ("CLERK_JWT_ISSUER_DOMAIN", proxy_url),
    ];
    Ok(lines
        .into_iter()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect())
}

/// The environment, with this application's own pages where nothing else is said. Set and empty counts as not set.
fn lookup(name: &str) -> Option<String> {
    variable(name).or_else(|| {
        let page = match name {
            "CLERK_SIGN_IN_URL" => "/sign-in",
            "CLERK_SIGN_UP_URL" => "/sign-up",
            "CLERK_AFTER_SIGN_OUT_URL" => "/",
            _ => return None,
        };
        // The other spelling, where it is set, comes first.
        variable(&format!("NEXT_PUBLIC_{name}"))
            .is_none()
            .then(|| page.to_owned())
    })
}

pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
