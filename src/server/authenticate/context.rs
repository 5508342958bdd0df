//! What is read out of a request before anything is decided.

use std::cell::OnceCell;
use std::sync::Arc;

use http::Method;
use url::Url;

use crate::server::jwt::DecodedToken;

use super::cookies::{Cookies, leading_integer, redirect_count};
use super::options::{Instance, Options};
use super::organization::OrganizationTarget;
use super::url::{clerk_url, header_text, parameter};
use super::{AuthenticateError, KeySource, RequestView, VerifiedSession};

/// An unverified look into a token: decoded here, or known from an earlier verification.
pub(crate) enum Peek {
    Known(Arc<VerifiedSession>),
    Decoded(Box<DecodedToken>),
}

impl Peek {
    pub(super) fn token(&self) -> &DecodedToken {
        match self {
            Self::Known(session) => &session.decoded,
            Self::Decoded(decoded) => decoded,
        }
    }
}

/// A request in the terms of the decision.
pub(crate) struct Context<'a> {
    pub(super) request: &'a RequestView<'a>,
    pub(super) options: &'a Options,
    pub(super) now_ms: i64,
    /// The URL as the browser sees it.
    pub(crate) clerk_url: Url,
    /// The token in the `Authorization` header.
    pub(super) header_token: Option<String>,
    pub(crate) suffixed: bool,
    /// The session cookie's value.
    pub(crate) session: Option<String>,
    pub(super) session_peek: Option<Peek>,
    /// When the client last changed, in seconds; 0 when nobody is signed in.
    pub(crate) client_uat: i64,
    /// The development browser's token, from URL or cookie.
    pub(crate) dev_browser: Option<String>,
    pub(crate) refresh: Option<String>,
    pub(super) handshake_nonce: Option<String>,
    pub(super) handshake_token: Option<String>,
    pub(super) redirect_count: u32,
    organization: OnceCell<Option<OrganizationTarget>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        request: &'a RequestView<'a>,
        options: &'a Options,
        keys: &dyn KeySource,
        now_ms: i64,
    ) -> Result<Self, AuthenticateError> {
        let url = clerk_url(
            request.url,
            request.headers,
            options.input.trust_forwarded_headers,
        );
        check_satellite_origin(request, options)?;
        let mut context = Self {
            header_token: header_token(request),
            clerk_url: url,
            request,
            options,
            now_ms,
            suffixed: false,
            session: None,
            session_peek: None,
            client_uat: 0,
            dev_browser: None,
            refresh: None,
            handshake_nonce: None,
            handshake_token: None,
            redirect_count: 0,
            organization: OnceCell::new(),
        };
        if let Some(instance) = &options.instance {
            context.read_cookies(instance, keys);
        }
        Ok(context)
    }

    fn read_cookies(&mut self, instance: &Instance, keys: &dyn KeySource) {
        let header = cookie_header(self.request).unwrap_or_default();
        let cookies = Cookies::parse(&header);
        let get = |name: &str| cookies.get(name).map(std::borrow::Cow::into_owned);
        let suffixed = Side::read(
            &cookies,
            keys,
            &instance.session_cookie,
            &instance.client_uat_cookie,
        );
        let unsuffixed = Side::read(&cookies, keys, "__session", "__client_uat");
        self.suffixed = uses_suffixed(&suffixed, &unsuffixed, instance, self.now_ms);
        let (side, dev_browser) = if self.suffixed {
            (suffixed, get(&instance.dev_browser_cookie))
        } else {
            (unsuffixed, get("__clerk_db_jwt"))
        };
        self.client_uat = side.client_uat.as_deref().map_or(0, leading_integer);
        self.session = side.session;
        self.session_peek = side.peek;
        let query = |name: &str| parameter(&self.clerk_url, name).filter(|value| !value.is_empty());
        self.dev_browser = query("__clerk_db_jwt").or(dev_browser);
        self.handshake_nonce =
            query("__clerk_handshake_nonce").or_else(|| get("__clerk_handshake_nonce"));
        self.handshake_token = query("__clerk_handshake").or_else(|| get("__clerk_handshake"));
        self.refresh = get(&instance.refresh_cookie);
        self.redirect_count =
            get("__clerk_redirect_count").map_or(0, |count| redirect_count(&count));
    }

    /// The session of the cookie, if this is the cookie's token and its signature was verified before.
    pub(super) fn known_session(&self, token: &str) -> Option<Arc<VerifiedSession>> {
        match &self.session_peek {
            Some(Peek::Known(session)) if self.session.as_deref() == Some(token) => {
                Some(Arc::clone(session))
            }
            _ => None,
        }
    }

    pub(super) fn is_get(&self) -> bool {
        self.request.method == Method::GET
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        header_text(self.request.headers, name)
    }

    /// Whether a browser is loading this as the page itself.
    pub(super) fn is_document(&self) -> bool {
        self.is_get() && self.header("sec-fetch-dest").as_deref() == Some("document")
    }

    /// Whether the browser may be sent to a handshake: it loads a page, and is not fetching data or posting a form.
    pub(super) fn is_eligible_for_handshake(&self) -> bool {
        self.is_get()
            && match self.header("sec-fetch-dest").as_deref() {
                Some(destination) => matches!(destination, "document" | "iframe"),
                None => self
                    .header("accept")
                    .is_some_and(|accept| accept.starts_with("text/html")),
            }
    }

    /// The organization that the path names.
    pub(super) fn organization_target(&self) -> Option<&OrganizationTarget> {
        self.organization
            .get_or_init(|| self.options.organizations.target(self.clerk_url.path()))
            .as_ref()
    }
}

/// All cookies of a request; HTTP/2 may split them over several headers.
fn cookie_header(request: &RequestView<'_>) -> Option<String> {
    let mut values = request.headers.get_all(http::header::COOKIE).iter();
    let mut text = String::from_utf8_lossy(values.next()?.as_bytes()).into_owned();
    for value in values {
        text.push_str("; ");
        text.push_str(&String::from_utf8_lossy(value.as_bytes()));
    }
    Some(text)
}

/// The token in the `Authorization` header. The scheme is `Bearer`, exactly, or left out.
fn header_token(request: &RequestView<'_>) -> Option<String> {
    parse_authorization(&header_text(request.headers, "authorization")?).map(str::to_owned)
}

pub(crate) fn parse_authorization(header: &str) -> Option<&str> {
    let mut pieces = header.split(' ');
    let first = pieces.next().filter(|piece| !piece.is_empty());
    let second = pieces.next().filter(|piece| !piece.is_empty());
    match (first, second) {
        (Some(token), None) | (None, Some(token)) => Some(token),
        (Some("Bearer"), Some(token)) => Some(token),
        _ => None,
    }
}

fn check_satellite_origin(
    request: &RequestView<'_>,
    options: &Options,
) -> Result<(), AuthenticateError> {
    let input = &options.input;
    let sign_in_url = input
        .sign_in_url
        .as_deref()
        .filter(|url| input.is_satellite && !url.is_empty());
    let (Some(sign_in_url), Some(origin)) = (sign_in_url, header_text(request.headers, "origin"))
    else {
        return Ok(());
    };
    match Url::parse(sign_in_url) {
        Ok(url) if url.origin().ascii_serialization() != origin => Ok(()),
        _ => Err(AuthenticateError::SatelliteSignInUrl),
    }
}

/// One form of the session and client cookies, with or without suffix.
struct Side {
    session: Option<String>,
    client_uat: Option<String>,
    peek: Option<Peek>,
}

impl Side {
    fn read(cookies: &Cookies<'_>, keys: &dyn KeySource, session: &str, client_uat: &str) -> Self {
        let session = cookies.get(session).map(std::borrow::Cow::into_owned);
        let peek = session
            .as_deref()
            .and_then(|token| match keys.verified(token) {
                Some(known) => Some(Peek::Known(known)),
                None => DecodedToken::decode(token)
                    .ok()
                    .map(Box::new)
                    .map(Peek::Decoded),
            });
        Self {
            session,
            client_uat: cookies.get(client_uat).map(std::borrow::Cow::into_owned),
            peek,
        }
    }

    fn issued_at(&self) -> f64 {
        self.peek
            .as_ref()
            .and_then(|peek| peek.token().number("iat"))
            .unwrap_or(0.0)
    }

    /// The text says that somebody is, or was never known to be, signed in.
    fn is_not_signed_out(&self) -> bool {
        self.client_uat.as_deref() != Some("0")
    }
}

/// Whether the cookies with the instance's suffix count. The first condition that holds decides.
fn uses_suffixed(suffixed: &Side, unsuffixed: &Side, instance: &Instance, now_ms: i64) -> bool {
    if unsuffixed.session.is_some() {
        match unsuffixed.peek.as_ref().map(|peek| issuer(peek.token())) {
            // Of which instance it is cannot be told: it may be ours.
            None | Some(Issuer::Missing) => return false,
            // A cookie of another application on this domain.
            Some(Issuer::Odd) => return true,
            Some(Issuer::Host(host)) if host != instance.direct_frontend_api => return true,
            Some(Issuer::Host(_)) => {}
        }
    }
    if suffixed.client_uat.is_none() && suffixed.session.is_none() {
        return false;
    }
    if suffixed.is_not_signed_out()
        && unsuffixed.is_not_signed_out()
        && unsuffixed.issued_at() > suffixed.issued_at()
    {
        return false;
    }
    if !suffixed.is_not_signed_out() && unsuffixed.is_not_signed_out() {
        return false;
    }
    if instance.is_development()
        && suffixed.is_not_signed_out()
        && !unsuffixed.is_not_signed_out()
        && suffixed
            .peek
            .as_ref()
            .is_some_and(|peek| has_expired(peek.token(), now_ms))
    {
        return false;
    }
    suffixed.client_uat.is_some() || suffixed.session.is_none()
}

enum Issuer {
    Missing,
    Odd,
    Host(String),
}

/// The issuer without its scheme.
fn issuer(token: &DecodedToken) -> Issuer {
    use serde_json::Value;
    match token.claims.claim("iss") {
        None | Some(Value::Null | Value::Bool(false)) => Issuer::Missing,
        Some(Value::Number(number)) if number.as_f64() == Some(0.0) => Issuer::Missing,
        Some(Value::String(issuer)) if issuer.is_empty() => Issuer::Missing,
        Some(Value::String(issuer)) => Issuer::Host(without_schemes(issuer)),
        Some(_) => Issuer::Odd,
    }
}

/// Without every `http://` and `https://`, in any case.
fn without_schemes(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut rest = String::with_capacity(text.len());
    let mut index = 0;
    while index < text.len() {
        let scheme = ["https://", "http://"]
            .into_iter()
            .find(|scheme| lower[index..].starts_with(scheme));
        match scheme {
            Some(scheme) => index += scheme.len(),
            None => {
                let length = text[index..].chars().next().map_or(1, char::len_utf8);
                rest.push_str(&text[index..index + length]);
                index += length;
            }
        }
    }
    rest
}

fn has_expired(token: &DecodedToken, now_ms: i64) -> bool {
    #[allow(
        clippy::cast_precision_loss,
        reason = "seconds since 1970 are far below 2^52"
    )]
    let now = now_ms.div_euclid(1_000) as f64;
    token.number("exp").is_some_and(|expires| expires <= now)
}
