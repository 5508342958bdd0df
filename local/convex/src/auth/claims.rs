//! From the claims of a token to what `ctx.auth.getUserIdentity()` returns.

use serde_json::{Map, Value as Json, json};
use time::OffsetDateTime;

use super::UserIdentity;
use super::error::Refusal;
use crate::values::Value;

/// OpenID Connect's standard claims that are texts, and what functions call them.
const TEXTS: [(&str, &str); 14] = [
    ("name", "name"),
    ("given_name", "givenName"),
    ("family_name", "familyName"),
    ("nickname", "nickname"),
    ("preferred_username", "preferredUsername"),
    ("profile", "profileUrl"),
    ("picture", "pictureUrl"),
    ("website", "websiteUrl"),
    ("email", "email"),
    ("gender", "gender"),
    ("birthdate", "birthday"),
    ("zoneinfo", "timezone"),
    ("locale", "language"),
    ("phone_number", "phoneNumber"),
];

const BOOLEANS: [(&str, &str); 2] = [
    ("email_verified", "emailVerified"),
    ("phone_number_verified", "phoneNumberVerified"),
];

/// Claims about the token and not about the person. They differ from token to token: functions that saw them would run
/// anew with each.
const TRANSPORT: [&str; 14] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
];

/// How recently the factors were verified, which Clerk counts in minutes.
const FACTOR_AGE: &str = "fva";

/// The names that no other claim may take.
const STANDARD: [&str; 5] = [
    "tokenIdentifier",
    "issuer",
    "subject",
    "address",
    "updatedAt",
];

/// The identity of a token of OpenID Connect: standard claims under Convex' names, others under their own.
pub(crate) fn open_id_connect(claims: &Map<String, Json>) -> Result<UserIdentity, Refusal> {
    let mut attributes = Map::new();
    for (claim, value) in claims {
        if !is_reserved(claim) && is_convex_value(claim, value) {
            attributes.insert(claim.clone(), value.clone());
        }
    }
    for (claim, attribute) in TEXTS {
        set(
            &mut attributes,
            claims,
            claim,
            attribute,
            "a text",
            |value| value.is_string().then(|| value.clone()),
        )?;
    }
    for (claim, attribute) in BOOLEANS {
        set(
            &mut attributes,
            claims,
            claim,
            attribute,
            "true or false",
            |value| value.is_boolean().then(|| value.clone()),
        )?;
    }
    let expected = "an object with a text `formatted`";
    set(
        &mut attributes,
        claims,
        "address",
        "address",
        expected,
        |value| match value.as_object()?.get("formatted") {
            None => Some(Json::Null),
            Some(formatted) => formatted.is_string().then(|| formatted.clone()),
        },
    )?;
    let expected = "a time in unix seconds";
    set(
        &mut attributes,
        claims,
        "updated_at",
        "updatedAt",
        expected,
        rfc_3339,
    )?;
    identity(claims, attributes)
}

/// The identity of a custom JWT: every claim of its own, flattened to dotted names.
pub(crate) fn custom(claims: &Map<String, Json>) -> Result<UserIdentity, Refusal> {
    let registered = ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", FACTOR_AGE];
    let mut attributes = Map::new();
    for (claim, value) in claims {
        if !registered.contains(&claim.as_str()) {
            flatten(claim, value, &mut attributes);
        }
    }
    identity(claims, attributes)
}

/// The identity that whoever has the admin key acts as.
pub(crate) fn acting_as(json: &Json) -> Option<UserIdentity> {
    let mut attributes = json.as_object()?.clone();
    attributes.retain(|_, value| !value.is_null());
    let text = |name: &str| {
        attributes
            .get(name)
            .and_then(Json::as_str)
            .map(str::to_owned)
    };
    let (issuer, subject) = (text("issuer"), text("subject"));
    let token_identifier = match (text("tokenIdentifier"), &issuer, &subject) {
        (Some(identifier), _, _) => identifier,
        (None, Some(issuer), Some(subject)) => format!("{issuer}|{subject}"),
        _ => return None,
    };
    // Functions may rely on both.
    if let Some((found_issuer, found_subject)) = token_identifier.split_once('|') {
        let issuer = issuer.unwrap_or_else(|| found_issuer.to_owned());
        let subject = subject.unwrap_or_else(|| found_subject.to_owned());
        attributes.insert("issuer".to_owned(), issuer.into());
        attributes.insert("subject".to_owned(), subject.into());
    }
    attributes.insert(
        "tokenIdentifier".to_owned(),
        token_identifier.clone().into(),
    );
    let attributes = Json::Object(attributes);
    matches!(Value::from_json(&attributes), Ok(Value::Object(_))).then_some(UserIdentity {
        token_identifier,
        attributes,
        expires_at_seconds: None,
    })
}

fn identity(
    claims: &Map<String, Json>,
    mut attributes: Map<String, Json>,
) -> Result<UserIdentity, Refusal> {
    let text = |claim| {
        let value = claims.get(claim).and_then(Json::as_str);
        value.ok_or(Refusal::MissingClaim(claim))
    };
    let (issuer, subject) = (text("iss")?, text("sub")?);
    let token_identifier = format!("{issuer}|{subject}");
    attributes.insert("issuer".to_owned(), json!(issuer));
    attributes.insert("subject".to_owned(), json!(subject));
    attributes.insert("tokenIdentifier".to_owned(), json!(token_identifier));
    Ok(UserIdentity {
        token_identifier,
        attributes: Json::Object(attributes),
        expires_at_seconds: None,
    })
}

/// Sets an attribute from its claim, unless that is absent or null.
fn set(
    attributes: &mut Map<String, Json>,
    claims: &Map<String, Json>,
    claim: &'static str,
    attribute: &str,
    expected: &'static str,
    convert: impl FnOnce(&Json) -> Option<Json>,
) -> Result<(), Refusal> {
    let Some(value) = claims.get(claim).filter(|value| !value.is_null()) else {
        return Ok(());
    };
    let value = convert(value).ok_or(Refusal::MalformedClaim { claim, expected })?;
    if !value.is_null() {
        attributes.insert(attribute.to_owned(), value);
    }
    Ok(())
}

/// Whether a claim is one of the standard's, or would take the place of what one becomes.
fn is_reserved(claim: &str) -> bool {
    let pairs = TEXTS.iter().chain(&BOOLEANS);
    TRANSPORT.contains(&claim)
        || STANDARD.contains(&claim)
        || [FACTOR_AGE, "updated_at"].contains(&claim)
        || pairs
            .into_iter()
            .any(|(standard, attribute)| [standard, attribute].contains(&&claim))
}

/// Whether functions can be given this claim.
fn is_convex_value(claim: &str, value: &Json) -> bool {
    let alone = Json::Object(Map::from_iter([(claim.to_owned(), value.clone())]));
    matches!(Value::from_json(&alone), Ok(Value::Object(_)))
}

fn flatten(name: &str, value: &Json, attributes: &mut Map<String, Json>) {
    match value {
        Json::Object(fields) => {
            for (field, value) in fields {
                flatten(&format!("{name}.{field}"), value, attributes);
            }
        }
        other if is_convex_value(name, other) => {
            attributes.insert(name.to_owned(), other.clone());
        }
        _ => {}
    }
}

fn rfc_3339(value: &Json) -> Option<Json> {
    let seconds = value.as_f64()?;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a time beyond i64 saturates, and is refused below"
    )]
    let milliseconds = (seconds * 1_000.0).round() as i64;
    let nanoseconds = i128::from(milliseconds) * 1_000_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
    let fraction = match time.millisecond() {
        0 => String::new(),
        milliseconds => format!(".{milliseconds:03}"),
    };
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    Some(Json::String(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}+00:00"
    )))
}
