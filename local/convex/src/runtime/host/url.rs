//! URLs, parsed and changed as the standard wants it.

use rquickjs::{Ctx, Exception, Result};
use url::{Url, form_urlencoded, quirks};

use super::Host;

pub(super) fn install<'js>(host: &mut Host<'js>) -> Result<()> {
    host.add(
        "parseUrl",
        |context: Ctx<'js>, input: String, base: Option<String>| {
            let base = base.map(|base| Url::parse(&base)).transpose();
            base.and_then(|base| Url::options().base_url(base.as_ref()).parse(&input))
                .map(|url| parts(&url))
                .map_err(|_| Exception::throw_type(&context, &format!("Invalid URL: {input:?}")))
        },
    )?;
    host.add(
        "changeUrl",
        |context: Ctx<'js>, href: String, part: String, value: String| {
            changed(&href, &part, &value)
                .ok_or_else(|| Exception::throw_type(&context, &format!("Invalid URL: {value:?}")))
        },
    )?;
    host.add("parseForm", |text: String| {
        let pairs = form_urlencoded::parse(text.as_bytes());
        pairs
            .flat_map(|(name, value)| [name.into_owned(), value.into_owned()])
            .collect::<Vec<String>>()
    })?;
    host.add("writeForm", |pairs: Vec<String>| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        for pair in pairs.chunks_exact(2) {
            form.append_pair(&pair[0], &pair[1]);
        }
        form.finish()
    })
}

/// In the order in which `prelude/url.js` expects them.
fn parts(url: &Url) -> Vec<String> {
    let part = |text: &str| text.to_owned();
    vec![
        part(quirks::href(url)),
        quirks::origin(url),
        part(quirks::protocol(url)),
        part(quirks::username(url)),
        part(quirks::password(url)),
        part(quirks::host(url)),
        part(quirks::hostname(url)),
        part(quirks::port(url)),
        part(quirks::pathname(url)),
        part(quirks::search(url)),
        part(quirks::hash(url)),
    ]
}

/// A setter leaves the URL alone when the new value makes no sense; only `href` fails.
fn changed(href: &str, part: &str, value: &str) -> Option<Vec<String>> {
    let mut url = Url::parse(href).ok()?;
    let before = url.clone();
    let is_done = match part {
        "href" => return Url::parse(value).ok().map(|url| parts(&url)),
        "protocol" => quirks::set_protocol(&mut url, value).is_ok(),
        "username" => quirks::set_username(&mut url, value).is_ok(),
        "password" => quirks::set_password(&mut url, value).is_ok(),
        "host" => quirks::set_host(&mut url, value).is_ok(),
        "hostname" => quirks::set_hostname(&mut url, value).is_ok(),
        "port" => quirks::set_port(&mut url, value).is_ok(),
        "pathname" => {
            quirks::set_pathname(&mut url, value);
            true
        }
        "search" => {
            quirks::set_search(&mut url, value);
            true
        }
        "hash" => {
            quirks::set_hash(&mut url, value);
            true
        }
        _ => false,
    };
    Some(parts(if is_done { &url } else { &before }))
}
