//! Where people are sent to sign in or up, and where a redirect may go at all.

use url::Url;

use crate::config::{PublicConfiguration, PublishableKey, hosts};
use crate::identity::SessionStatus;

use super::authenticate::set_parameter;

/// What a redirect to the sign-in or sign-up page depends on.
///
/// ```
/// use leptos_clerk_convex::config::{PublicConfiguration, PublishableKey};
/// use leptos_clerk_convex::server::redirect::AuthRedirect;
///
/// let key = PublishableKey::parse("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")?;
/// let here = "https://app.example.com/dashboard".parse()?;
/// let redirect = AuthRedirect::new(&PublicConfiguration::new(key), &here).to_sign_in(Some(here.as_str()))?;
/// assert_eq!(
///     redirect.as_str(),
///     "https://accounts.example.com/sign-in?redirect_url=https%3A%2F%2Fapp.example.com%2Fdashboard",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AuthRedirect<'a> {
    /// The instance's key, whose hosted pages serve where the application names none.
    pub publishable_key: Option<&'a PublishableKey>,
    /// The application's sign-in page.
    pub sign_in_url: Option<&'a str>,
    /// The application's sign-up page.
    pub sign_up_url: Option<&'a str>,
    /// Whether the application is a satellite.
    pub is_satellite: bool,
    /// The URL of the request as the browser sees it.
    pub current_url: &'a Url,
    /// The status of the session that is there, if any. A pending one goes on to its tasks.
    pub session_status: Option<SessionStatus>,
    /// The development browser's token, which only pages on another origin get, and only in development.
    pub development_browser: Option<&'a str>,
}

/// Why there is no place to redirect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectError {
    /// Neither a page of the application nor a publishable key is configured.
    #[error("there is no sign-in page to redirect to")]
    NoTarget,
    /// A configured page or the place to come back to is not a URL.
    #[error("the address of the sign-in page, or of the page to come back to, is not a URL")]
    InvalidUrl,
}

impl RedirectError {
    /// A stable code for logs.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoTarget => "redirect-no-target",
            Self::InvalidUrl => "redirect-invalid-url",
        }
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::NoTarget => {
                "Set CLERK_PUBLISHABLE_KEY, or CLERK_SIGN_IN_URL and CLERK_SIGN_UP_URL."
            }
            Self::InvalidUrl => {
                "Give CLERK_SIGN_IN_URL and CLERK_SIGN_UP_URL as a path or as an absolute URL."
            }
        }
    }
}

impl<'a> AuthRedirect<'a> {
    /// The redirects of an application for a request of nobody, to `current_url`.
    #[must_use]
    pub fn new(public: &'a PublicConfiguration, current_url: &'a Url) -> Self {
        Self {
            publishable_key: Some(&public.publishable_key),
            sign_in_url: public.sign_in_url.as_deref(),
            sign_up_url: public.sign_up_url.as_deref(),
            is_satellite: public.is_satellite,
            current_url,
            session_status: None,
            development_browser: None,
        }
    }

    /// The sign-in page, which comes back to `return_to` (absolute, or relative to the current URL) afterwards.
    ///
    /// # Errors
    /// When there is no sign-in page, or an address is none.
    pub fn to_sign_in(&self, return_to: Option<&str>) -> Result<Url, RedirectError> {
        match non_empty(self.sign_in_url) {
            Some(page) => self.build(self.resolve(page)?, return_to),
            None => self.build(self.hosted("sign-in")?, return_to),
        }
    }

    /// The sign-up page, which comes back to `return_to` (absolute, or relative to the current URL) afterwards.
    ///
    /// An application that names only its sign-in page has its sign-up page below it, at `/create`.
    ///
    /// # Errors
    /// When there is no sign-up page, or an address is none.
    pub fn to_sign_up(&self, return_to: Option<&str>) -> Result<Url, RedirectError> {
        if let Some(page) = non_empty(self.sign_up_url) {
            return self.build(self.resolve(page)?, return_to);
        }
        let hosted = self.hosted("sign-up")?;
        match non_empty(self.sign_in_url) {
            Some(page) => {
                let mut page = self.resolve(page)?;
                let path = format!("{}/create", page.path());
                page.set_path(&path);
                self.build(page, return_to)
            }
            None => self.build(hosted, return_to),
        }
    }

    fn resolve(&self, address: &str) -> Result<Url, RedirectError> {
        self.current_url
            .join(address)
            .map_err(|_| RedirectError::InvalidUrl)
    }

    fn hosted(&self, page: &str) -> Result<Url, RedirectError> {
        let key = self.publishable_key.ok_or(RedirectError::NoTarget)?;
        let base = hosts::accounts_base_url(key.frontend_api());
        Url::parse(&format!("{base}/{page}")).map_err(|_| RedirectError::InvalidUrl)
    }

    fn build(&self, mut target: Url, return_to: Option<&str>) -> Result<Url, RedirectError> {
        if self.session_status == Some(SessionStatus::Pending) {
            // On the path, before a query: Clerk's own SDK glues it to the end of the text.
            let path = format!("{}/tasks", target.path().trim_end_matches('/'));
            target.set_path(&path);
        }
        let is_cross_origin = !same_host_and_port(self.current_url, &target);
        if let Some(return_to) = non_empty(return_to) {
            let mut return_to = self.resolve(return_to)?;
            if is_cross_origin && self.is_satellite {
                set_parameter(&mut return_to, "__clerk_synced", "false");
            }
            set_parameter(&mut target, "redirect_url", return_to.as_str());
        }
        let is_development = self
            .publishable_key
            .is_some_and(PublishableKey::is_development);
        if let Some(token) =
            non_empty(self.development_browser).filter(|_| is_cross_origin && is_development)
        {
            set_parameter(&mut target, "__clerk_db_jwt", token);
        }
        Ok(target)
    }
}

fn non_empty(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// Origins without their scheme, as Clerk compares them here: a proxy in front may speak https where the server sees http.
fn same_host_and_port(a: &Url, b: &Url) -> bool {
    a.host() == b.host() && a.port() == b.port()
}

/// Where the application may send a browser whose wish comes with the request, as in `?redirect_url=…`.
///
/// A page of its own origin is always allowed; other origins only when they are listed. Without this, a link to the
/// sign-in page could lead anywhere under the application's good name.
#[derive(Clone, Debug, Default)]
pub struct AllowedRedirects {
    origins: Vec<url::Origin>,
}

impl AllowedRedirects {
    /// Allows these origins (`https://docs.example.com`) besides the application's own.
    ///
    /// # Errors
    /// When one is not an http or https address.
    pub fn new<I>(origins: I) -> Result<Self, RedirectError>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let origins = origins.into_iter().map(|origin| {
            let url = Url::parse(origin.as_ref())
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https"));
            url.map(|url| url.origin()).ok_or(RedirectError::InvalidUrl)
        });
        Ok(Self {
            origins: origins.collect::<Result<_, _>>()?,
        })
    }

    /// `target` as an absolute URL if a browser on `current_url` may be sent there, `None` if it must not be.
    ///
    /// The target is read as a browser would read it, so `//evil.example`, `\\evil.example` and `/\t/evil.example` are what
    /// they are; anything but http and https is refused, and so is an address with a name or password in it.
    ///
    /// ```
    /// # use leptos_clerk_convex::server::redirect::AllowedRedirects;
    /// let allowed = AllowedRedirects::default();
    /// let here = "https://app.example.com/sign-in".parse()?;
    /// assert!(allowed.resolve(&here, "/dashboard?tab=1").is_some());
    /// assert!(allowed.resolve(&here, "//evil.example/dashboard").is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn resolve(&self, current_url: &Url, target: &str) -> Option<Url> {
        let url = current_url.join(target).ok()?;
        let is_web = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none();
        let origin = url.origin();
        (is_web && (origin == current_url.origin() || self.origins.contains(&origin)))
            .then_some(url)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn here() -> Url {
        Url::parse("https://app.example.com/sign-in?x=1").unwrap()
    }

    #[test]
    fn only_own_and_listed_origins_are_allowed() {
        let allowed = AllowedRedirects::new(["https://docs.example.com"]).unwrap();
        for target in [
            "",
            "/",
            "/a?b#c",
            "a",
            "?x",
            "https://app.example.com/a",
            "https://docs.example.com:443/a",
        ] {
            assert!(allowed.resolve(&here(), target).is_some(), "{target}");
        }
        for target in [
            "//evil.example",
            "\\\\evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "http://app.example.com/",
            "https://app.example.com:8443/",
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "https://user@app.example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://docs.example.com:444/",
            "blob:https://app.example.com/x",
        ] {
            assert_eq!(allowed.resolve(&here(), target), None, "{target}");
        }
        assert!(AllowedRedirects::new(["docs.example.com"]).is_err());
    }

    #[test]
    fn a_pending_session_goes_to_its_tasks_whatever_the_page_looks_like() {
        let mut redirect = AuthRedirect {
            publishable_key: None,
            sign_in_url: Some("/sign-in/?x=1"),
            sign_up_url: None,
            is_satellite: false,
            current_url: &here(),
            session_status: Some(SessionStatus::Pending),
            development_browser: None,
        };
        assert_eq!(
            redirect.to_sign_in(None).unwrap().as_str(),
            "https://app.example.com/sign-in/tasks?x=1"
        );
        redirect.sign_in_url = None;
        assert_eq!(redirect.to_sign_in(None), Err(RedirectError::NoTarget));
        redirect.sign_in_url = Some("https://");
        assert_eq!(redirect.to_sign_in(None), Err(RedirectError::InvalidUrl));
    }

    proptest! {
        /// A browser follows what this returns, so it must be where it says it is.
        #[test]
        fn nothing_leaves_the_origin(target in "[a-z/\\\\@:?#.%\t]{0,24}") {
            if let Some(url) = AllowedRedirects::default().resolve(&here(), &target) {
                prop_assert_eq!(url.origin(), here().origin());
                prop_assert!(url.username().is_empty());
            }
        }
    }
}
