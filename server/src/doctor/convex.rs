//! The Convex deployment: whether it is there, and whether it knows the issuer of the tokens.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use leptos_clerk_convex::convex::{
    AuthToken, Query, RefusalReason,
    server::{FetchError, FetchOptions, fetch_query},
};
use serde_json::{Value, json};

use super::{local, report::Report};

/// A query that no project has: the deployment says that it is not there, which is an answer.
const PROBE: Query<(), Value> = Query::new("doctor:isAnybodyThere");
const TIMEOUT: Duration = Duration::from_secs(10);

/// Checks a deployment that runs. `reaches_issuer`: whether it can fetch the issuer's keys now.
pub(super) async fn check(
    report: &mut Report,
    url: &str,
    issuer: &str,
    reaches_issuer: bool,
    token: Option<&str>,
) {
    if !is_alive(report, url).await {
        return;
    }
    provider(report, url, issuer, reaches_issuer).await;
    if let Some(token) = token {
        session(report, url, token).await;
    }
}

/// Whether a deployment answers at this address.
pub(super) async fn is_alive(report: &mut Report, url: &str) -> bool {
    match version(url).await {
        Ok(version) => report.ok("convex", format_args!("{url} has version {version}")),
        Err(error) => report.failed(
            "convex",
            "deployment-unreachable",
            format_args!("{url}/version: {error}"),
            "Check CONVEX_URL (…convex.cloud), and the way from this machine to the deployment.",
        ),
    }
    match call(url, FetchOptions::anonymous()).await {
        Ok(()) => {
            report.ok("convex queries", "the deployment answers them");
            true
        }
        Err(error) => {
            report.failed("convex queries", error.reason(), &error, &error.action());
            false
        }
    }
}

/// Whether `auth.config.ts`, as pushed, has a provider for the issuer: a token that nobody signed is refused for another reason
/// then.
pub(super) async fn provider(report: &mut Report, url: &str, issuer: &str, reaches_issuer: bool) {
    const NAME: &str = "convex provider";
    let options = FetchOptions::token(AuthToken::new(unsigned(issuer)));
    match call(url, options).await {
        Err(FetchError::Unauthenticated(refusal)) => match refusal.reason {
            RefusalReason::NoMatchingProvider => report.failed(
                NAME,
                refusal.reason.as_str(),
                &refusal.message,
                &format!(
                    "{} The issuer is {issuer}, the audience `convex`.",
                    refusal.reason.action()
                ),
            ),
            RefusalReason::KeysUnavailable if reaches_issuer => report.failed(
                NAME,
                refusal.reason.as_str(),
                &refusal.message,
                refusal.reason.action(),
            ),
            _ => report.ok(
                NAME,
                format_args!("the deployment has one for {issuer} and the audience `convex`"),
            ),
        },
        Ok(()) => report.failed(
            NAME,
            "unsigned-token-accepted",
            "the deployment took a token that nobody signed",
            "Check that CONVEX_URL is a Convex deployment, and nothing that only looks like one.",
        ),
        Err(error) => report.failed(NAME, error.reason(), &error, &error.action()),
    }
}

/// Whether the deployment takes a person's token, or why not.
async fn session(report: &mut Report, url: &str, token: &str) {
    const NAME: &str = "convex sign-in";
    match call(url, FetchOptions::token(AuthToken::new(token.trim()))).await {
        Ok(()) => report.ok(NAME, "the deployment accepts the session token"),
        Err(error) => report.failed(NAME, error.reason(), &error, &error.action()),
    }
}

/// Calls the query that is not there. That the function fails is what is expected.
async fn call(url: &str, options: FetchOptions) -> Result<(), FetchError> {
    let options = options.url(url).timeout(TIMEOUT);
    match fetch_query(PROBE, &(), options).await {
        Ok(_) | Err(FetchError::Function(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn version(url: &str) -> Result<String, String> {
    let url = format!("{}/version", url.trim_end_matches('/'));
    let response = local::client(&url, TIMEOUT)?
        .get(&url)
        .send()
        .await
        .map_err(|error| local::cause(&error))?;
    let status = response.status();
    if !status.is_success() {
        return Err(format!("status {status}"));
    }
    let text = response
        .text()
        .await
        .map_err(|error| local::cause(&error))?;
    let text = text.trim();
    // A page is no version.
    if text.is_empty() || text.len() > 100 || text.starts_with('<') {
        return Err("the answer is no version".to_owned());
    }
    Ok(text.to_owned())
}

/// A token of the issuer for Convex, with a signature that is none.
fn unsigned(issuer: &str) -> String {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = elapsed.as_secs();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({ "alg": "RS256", "typ": "JWT", "kid": "doctor" }));
    let claims = part(json!({
        "iss": issuer, "aud": "convex", "sub": "doctor", "iat": now, "exp": now + 60,
    }));
    format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 256]))
}
