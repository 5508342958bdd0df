//! Operations on API keys that both APIs share.

use aws_lc_rs::digest;

use crate::clock::Millis;
use crate::error::{ApiError, Code, Internal};
use crate::http::Fields;
use crate::random;
use crate::store::Store;
use crate::store::records::ApiKey;

/// Ten years: more is a mistake.
const LONGEST: Millis = 10 * 365 * crate::clock::DAY;

/// Makes a key, and gives it back with the secret that nobody can read again.
pub(crate) fn create(
    store: &Store<'_>,
    form: &Fields,
    subject: &str,
    created_by: &str,
    now: Millis,
) -> Result<(ApiKey, String), ApiError> {
    let name = form.text("name").ok_or_else(|| ApiError::missing("name"))?;
    let taken = store.list::<ApiKey>("subject", subject)?;
    if taken.iter().any(|key| key.name == name && key.usable(now)) {
        return Err(ApiError::new(Code::FormIdentifierExists)
            .parameter("name")
            .because("There is an API key of this name already."));
    }
    let expires_at = match form.text("seconds_until_expiration") {
        None => None,
        Some(seconds) => {
            let seconds: Millis = seconds.parse().map_err(|_| not_a_lifetime())?;
            let lifetime = seconds.saturating_mul(1000);
            if !(1..=LONGEST).contains(&lifetime) {
                return Err(not_a_lifetime());
            }
            Some(now + lifetime)
        }
    };
    let secret = format!("ak_{}", random::base62(40)?);
    let key = ApiKey {
        id: random::id("ak")?,
        name: name.to_owned(),
        description: form.text("description").map(str::to_owned),
        subject: subject.to_owned(),
        created_by: created_by.to_owned(),
        secret_hash: hash(&secret),
        expires_at,
        revoked_at: None,
        revocation_reason: None,
        last_used_at: None,
        created_at: now,
        updated_at: now,
    };
    store.save(&key)?;
    Ok((key, secret))
}

fn not_a_lifetime() -> ApiError {
    ApiError::new(Code::FormParamFormatInvalid)
        .parameter("seconds_until_expiration")
        .because("An API key lives for a number of seconds of up to ten years.")
}

pub(crate) fn revoke(
    store: &Store<'_>,
    mut key: ApiKey,
    reason: Option<&str>,
    now: Millis,
) -> Result<ApiKey, Internal> {
    key.revoked_at = Some(key.revoked_at.unwrap_or(now));
    key.revocation_reason = reason.map(str::to_owned).or(key.revocation_reason);
    key.updated_at = now;
    store.save(&key)?;
    Ok(key)
}

/// The usable key with this secret, which counts as used now.
pub(crate) fn of_secret(
    store: &Store<'_>,
    secret: &str,
    now: Millis,
) -> Result<Option<ApiKey>, Internal> {
    let found = store.find_by::<ApiKey>("secret_hash", &hash(secret))?;
    let Some(mut key) = found.filter(|key| key.usable(now)) else {
        return Ok(None);
    };
    key.last_used_at = Some(now);
    store.save(&key)?;
    Ok(Some(key))
}

/// The keys of a subject, newest first: the usable ones, or all.
pub(crate) fn list(
    store: &Store<'_>,
    subject: &str,
    query: &Fields,
    now: Millis,
) -> Result<Vec<ApiKey>, Internal> {
    let text = query.text("query").map(str::to_lowercase);
    let all = query.flag("include_invalid");
    let mut keys = store.list::<ApiKey>("subject", subject)?;
    keys.retain(|key| {
        (all || key.usable(now))
            && text
                .as_ref()
                .is_none_or(|text| key.name.to_lowercase().contains(text))
    });
    keys.reverse();
    Ok(keys)
}

fn hash(secret: &str) -> String {
    random::to_hex(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref())
}
