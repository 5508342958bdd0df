//! Addresses: the one the browser sees, and how queries are edited.

use http::HeaderMap;
use url::{Url, form_urlencoded};

/// The text of a header, its values joined as the Fetch standard joins them; `None` when it is absent.
pub(crate) fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let mut text = String::from_utf8_lossy(values.next()?.as_bytes()).into_owned();
    for value in values {
        text.push_str(", ");
        text.push_str(&String::from_utf8_lossy(value.as_bytes()));
    }
    Some(text)
}

/// The request's URL as the browser sees it, behind proxies.
///
/// Only scheme and host are replaced, on the parsed URL. Clerk's own SDK resolves the path as a reference instead, which lets
/// `//evil.example/x` take over the host.
pub(crate) fn clerk_url(url: &Url, headers: &HeaderMap, trust_forwarded: bool) -> Url {
    // Entries are trimmed, so that `https , http` means `https`.
    let first = |name: &str| {
        let text = header_text(headers, name)?;
        Some(text.split(',').next().unwrap_or_default().trim().to_owned())
    };
    let forwarded = |name: &str| if trust_forwarded { first(name) } else { None };
    let host = forwarded("x-forwarded-host").or_else(|| first("host"));
    let scheme = forwarded("x-forwarded-proto").unwrap_or_else(|| url.scheme().to_owned());
    let Some(host) = host.filter(|host| !host.is_empty()) else {
        return url.clone();
    };
    let Some(origin) = parse_origin(&scheme, &host) else {
        return url.clone();
    };
    let mut public = url.clone();
    let replaced = public.set_scheme(origin.scheme()).is_ok()
        && public.set_host(origin.host_str()).is_ok()
        && public.set_port(origin.port()).is_ok();
    if replaced { public } else { url.clone() }
}

/// `scheme://host`, if that is a web origin and nothing more.
fn parse_origin(scheme: &str, host: &str) -> Option<Url> {
    if !matches!(scheme, "http" | "https") || host.contains(['/', '\\', '?', '#', '@']) {
        return None;
    }
    Url::parse(&format!("{scheme}://{host}")).ok()
}

/// Edits a URL's query. The whole query is written anew, as browsers do, even when nothing changes.
pub(crate) fn edit_query(url: &mut Url, edit: impl FnOnce(&mut Vec<(String, String)>)) {
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    edit(&mut pairs);
    if pairs.is_empty() {
        url.set_query(None);
    } else {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        url.set_query(Some(&query));
    }
}

/// A copy without these parameters.
pub(crate) fn without_parameters(url: &Url, names: &[&str]) -> Url {
    let mut url = url.clone();
    edit_query(&mut url, |pairs| {
        pairs.retain(|(name, _)| !names.contains(&name.as_str()))
    });
    url
}

/// The first value of a parameter.
pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

/// Sets a parameter: the first one of that name is replaced, others of that name go.
pub(crate) fn set_parameter(url: &mut Url, name: &str, value: &str) {
    edit_query(url, |pairs| {
        let first = pairs.iter().position(|(key, _)| key == name);
        match first {
            Some(first) => {
                let mut index = 0;
                pairs.retain(|(key, _)| {
                    index += 1;
                    key != name || index - 1 == first
                });
                if let Some(pair) = pairs.iter_mut().find(|(key, _)| key == name) {
                    value.clone_into(&mut pair.1);
                }
            }
            None => pairs.push((name.to_owned(), value.to_owned())),
        }
    });
}
