//! How calls look on the wire: the part without I/O.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// How often an escape may be escaped again and still be looked through.
const ESCAPE_LAYERS: usize = 10;

/// What an id or a name may hold unescaped within one segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A part of a path has a segment `.` or `..`, escaped or not, which would lead to another endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a part of the path is `.` or `..`")]
pub struct DotSegment;

/// Joins the parts of a path with slashes, of which no two follow each other except after a colon.
///
/// # Errors
/// When a part has a segment `.` or `..`, also behind percent escapes, and with `\` for `/`.
///
/// ```
/// # use leptos_clerk_convex::server::backend::join_paths;
/// assert_eq!(join_paths(["https://api.clerk.com//", "/v1/", "//jwks"])?, "https://api.clerk.com/v1/jwks");
/// assert!(join_paths(["/sessions", "%2e%2e"]).is_err());
/// # Ok::<(), leptos_clerk_convex::server::backend::DotSegment>(())
/// ```
pub fn join_paths<I>(parts: I) -> Result<String, DotSegment>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let mut joined = String::new();
    for part in parts {
        let part = part.as_ref();
        if has_dot_segment(part) {
            return Err(DotSegment);
        }
        if part.is_empty() {
            continue;
        }
        if !joined.is_empty() {
            joined.push('/');
        }
        joined.push_str(part);
    }
    Ok(collapse_slashes(&joined))
}

/// A path of these segments, each escaped so that it cannot end the path or add to it.
pub(super) fn segments<'a>(
    segments: impl IntoIterator<Item = &'a str>,
) -> Result<String, DotSegment> {
    let mut path = String::new();
    for segment in segments {
        if has_dot_segment(segment) {
            return Err(DotSegment);
        }
        path.push('/');
        path.extend(utf8_percent_encode(segment, SEGMENT));
    }
    Ok(path)
}

fn has_dot_segment(part: &str) -> bool {
    let mut layer = part.to_owned();
    for _ in 0..=ESCAPE_LAYERS {
        if layer
            .split(['/', '\\'])
            .any(|segment| matches!(segment, "." | ".."))
        {
            return true;
        }
        let decoded = percent_decode_str(&layer).decode_utf8_lossy().into_owned();
        if decoded == layer {
            return false;
        }
        layer = decoded;
    }
    // Still escaped after that many layers: nobody writes that without a purpose.
    true
}

fn collapse_slashes(path: &str) -> String {
    let mut collapsed = String::with_capacity(path.len());
    for character in path.chars() {
        let is_repeated =
            character == '/' && collapsed.ends_with('/') && !collapsed.ends_with(":/");
        if !is_repeated {
            collapsed.push(character);
        }
    }
    collapsed
}
