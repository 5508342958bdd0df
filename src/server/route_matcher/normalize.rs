//! One spelling for every path that means the same.

use std::borrow::Cow;

/// A path with a percent sign that starts no escape, or with escapes that are not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path holds a percent escape that cannot be decoded")]
pub struct MalformedPath;

/// Decodes a path once and collapses runs of `/`, so that patterns see one spelling.
///
/// The escapes of `; / ? : @ & = + $ , #` stay as written, for they would change the structure of the path; that is what
/// JavaScript's `decodeURI` does. Nothing is decoded twice, and dot segments are left alone, as axum's router leaves them.
///
/// # Errors
/// When an escape is incomplete or the decoded bytes are not UTF-8.
///
/// ```
/// # use leptos_clerk_convex::server::route_matcher::normalize_path;
/// assert_eq!(normalize_path("//api/%61dmin%2Fx").unwrap(), "/api/admin%2Fx");
/// assert!(normalize_path("/%").is_err());
/// ```
pub fn normalize_path(path: &str) -> Result<Cow<'_, str>, MalformedPath> {
    if !path.contains('%') && !path.contains("//") {
        return Ok(Cow::Borrowed(path));
    }
    let decoded = decode(path)?;
    let mut normalized = String::with_capacity(decoded.len());
    for character in decoded.chars() {
        if !(character == '/' && normalized.ends_with('/')) {
            normalized.push(character);
        }
    }
    Ok(Cow::Owned(normalized))
}

fn decode(path: &str) -> Result<String, MalformedPath> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = after;
            continue;
        }
        let [high, low, after @ ..] = after else {
            return Err(MalformedPath);
        };
        let byte = hex(*high)? << 4 | hex(*low)?;
        if b";/?:@&=+$,#".contains(&byte) {
            bytes.extend([b'%', *high, *low]);
        } else {
            bytes.push(byte);
        }
        rest = after;
    }
    // Checked over the whole text: an escape may complete a character that a raw byte began only if there are raw bytes beyond
    // ASCII, and a `str` has none that are incomplete.
    String::from_utf8(bytes).map_err(|_| MalformedPath)
}

fn hex(digit: u8) -> Result<u8, MalformedPath> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(MalformedPath),
    }
}
