//! The Clerk instance: its keys, its documents, its clock, its tokens.

use std::time::{Duration, SystemTime};

use leptos_clerk_convex::{
    config::{Configuration, InstanceType},
    identity::SessionClaims,
    server::{ClerkLayer, KeySet},
};
use serde_json::Value;

use super::report::Report;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Checks a configured instance; returns the issuer of its tokens.
pub(super) async fn check(report: &mut Report, configuration: &Configuration) -> String {
    let public = &configuration.public;
    let kind = match public.publishable_key.instance_type() {
        InstanceType::Development => "development",
        InstanceType::Production => "production",
    };
    report.ok(
        "keys",
        format_args!(
            "of a {kind} instance, {}",
            public.publishable_key.frontend_api()
        ),
    );
    backend(report, configuration).await;
    let base = frontend_api(configuration);
    key_set(report, &base, configuration.clock_skew).await;
    let issuer = format!("https://{}", public.direct_frontend_api());
    discovery(report, &base, &issuer).await
}

/// The Frontend API as this machine reaches it now: a path on this server is not there yet.
fn frontend_api(configuration: &Configuration) -> String {
    let address = configuration.public.frontend_api();
    let address = if address.starts_with('/') {
        configuration.public.direct_frontend_api()
    } else {
        address
    };
    if address.starts_with("http://") || address.starts_with("https://") {
        address.trim_end_matches('/').to_owned()
    } else {
        format!("https://{address}")
    }
}

/// Whether the secret key opens the Backend API, and whether it is of the same instance as the publishable one.
async fn backend(report: &mut Report, configuration: &Configuration) {
    let mut asking = configuration.clone();
    // With a key of its own the layer would ask nobody.
    asking.jwt_key = None;
    let layer = match ClerkLayer::new(asking) {
        Ok(layer) => layer,
        Err(errors) => {
            for problem in errors.problems() {
                report.failed("keys", problem.reason(), problem, &problem.action());
            }
            return;
        }
    };
    if let Err(error) = layer.check().await {
        let action = error.action().unwrap_or("Look at the log.");
        report.failed("secret key", error.reason(), error, action);
        return;
    }
    report.ok(
        "secret key",
        format_args!("{} accepts it", configuration.api_url),
    );
    match layer.keys_belong_together().await {
        Some(true) => report.ok("one instance", "both keys belong to it"),
        Some(false) => report.failed(
            "one instance",
            "keys-of-different-instances",
            "the publishable and the secret key belong to two instances: people would sign in and then be unknown",
            "Copy both keys from the same page of the Clerk dashboard.",
        ),
        None => report.skipped("one instance", "the Frontend API did not show its keys"),
    }
}

/// The published keys, and how far this clock is from Clerk's.
async fn key_set(report: &mut Report, base: &str, tolerance: Duration) {
    let url = format!("{base}/.well-known/jwks.json");
    let answer = match get(&url).await {
        Ok(answer) => answer,
        Err(error) => {
            report.failed("jwks", "frontend-api-unreachable", format_args!("{url}: {error}"), "Check CLERK_PUBLISHABLE_KEY and CLERK_PROXY_URL, and the way from this machine to the Frontend API.");
            report.skipped("clock", "there is no other clock to compare with");
            return;
        }
    };
    match KeySet::from_json(&answer.body) {
        Ok(_) => report.ok("jwks", &url),
        Err(_) => report.failed(
            "jwks",
            "no-key-set",
            format_args!("{url} answers with status {} and no key set", answer.status),
            "Check CLERK_PROXY_URL: the proxy has to hand on /.well-known too.",
        ),
    }
    clock(report, answer.skew_seconds, tolerance);
}

pub(super) fn clock(report: &mut Report, skew_seconds: Option<i64>, tolerance: Duration) {
    let Some(skew) = skew_seconds else {
        report.skipped("clock", "the Frontend API does not say what time it is");
        return;
    };
    if skew.unsigned_abs() <= tolerance.as_secs() {
        report.ok("clock", format_args!("{skew:+} s from the Frontend API's"));
    } else {
        report.failed(
            "clock",
            "clock-skew",
            format_args!(
                "this machine's clock is {skew:+} s from the Frontend API's, and {} s are tolerated",
                tolerance.as_secs()
            ),
            "Set this machine's clock, for instance with NTP.",
        );
    }
}

/// The document that Convex finds the keys with; returns the issuer that it names, or else the expected one.
async fn discovery(report: &mut Report, base: &str, expected: &str) -> String {
    let url = format!("{base}/.well-known/openid-configuration");
    let answer = match get(&url).await {
        Ok(answer) => answer,
        Err(error) => {
            report.failed(
                "oidc discovery",
                "frontend-api-unreachable",
                format_args!("{url}: {error}"),
                "Convex verifies tokens with this document. Check the way to the Frontend API.",
            );
            return expected.to_owned();
        }
    };
    let text = |name: &str| answer.body.get(name).and_then(Value::as_str);
    let (Some(issuer), Some(keys)) = (text("issuer"), text("jwks_uri")) else {
        report.failed(
            "oidc discovery",
            "no-discovery-document",
            format_args!(
                "{url} answers with status {} and no discovery document",
                answer.status
            ),
            "Convex verifies tokens with this document. Check CLERK_PROXY_URL.",
        );
        return expected.to_owned();
    };
    if same_issuer(issuer, expected) || same_issuer(issuer, base) {
        report.ok(
            "oidc discovery",
            format_args!("{issuer}, with keys at {keys}"),
        );
    } else {
        report.failed(
            "oidc discovery",
            "issuer-mismatch",
            format_args!("{url} is the document of {issuer}, and the key is of {expected}"),
            "Check that CLERK_PROXY_URL leads to the instance of CLERK_PUBLISHABLE_KEY.",
        );
    }
    issuer.to_owned()
}

/// Whether what `convex/auth.config.ts` reads is the issuer of the tokens. `elsewhere`: the functions have an environment of
/// their own, in the deployment.
pub(super) fn issuer_domain(
    report: &mut Report,
    domain: Option<&str>,
    issuer: &str,
    elsewhere: bool,
) {
    const NAME: &str = "issuer domain";
    match domain {
        Some(domain) if same_issuer(domain, issuer) => {
            report.ok(NAME, format_args!("CLERK_JWT_ISSUER_DOMAIN is the issuer, {issuer}"));
        }
        Some(domain) => report.failed(
            NAME,
            "issuer-mismatch",
            format_args!("CLERK_JWT_ISSUER_DOMAIN is {domain}, and tokens come from {issuer}"),
            &format!("Set CLERK_JWT_ISSUER_DOMAIN={issuer}, in the deployment too: `npx convex env set CLERK_JWT_ISSUER_DOMAIN {issuer}`."),
        ),
        None if elsewhere => report.skipped(
            NAME,
            format_args!("CLERK_JWT_ISSUER_DOMAIN is not set here; in the deployment it has to be {issuer}"),
        ),
        None => report.failed(
            NAME,
            "issuer-missing",
            "CLERK_JWT_ISSUER_DOMAIN is not set",
            &format!("Set CLERK_JWT_ISSUER_DOMAIN={issuer}."),
        ),
    }
}

/// As Convex compares: a missing scheme is https, and one slash at the end does not count.
pub(super) fn same_issuer(left: &str, right: &str) -> bool {
    let normal = |text: &str| {
        let text = text.strip_suffix('/').unwrap_or(text);
        if text.starts_with("https://") || text.starts_with("http://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        }
    };
    normal(left) == normal(right)
}

/// What a session token is made for. Only a token shows it.
pub(super) fn session_token(report: &mut Report, token: Option<&str>, issuer: &str) {
    const NAME: &str = "session token";
    let Some(token) = token else {
        report.skipped(NAME, "only a token shows its audience: set DOCTOR_SESSION_TOKEN to what `await Clerk.session.getToken()` gives in the browser's console, and start again within a minute");
        return;
    };
    let Ok(claims) = SessionClaims::insecure_decode(token.trim()) else {
        report.failed(
            NAME,
            "not-a-token",
            "DOCTOR_SESSION_TOKEN is no session token",
            "Copy what `await Clerk.session.getToken()` gives, whole.",
        );
        return;
    };
    let from = claims.issuer().unwrap_or("nobody");
    if !same_issuer(from, issuer) {
        report.failed(
            NAME,
            "issuer-mismatch",
            format_args!("it comes from {from}, and the keys are of {issuer}"),
            "Sign in at this application, with these keys, and copy its token.",
        );
    } else if claims.audience_is("convex") {
        report.ok(NAME, "its audience is `convex`");
    } else {
        report.failed(
            NAME,
            "audience-missing",
            "its audience is not `convex`, so Convex does not take it",
            "Turn on the Convex integration in the Clerk dashboard, or configure the name of a JWT template whose audience is `convex`.",
        );
    }
}

struct Answer {
    status: u16,
    body: Value,
    skew_seconds: Option<i64>,
}

/// Gets a public document.
async fn get(url: &str) -> Result<Answer, String> {
    let response = super::local::client(url, TIMEOUT)?
        .get(url)
        .send()
        .await
        .map_err(|error| super::local::cause(&error))?;
    let status = response.status().as_u16();
    let date = response
        .headers()
        .get(http::header::DATE)
        .and_then(|date| date.to_str().ok())
        .and_then(|date| httpdate::parse_http_date(date).ok());
    let skew_seconds = date.map(|date| seconds_between(SystemTime::now(), date));
    let body = response
        .bytes()
        .await
        .map_err(|error| super::local::cause(&error))?;
    Ok(Answer {
        status,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        skew_seconds,
    })
}

/// How much `ours` is ahead. The header has no fractions, so its second counts as the half of it.
fn seconds_between(ours: SystemTime, theirs: SystemTime) -> i64 {
    let theirs = theirs + Duration::from_millis(500);
    let seconds = |duration: Duration| {
        let rounded = duration.as_secs_f64().round();
        #[allow(clippy::cast_possible_truncation, reason = "saturating is intended")]
        {
            rounded as i64
        }
    };
    match ours.duration_since(theirs) {
        Ok(ahead) => seconds(ahead),
        Err(behind) => -seconds(behind.duration()),
    }
}
