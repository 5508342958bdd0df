//! One request being answered: who calls, the open transaction, the time, and what the answer has to carry.

use serde_json::{Value, json};
use url::Url;

use super::guard::redirect_allowed;
use super::{Incoming, Reply};
use crate::clock::Millis;
use crate::error::{ApiError, Code, Internal};
use crate::instance::{Instance, MOUNT};
use crate::random;
use crate::store::Store;
use crate::store::records::{Client, DevBrowser, Session, User};
use crate::{cookies, resources, tokens};

pub(crate) struct Call<'a> {
    pub(crate) instance: &'a Instance,
    pub(crate) store: &'a Store<'a>,
    pub(crate) request: &'a Incoming,
    pub(crate) now: Millis,
    /// The browser's client, once it has one.
    pub(crate) client: Option<Client>,
    dev_browser: Option<DevBrowser>,
    /// The session whose token the request carries, where tokens count.
    bearer: Option<(Session, User)>,
    cookies: Vec<String>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(instance: &'a Instance, store: &'a Store<'a>, request: &'a Incoming) -> Self {
        let now = instance.clock.millis();
        Self {
            instance,
            store,
            request,
            now,
            client: None,
            dev_browser: None,
            bearer: None,
            cookies: Vec::new(),
        }
    }

    pub(crate) fn into_cookies(self) -> Vec<String> {
        self.cookies
    }

    /// Finds the dev browser, which every call but those that make one must carry, and the client.
    pub(crate) fn identify_browser(&mut self) -> Result<(), ApiError> {
        self.find_browser()?;
        if self.dev_browser.is_none() {
            return Err(Code::DevBrowserUnauthenticated.into());
        }
        Ok(())
    }

    /// Finds the dev browser and the client, if the browser has them.
    pub(crate) fn find_browser(&mut self) -> Result<(), ApiError> {
        let dev_browser_id = self.request.query.text(cookies::DEV_BROWSER).or_else(|| {
            // In navigations (handshake, OAuth) only the cookie tells.
            let suffixed = format!("{}_{}", cookies::DEV_BROWSER, self.instance.cookie_suffix);
            self.request
                .cookie(&suffixed)
                .or_else(|| self.request.cookie(cookies::DEV_BROWSER))
        });
        if let Some(id) = dev_browser_id {
            self.dev_browser = self.store.find(id)?;
        }
        if let Some(cookie) = self.request.cookie(cookies::CLIENT) {
            self.client = tokens::client_of_cookie(self.instance, self.store, cookie)?;
        }
        if self.client.is_none()
            && let Some(id) = self
                .dev_browser
                .as_ref()
                .and_then(|browser| browser.client_id.as_ref())
        {
            self.client = self.store.find(id)?;
            if let Some(client) = &self.client {
                self.cookies
                    .push(tokens::client_cookie(self.instance, client)?);
            }
        }
        Ok(())
    }

    /// Lets the call through when it carries a valid token of a live session.
    pub(crate) fn identify_bearer(&mut self) -> Result<(), ApiError> {
        let token = self.authorization();
        let id = tokens::session_of_valid_token(self.instance, token, self.now)
            .ok_or(Code::AuthenticationInvalid)?;
        let session = self
            .store
            .find::<Session>(&id)?
            .filter(|session| session.live(self.now))
            .ok_or(Code::AuthenticationInvalid)?;
        let user = self.store.find::<User>(&session.user_id)?;
        self.bearer = Some((session, user.ok_or(Code::AuthenticationInvalid)?));
        Ok(())
    }

    /// Who [`Call::identify_bearer`] found.
    pub(crate) fn bearer(&self) -> Result<&(Session, User), ApiError> {
        self.bearer
            .as_ref()
            .ok_or_else(|| Code::AuthenticationInvalid.into())
    }

    fn authorization(&self) -> &'a str {
        self.request
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
            .unwrap_or_default()
    }

    /// Lets the call through when it carries the instance's secret key.
    pub(crate) fn require_secret_key(&mut self) -> Result<(), ApiError> {
        let given = self.authorization();
        aws_lc_rs::constant_time::verify_slices_are_equal(
            given.as_bytes(),
            self.instance.secret_key.as_bytes(),
        )
        .map_err(|_| {
            ApiError::new(Code::AuthenticationInvalid).because(
                "The Backend API needs `Authorization: Bearer <secret key of this instance>`.",
            )
        })
    }

    /// The browser's client, made now if it has none.
    pub(crate) fn ensure_client(&mut self) -> Result<Client, ApiError> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let client = Client {
            id: random::id("client")?,
            rotating_token: random::base62(32)?,
            sign_in_id: None,
            sign_up_id: None,
            last_active_session_id: None,
            last_authentication_strategy: None,
            created_at: self.now,
            updated_at: self.now,
        };
        self.store.save(&client)?;
        self.cookies
            .push(tokens::client_cookie(self.instance, &client)?);
        if let Some(mut browser) = self.dev_browser.take() {
            browser.client_id = Some(client.id.clone());
            self.store.save(&browser)?;
            self.dev_browser = Some(browser);
        }
        self.client = Some(client.clone());
        Ok(client)
    }

    /// The dev browser's id, made now if there is none.
    pub(crate) fn ensure_dev_browser(&mut self) -> Result<String, ApiError> {
        if let Some(browser) = &self.dev_browser {
            return Ok(browser.id.clone());
        }
        let browser = DevBrowser {
            id: random::id("dvb")?,
            client_id: self.client.as_ref().map(|client| client.id.clone()),
            created_at: self.now,
        };
        self.store.save(&browser)?;
        let id = browser.id.clone();
        self.dev_browser = Some(browser);
        Ok(id)
    }

    /// Keeps a changed client.
    pub(crate) fn save_client(&mut self, client: Client) -> Result<(), Internal> {
        self.store.save(&client)?;
        self.client = Some(client);
        Ok(())
    }

    /// Reads the client again after sessions have ended.
    pub(crate) fn reload_client(&mut self) -> Result<(), Internal> {
        if let Some(client) = &self.client {
            self.client = self.store.find(&client.id)?;
        }
        Ok(())
    }

    /// The address of the instance as the browser reaches it: its cookies belong to the host that it uses, which may be
    /// another name for loopback than the configured one.
    pub(crate) fn base_url(&self) -> String {
        let scheme = self.instance.origin.split("://").next().unwrap_or("http");
        match self.request.header("host") {
            Some(host) => format!("{scheme}://{host}{MOUNT}"),
            None => self.instance.issuer(),
        }
    }

    /// The cookie with which a server can renew the tokens of `session`.
    pub(crate) fn refresh_cookie(&self, session: &Session) -> Result<String, Internal> {
        let token = tokens::refresh(self.instance, session)?;
        let remaining = (session.expire_at - self.now).max(0) / 1000;
        Ok(cookies::refresh(
            &self.instance.cookie_suffix,
            &token,
            remaining,
        ))
    }

    /// Sends the refresh cookie of the client's active session, or takes it away when there is none.
    pub(crate) fn follow_active_session(&mut self) -> Result<(), ApiError> {
        let active = self
            .client
            .as_ref()
            .and_then(|client| client.last_active_session_id.clone());
        let session = match active {
            Some(id) => self.session_of_client(&id)?,
            None => None,
        };
        let cookie = match session {
            Some(session) => self.refresh_cookie(&session)?,
            None => cookies::expired_refresh(&self.instance.cookie_suffix),
        };
        self.cookies.push(cookie);
        Ok(())
    }

    /// Forgets the client on both sides.
    pub(crate) fn drop_client(&mut self) -> Result<(), ApiError> {
        if let Some(client) = self.client.take() {
            for session in self.store.list::<Session>("client_id", &client.id)? {
                self.store.delete::<Session>(&session.id)?;
            }
            self.store.delete::<Client>(&client.id)?;
            self.cookies.push(cookies::expired_client());
            self.cookies
                .push(cookies::expired_refresh(&self.instance.cookie_suffix));
        }
        Ok(())
    }

    /// The live session of the caller's client that the request names, or the client's last active one.
    pub(crate) fn require_session(&self) -> Result<(Session, User), ApiError> {
        let unauthenticated = || ApiError::new(Code::AuthenticationInvalid);
        let client = self.client.as_ref().ok_or_else(unauthenticated)?;
        let id = match self.request.query.text("_clerk_session_id") {
            Some(id) => id,
            None => client
                .last_active_session_id
                .as_deref()
                .ok_or_else(unauthenticated)?,
        };
        let session = self.session_of_client(id)?.ok_or_else(unauthenticated)?;
        let user = self
            .store
            .find::<User>(&session.user_id)?
            .ok_or_else(unauthenticated)?;
        Ok((session, user))
    }

    /// The same, for sensitive changes: where the instance wants it, a factor must have been proved in the last minutes.
    pub(crate) fn require_fresh_session(&self) -> Result<(Session, User), ApiError> {
        const FRESH_MINUTES: i64 = 10;
        let (session, user) = self.require_session()?;
        let [first, second] = tokens::factor_verification_age(&session, self.now);
        let age = if user.totp_enabled() && second >= 0 {
            second
        } else {
            first
        };
        if self.instance.reverification && age >= FRESH_MINUTES {
            return Err(Code::SessionReverificationRequired.into());
        }
        Ok((session, user))
    }

    /// A live session of the caller's client.
    pub(crate) fn session_of_client(&self, id: &str) -> Result<Option<Session>, ApiError> {
        let Some(client) = &self.client else {
            return Ok(None);
        };
        let session = self.store.find::<Session>(id)?;
        Ok(session.filter(|session| session.client_id == client.id && session.live(self.now)))
    }

    /// The page that calls, for the `azp` of tokens.
    pub(crate) fn authorized_party(&self) -> String {
        self.request
            .origin()
            .unwrap_or_else(|| self.instance.origin.clone())
    }

    /// What the resources of this answer are rendered with.
    pub(crate) fn view(&self) -> resources::View<'_> {
        resources::View {
            instance: self.instance,
            store: self.store,
            now: self.now,
            authorized_party: self.authorized_party(),
        }
    }

    /// The client as ClerkJS reads it, or null.
    pub(crate) fn client_json(&self) -> Result<Value, ApiError> {
        Ok(match &self.client {
            Some(client) => self.view().client(client)?,
            None => Value::Null,
        })
    }

    /// An answer with the client piggybacked, from which ClerkJS replaces its whole state.
    pub(crate) fn respond(&self, response: Value) -> Result<Reply, ApiError> {
        Ok(Reply::Json(
            json!({ "response": response, "client": self.client_json()? }),
        ))
    }

    /// A field that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&'a str, ApiError> {
        self.request
            .form
            .text(name)
            .ok_or_else(|| ApiError::missing(name))
    }

    /// An address to redirect to later, from the form or the query: absolute or on this origin, loopback only.
    pub(crate) fn redirect_target(&self, name: &str, value: &str) -> Result<Url, ApiError> {
        let base =
            Url::parse(&self.instance.origin).map_err(|_| Internal::Inconsistent("origin"))?;
        base.join(value)
            .ok()
            .filter(redirect_allowed)
            .ok_or_else(|| ApiError::new(Code::InvalidRedirectUrl).parameter(name))
    }

    /// Adds the client to errors about authentication, so that ClerkJS need not ask for it.
    pub(crate) fn explain(&self, mut error: ApiError) -> ApiError {
        if error.code() == Code::AuthenticationInvalid {
            error.client = self.client_json().ok().filter(|client| !client.is_null());
        }
        error
    }
}
