//! `server doctor`: looks at everything that has to fit together before the server starts, one line for each thing.

mod clerk;
mod convex;
mod local;
mod report;
mod routes;
#[cfg(test)]
mod tests;

use leptos::config::LeptosOptions;
use leptos_clerk_convex::config::{Configuration, InstanceType};

use crate::{
    convex as deployment,
    error::StartError,
    instance::{Instance, variable},
};
use report::Report;

/// Variables that have something to say here and nowhere else.
const SESSION_TOKEN: &str = "DOCTOR_SESSION_TOKEN";

/// Checks the configuration that `serve` would start with, and changes nothing.
pub(crate) async fn run(options: LeptosOptions) -> Result<(), StartError> {
    let mut report = Report::printing();
    match Instance::look(options.site_addr) {
        Ok(Some(instance)) => configured(&mut report, options, instance).await,
        Ok(None) => nothing_configured(&mut report, options).await,
        Err(StartError::Configuration(errors)) => {
            for problem in errors.problems() {
                report.failed("keys", problem.reason(), problem, &problem.action());
            }
        }
        Err(error) => return Err(error),
    }
    match report.failures() {
        0 => Ok(()),
        count => Err(StartError::Doctor(count)),
    }
}

/// Keys are set: they and all that hangs on them.
async fn configured(report: &mut Report, options: LeptosOptions, instance: Instance) {
    let configuration = &instance.configuration;
    let issuer = clerk::check(report, configuration).await;
    clerk::session_token(report, variable(SESSION_TOKEN).as_deref(), &issuer);
    routes::check(report, &options, &instance).await;
    local::port(report, "address", options.site_addr, "LEPTOS_SITE_ADDR");
    match &configuration.public.convex_url {
        Some(url) => {
            let domain = variable("CLERK_JWT_ISSUER_DOMAIN");
            clerk::issuer_domain(report, domain.as_deref(), &issuer, true);
            let token = variable(SESSION_TOKEN);
            convex::check(report, url, &issuer, true, token.as_deref()).await;
        }
        None if is_live(configuration) => report.failed(
            "convex",
            "no-address",
            "CONVEX_URL is not set, and with live keys no local deployment is started",
            "Set CONVEX_URL=https://….convex.cloud.",
        ),
        None => {
            report.ok(
                "convex",
                "CONVEX_URL is not set: a local deployment will be started",
            );
            local_convex(report, &issuer, true).await;
        }
    }
}

/// No key is set: the pieces of the local instances.
async fn nothing_configured(report: &mut Report, options: LeptosOptions) {
    report.ok(
        "keys",
        "none are set: a local Clerk instance and a local Convex deployment will be used",
    );
    local::bundles(report);
    local::port(report, "address", options.site_addr, "LEPTOS_SITE_ADDR");
    match Instance::throwaway(options.site_addr) {
        Ok(instance) => {
            let issuer = instance.issuer();
            local::session_token(report);
            routes::check(report, &options, &instance).await;
            match &instance.configuration.public.convex_url {
                Some(url) => {
                    let domain = variable("CLERK_JWT_ISSUER_DOMAIN");
                    clerk::issuer_domain(report, domain.as_deref(), &issuer, true);
                    // The local instance is not up yet.
                    convex::check(report, url, &issuer, false, None).await;
                }
                None => local_convex(report, &issuer, false).await,
            }
        }
        Err(error) => report.failed("local clerk", "does-not-open", &error, &error.action()),
    }
}

/// What a local deployment needs, and whether it runs this project's functions: in memory, on ports of its own.
async fn local_convex(report: &mut Report, issuer: &str, has_issuer: bool) {
    match deployment::options(issuer.to_owned()) {
        Ok(options) => {
            let has_package = local::package(report, &options.npm_package);
            let ports = [
                ("convex port", options.address, "LOCAL_CONVEX_PORT"),
                (
                    "convex site port",
                    options.site_address,
                    "LOCAL_CONVEX_SITE_PORT",
                ),
            ];
            for (name, address, variable) in ports {
                local::port(report, name, address, variable);
            }
            let domain = options.environment.get("CLERK_JWT_ISSUER_DOMAIN");
            clerk::issuer_domain(report, domain.map(String::as_str), issuer, false);
            if has_package {
                local::functions(report, options, issuer, has_issuer).await;
            } else {
                report.skipped("functions", "they do not load without the npm package");
            }
        }
        Err(error) => report.failed("convex", "does-not-start", &error, &error.action()),
    }
}

fn is_live(configuration: &Configuration) -> bool {
    configuration.public.publishable_key.instance_type() == InstanceType::Production
}
