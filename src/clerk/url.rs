//! Putting addresses together.

use std::fmt::Write as _;

/// `text` as the value of a query parameter.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// A path with its query; the query comes without `?`.
pub(super) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// `page` with the address to come back to.
pub(super) fn with_redirect(page: &str, back: &str) -> String {
    with_parameter(page, "redirect_url", back)
}

/// `page` with one more query parameter.
pub(super) fn with_parameter(page: &str, name: &str, value: &str) -> String {
    let separator = if page.contains('?') { '&' } else { '?' };
    format!("{page}{separator}{name}={}", encode(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_paths_readable_and_everything_else_safe() {
        assert_eq!(
            with_redirect("/sign-in", &with_query("/dashboard", "tab=1&x=å")),
            "/sign-in?redirect_url=/dashboard%3Ftab%3D1%26x%3D%C3%A5"
        );
        assert_eq!(
            with_redirect("/sign-in?lang=de", "/"),
            "/sign-in?lang=de&redirect_url=/"
        );
    }
}
