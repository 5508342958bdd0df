//! As whom, and where, a call is made.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::error::FetchError;
use crate::{
    config::SecretKey,
    convex::AuthToken,
    identity::SessionClaims,
    server::{Auth, AuthError, auth},
};

/// As whom a call is made.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Caller {
    /// As the person whose request is being answered, in a component or a server function; as nobody when nobody is signed in.
    #[default]
    Request,
    /// As the person whose request this is: for axum handlers, which have no Leptos context.
    Auth(Auth),
    /// As nobody.
    Anonymous,
    /// As whoever this token is for.
    Token(AuthToken),
    /// As the deployment's administrator, who may also call internal functions.
    Admin(SecretKey),
    /// As the administrator acting as somebody: an object with `tokenIdentifier`, or `issuer` and `subject`.
    ActingAs(SecretKey, Value),
}

/// As whom and where a call is made. The default: as the request's person, at the configured deployment.
///
/// ```
/// use leptos_clerk_convex::convex::server::FetchOptions;
/// use leptos_clerk_convex::server::Auth;
///
/// async fn handler(auth: Auth) {
///     let options = FetchOptions::request(&auth).template("convex");
/// #   let _ = options;
/// }
/// let nightly = FetchOptions::anonymous().url("https://happy-animal-123.convex.cloud");
/// # let _ = (handler, nightly);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct FetchOptions {
    /// As whom.
    pub caller: Caller,
    /// The JWT template whose token is taken where the session token is none for Convex. Without it, the session token is
    /// taken in any case.
    pub template: Option<String>,
    /// Another deployment than the configured one.
    pub url: Option<String>,
    /// How long to wait for the answer: 10 seconds unless set, 10 minutes for an action.
    pub timeout: Option<Duration>,
}

impl FetchOptions {
    fn of(caller: Caller) -> Self {
        Self {
            caller,
            ..Self::default()
        }
    }

    /// As the person whose request this is, in an axum handler.
    #[must_use]
    pub fn request(auth: &Auth) -> Self {
        Self::of(Caller::Auth(auth.clone()))
    }

    /// As nobody.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::of(Caller::Anonymous)
    }

    /// As whoever this token is for.
    #[must_use]
    pub fn token(token: AuthToken) -> Self {
        Self::of(Caller::Token(token))
    }

    /// As the deployment's administrator.
    #[must_use]
    pub fn admin(key: SecretKey) -> Self {
        Self::of(Caller::Admin(key))
    }

    /// As the administrator acting as somebody: an object with `tokenIdentifier`, or `issuer` and `subject`.
    #[must_use]
    pub fn acting_as(key: SecretKey, identity: Value) -> Self {
        Self::of(Caller::ActingAs(key, identity))
    }

    /// Takes the token of this JWT template where the session token is none for Convex.
    #[must_use]
    pub fn template(mut self, name: impl Into<String>) -> Self {
        self.template = Some(name.into());
        self
    }

    /// Calls this deployment.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Waits so long for the answer.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Finds out what depends on the request, while its context is still there.
    pub(super) fn resolve(self) -> Result<Target, FetchError> {
        let request = match &self.caller {
            Caller::Request => Ok(auth()?),
            Caller::Auth(auth) => Ok(auth.clone()),
            _ => auth(),
        };
        let address = self.url.map_or_else(|| address_of(&request), Ok)?;
        let source = match (self.caller, request) {
            (Caller::Request | Caller::Auth(_), Ok(auth)) => Source::Auth(auth, self.template),
            (Caller::Request | Caller::Auth(_), Err(error)) => return Err(error.into()),
            (Caller::Anonymous, _) => Source::Known(Credential::None),
            (Caller::Token(token), _) => Source::Known(Credential::Token(token)),
            (Caller::Admin(key), _) => {
                Source::Known(Credential::Admin(key.as_secret_str().to_owned()))
            }
            (Caller::ActingAs(key, identity), _) => {
                let identity = STANDARD.encode(identity.to_string());
                let header = format!("{}:{identity}", key.as_secret_str());
                Source::Known(Credential::Admin(header))
            }
        };
        Ok(Target {
            address,
            source,
            timeout: self.timeout,
        })
    }
}

/// The configured deployment; where no request says which one that is, the environment's.
fn address_of(request: &Result<Auth, AuthError>) -> Result<String, FetchError> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    match request {
        Ok(auth) => auth.public_configuration().convex_url.clone(),
        Err(_) => variable("CONVEX_URL").or_else(|| variable("NEXT_PUBLIC_CONVEX_URL")),
    }
    .ok_or(FetchError::NoAddress)
}

/// Where to call, and where the credential comes from.
pub(super) struct Target {
    pub(super) address: String,
    source: Source,
    pub(super) timeout: Option<Duration>,
}

enum Source {
    Known(Credential),
    Auth(Auth, Option<String>),
}

impl Target {
    /// The credential; may ask Clerk for a token.
    pub(super) async fn credential(&self) -> Result<Credential, FetchError> {
        match &self.source {
            Source::Known(credential) => Ok(credential.clone()),
            Source::Auth(auth, template) => of_request(auth, template.as_deref()).await,
        }
    }
}

async fn of_request(auth: &Auth, template: Option<&str>) -> Result<Credential, FetchError> {
    let Some(claims) = auth.claims() else {
        return if auth.is_unverifiable() {
            Err(FetchError::Unverifiable)
        } else {
            Ok(Credential::None)
        };
    };
    let template = template.filter(|_| !is_for_convex(claims));
    let token = auth.get_token(template).await?;
    Ok(Credential::Token(AuthToken::new(token)))
}

/// Whether Convex is among those that a session token is for.
fn is_for_convex(claims: &SessionClaims) -> bool {
    match claims.claim("aud") {
        Some(Value::String(audience)) => audience == "convex",
        Some(Value::Array(audiences)) => audiences.iter().any(|audience| audience == "convex"),
        _ => false,
    }
}

/// What a call identifies itself with. It does not print.
#[derive(Clone)]
pub(super) enum Credential {
    None,
    Token(AuthToken),
    Admin(String),
}

impl Credential {
    /// The value of the `Authorization` header.
    pub(super) fn header(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Token(token) => Some(format!("Bearer {}", token.as_secret_str())),
            Self::Admin(key) => Some(format!("Convex {key}")),
        }
    }

    pub(super) fn token(&self) -> Option<&AuthToken> {
        match self {
            Self::Token(token) => Some(token),
            Self::None | Self::Admin(_) => None,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "Credential::None",
            Self::Token(_) => "Credential::Token(…)",
            Self::Admin(_) => "Credential::Admin(…)",
        })
    }
}
