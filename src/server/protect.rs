//! Protection: who gets through, and what is decided about the others.

use http::{HeaderMap, Method};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::identity::{Identity, Requirement, Reverification};

use super::auth::Auth;
use super::authenticate::header_text;
use super::refusal::Refusal;
use super::sign_in::sign_in_location;
use super::token::{AcceptedTokens, TokenType};

/// What kind of thing a request asks for, which decides how a refusal looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestKind {
    /// A page: a browser that loads a document can be sent to sign in.
    Page,
    /// A server function, or another call that changes something.
    ServerFunction,
    /// A GET that does not say what it is for: no browser's document, no browser's `fetch`, any type will do. Command-line
    /// tools and link checkers ask like this.
    Unstated,
    /// Other data.
    Other,
}

impl RequestKind {
    /// Reads the kind from method and headers.
    ///
    /// Only a GET can be a page: a form that is posted without a session would otherwise be posted to the sign-in page.
    #[must_use]
    pub fn of(method: &Method, headers: &HeaderMap) -> Self {
        let is_read = matches!(*method, Method::GET | Method::HEAD);
        let is_document = || {
            matches!(
                header_text(headers, "sec-fetch-dest").as_deref(),
                Some("document" | "iframe")
            )
        };
        let wants_html =
            || header_text(headers, "accept").is_some_and(|accept| accept.contains("text/html"));
        let states_nothing = || {
            !headers.contains_key("sec-fetch-dest")
                && header_text(headers, "accept").is_none_or(|accept| accept.trim() == "*/*")
        };
        if is_read && (is_document() || wants_html()) {
            Self::Page
        } else if is_read && states_nothing() {
            Self::Unstated
        } else if is_read {
            Self::Other
        } else {
            Self::ServerFunction
        }
    }
}

/// Who a request is from, as far as protection goes.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A person, signed in, with nothing left to do.
    Person(&'a Identity),
    /// A person whose session still has tasks to finish.
    Pending,
    /// A verified machine credential.
    Machine(TokenType),
    /// Nobody. The kind of credential that was looked for, `None` when several were and none came.
    Nobody(Option<TokenType>),
    /// It could not be found out.
    Unverifiable,
}

/// What a route asks for.
///
/// ```
/// use leptos_clerk_convex::identity::Requirement;
/// use leptos_clerk_convex::server::Protection;
///
/// let admins = Protection::new().requirement(Requirement::role("org:admin"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Protection {
    requirement: Option<Requirement>,
    accepts: AcceptedTokens,
    unauthenticated_url: Option<String>,
    unauthorized_url: Option<String>,
    conceals: bool,
    guards_pages: bool,
}

/// What is decided about a subject, before it is made into an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Let it through.
    Allow,
    /// Send it to sign in.
    SignIn,
    /// Send it there.
    Redirect(String),
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 403, and ask for credentials again.
    Reverify(Reverification),
    /// 404.
    NotFound,
    /// 503.
    Unavailable,
}

impl Protection {
    /// Somebody has to be signed in.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Who has to meet this too.
    #[must_use]
    pub fn requirement(mut self, requirement: Requirement) -> Self {
        self.requirement = Some(requirement);
        self
    }

    /// Which kinds of credential are accepted. Sessions alone, unless this says something else. A machine credential meets no
    /// requirement: it is accepted as such, or not.
    #[must_use]
    pub fn accepts(mut self, accepts: impl Into<AcceptedTokens>) -> Self {
        self.accepts = accepts.into();
        self
    }

    /// Where to send those who are not signed in, instead of the sign-in page or 401.
    #[must_use]
    pub fn unauthenticated_url(mut self, url: impl Into<String>) -> Self {
        self.unauthenticated_url = Some(url.into());
        self
    }

    /// Where to send those who may not, instead of 403.
    #[must_use]
    pub fn unauthorized_url(mut self, url: impl Into<String>) -> Self {
        self.unauthorized_url = Some(url.into());
        self
    }

    /// What is protected is pages: a request that does not say what it is for is sent to sign in too, instead of 401.
    #[must_use]
    pub fn of_pages(mut self) -> Self {
        self.guards_pages = true;
        self
    }

    /// Answers 404 where it would answer 401 or 403, as Clerk's own middleware does, so that nobody learns what there is.
    /// Server functions still get 401.
    #[must_use]
    pub fn concealed(mut self) -> Self {
        self.conceals = true;
        self
    }

    /// Decides, at `now_ms` in unix milliseconds.
    #[must_use]
    pub fn decide(&self, subject: Subject<'_>, kind: RequestKind, now_ms: i64) -> Decision {
        let token_type = match subject {
            Subject::Unverifiable => return Decision::Unavailable,
            Subject::Person(_) | Subject::Pending => Some(TokenType::Session),
            Subject::Machine(kind) => Some(kind),
            Subject::Nobody(kind) => kind,
        };
        let is_accepted = token_type.is_some_and(|kind| self.accepts.includes(kind));
        if !is_accepted
            || (token_type != Some(TokenType::Session) && matches!(subject, Subject::Nobody(_)))
        {
            return Decision::Unauthorized;
        }
        match subject {
            Subject::Machine(_) => Decision::Allow,
            Subject::Person(identity) => self.decide_about(identity, now_ms),
            Subject::Pending | Subject::Nobody(_) | Subject::Unverifiable => {
                self.unauthenticated(kind)
            }
        }
    }

    fn decide_about(&self, identity: &Identity, now_ms: i64) -> Decision {
        let Some(requirement) = &self.requirement else {
            return Decision::Allow;
        };
        if identity.has(requirement, now_ms) {
            return Decision::Allow;
        }
        if let Some(url) = &self.unauthorized_url {
            return Decision::Redirect(url.clone());
        }
        if self.conceals {
            return Decision::NotFound;
        }
        match missing_reverification(requirement, identity, now_ms) {
            Some(reverification) => Decision::Reverify(reverification.clone()),
            None => Decision::Forbidden,
        }
    }

    fn unauthenticated(&self, kind: RequestKind) -> Decision {
        match (&self.unauthenticated_url, kind) {
            (Some(url), _) => Decision::Redirect(url.clone()),
            (None, RequestKind::Page) => Decision::SignIn,
            (None, RequestKind::Unstated) if self.guards_pages => Decision::SignIn,
            (None, RequestKind::Other | RequestKind::Unstated) if self.conceals => {
                Decision::NotFound
            }
            (None, RequestKind::ServerFunction | RequestKind::Other | RequestKind::Unstated) => {
                Decision::Unauthorized
            }
        }
    }

    pub(super) fn check(&self, auth: &Auth) -> Result<(), Refusal> {
        let now_ms = auth.authenticator().now_ms();
        let decision = self.decide(auth.subject(), auth.request_kind(), now_ms);
        let refusal = match decision {
            Decision::Allow => return Ok(()),
            Decision::SignIn => match sign_in_location(auth) {
                Ok(location) => Refusal::SignIn { location },
                Err(error) => {
                    tracing::error!(reason = error.reason(), action = error.action(), "{error}");
                    Refusal::Unauthorized {
                        resource_metadata: None,
                    }
                }
            },
            Decision::Redirect(url) => {
                let location = auth.request_url().join(&url).map_or(url, String::from);
                Refusal::Redirect { location }
            }
            Decision::Unauthorized => Refusal::Unauthorized {
                resource_metadata: resource_metadata(auth),
            },
            Decision::Forbidden => Refusal::Forbidden,
            Decision::Reverify(reverification) => Refusal::Reverification { reverification },
            Decision::NotFound => Refusal::NotFound,
            Decision::Unavailable => Refusal::Unavailable,
        };
        if auth.request_kind() == RequestKind::ServerFunction {
            set_server_function_status(&refusal);
        }
        Err(refusal)
    }
}

/// The status of a refusal, where a Leptos server function answers: an error that a server function returns would be a 500.
fn set_server_function_status(refusal: &Refusal) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(refusal.status());
    }
}

/// The reverification that alone stands between somebody and a requirement, so that asking for credentials again helps.
fn missing_reverification<'a>(
    requirement: &'a Requirement,
    identity: &Identity,
    now_ms: i64,
) -> Option<&'a Reverification> {
    match requirement {
        Requirement::Reverification(reverification) => Some(reverification),
        Requirement::All(requirements) => {
            let mut unmet = requirements
                .iter()
                .filter(|requirement| !identity.has(requirement, now_ms));
            let first = unmet.next()?;
            unmet
                .next()
                .is_none()
                .then(|| missing_reverification(first, identity, now_ms))
                .flatten()
        }
        _ => None,
    }
}

/// Where an OAuth client learns how to get a token.
fn resource_metadata(auth: &Auth) -> Option<String> {
    let is_oauth = matches!(
        auth.subject(),
        Subject::Machine(TokenType::OAuth) | Subject::Nobody(Some(TokenType::OAuth))
    );
    let frontend_api = auth.public_configuration().publishable_key.frontend_api();
    is_oauth.then(|| format!("https://{frontend_api}/.well-known/oauth-protected-resource"))
}
