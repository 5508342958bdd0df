//! Which Convex deployment the application works with: the configured one, or a local one.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use leptos_clerk_convex::config::{Configuration, InstanceType};
use local_convex::{Data, LocalConvex, Options};

use crate::{
    error::StartError,
    instance::{LocalData, variable},
};

/// Variables of the local deployment.
const FUNCTIONS: &str = "LOCAL_CONVEX_FUNCTIONS";
const PACKAGE: &str = "LOCAL_CONVEX_PACKAGE";
const PORT: &str = "LOCAL_CONVEX_PORT";
const SITE_PORT: &str = "LOCAL_CONVEX_SITE_PORT";
/// The variables of the functions, in the form of a `.env` file.
const ENVIRONMENT_FILE: &str = ".env.convex";

/// Starts a local deployment where none is configured, and puts its address into the configuration.
///
/// None is started beside live keys: what is live does not work with data that is only here.
pub(crate) async fn start(
    configuration: &mut Configuration,
    issuer: String,
) -> Result<Option<LocalConvex>, StartError> {
    let keys = configuration.public.publishable_key.instance_type();
    if configuration.public.convex_url.is_some() || keys == InstanceType::Production {
        return Ok(None);
    }
    let convex = LocalConvex::start(options(issuer)?).await?;
    configuration.public.convex_url = Some(convex.url().to_owned());
    Ok(Some(convex))
}

/// How the local deployment is started.
pub(crate) fn options(issuer: String) -> Result<Options, StartError> {
    let path = |name: &str, default: &str| {
        PathBuf::from(variable(name).unwrap_or_else(|| default.to_owned()))
    };
    let data = LocalData::from_environment();
    let (data, port, site_port) = match data {
        // Several can run beside each other, as tests do.
        LocalData::Memory => (Data::Memory, 0, 0),
        LocalData::Directory(directory) => (Data::Directory(directory.join("convex")), 3210, 3211),
    };
    let mut options = Options::new(
        data,
        path(FUNCTIONS, "convex"),
        path(PACKAGE, "end2end/node_modules/convex"),
    );
    options.address = SocketAddr::from((Ipv4Addr::LOCALHOST, number(PORT, port)?));
    options.site_address = SocketAddr::from((Ipv4Addr::LOCALHOST, number(SITE_PORT, site_port)?));
    options.environment = environment(issuer);
    options.environment_file = Some(ENVIRONMENT_FILE.into());
    Ok(options)
}

fn number(name: &'static str, default: u16) -> Result<u16, StartError> {
    match variable(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .map_err(|_| StartError::NotAPort { name, text }),
    }
}

/// What the functions see beside their file: the issuer of the tokens, and the secret that webhooks are signed with.
fn environment(issuer: String) -> BTreeMap<String, String> {
    let issuer = variable("CLERK_JWT_ISSUER_DOMAIN").unwrap_or(issuer);
    let mut environment = BTreeMap::from([("CLERK_JWT_ISSUER_DOMAIN".to_owned(), issuer)]);
    if let Some(secret) = variable("CLERK_WEBHOOK_SIGNING_SECRET") {
        environment.insert("CLERK_WEBHOOK_SIGNING_SECRET".to_owned(), secret);
    }
    environment
}
