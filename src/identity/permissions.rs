//! The permissions that version 2 of the claims packs into bit masks.

use super::ClaimsError;

/// Expands `fea` (all features), `per` (permission names) and `fpm` (one decimal bit mask for each organization feature)
/// into `org:<feature>:<permission>`, feature by feature in bit order.
///
/// # Errors
/// When an entry of `fea` has no scope.
pub(super) fn expand(
    features: Option<&str>,
    names: Option<&str>,
    masks: Option<&str>,
) -> Result<Vec<String>, ClaimsError> {
    let features = scoped_slugs(features.unwrap_or_default())?
        .into_iter()
        .filter(|(scope, _)| matches!(*scope, "o" | "ou" | "uo"))
        .map(|(_, slug)| slug);
    let (Some(names), Some(masks)) = (names, masks) else {
        return Ok(Vec::new());
    };
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    let mut permissions = Vec::new();
    for (feature, mask) in features.zip(masks.split(',')) {
        let bits = low_bits(mask.trim(), names.len());
        let granted = names.iter().zip(bits).filter(|(_, granted)| *granted);
        permissions.extend(granted.map(|(name, _)| format!("org:{feature}:{name}")));
    }
    Ok(permissions)
}

/// Splits a claim such as `o:dashboard,u:export` into scopes and slugs.
///
/// # Errors
/// When an entry has no scope.
pub(super) fn scoped_slugs(claim: &str) -> Result<Vec<(&str, &str)>, ClaimsError> {
    if claim.is_empty() {
        return Ok(Vec::new());
    }
    claim
        .split(',')
        .map(|entry| {
            entry
                .trim()
                .split_once(':')
                .ok_or(ClaimsError::MalformedFeatures)
        })
        .collect()
}

/// The lowest `count` bits of a decimal number of any length, lowest first; empty when it is not a number.
///
/// An instance can have more permissions than the widest integer has bits, and a big-integer crate would be heavy in
/// the browser for this one division.
fn low_bits(decimal: &str, count: usize) -> Vec<bool> {
    if decimal.is_empty() || !decimal.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let mut digits: Vec<u8> = decimal.bytes().map(|byte| byte - b'0').collect();
    (0..count).map(|_| halve(&mut digits)).collect()
}

/// Divides a decimal number, highest digit first, by two; true when there was a remainder.
fn halve(digits: &mut [u8]) -> bool {
    let mut remainder = 0;
    for digit in digits {
        let value = remainder * 10 + *digit;
        *digit = value / 2;
        remainder = value % 2;
    }
    remainder == 1
}
