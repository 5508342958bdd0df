//! What somebody is answered who does not get through.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

use crate::identity::Reverification;

/// What somebody is answered who does not get through.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// To the sign-in page, and back from there.
    SignIn {
        /// Where that is.
        location: String,
    },
    /// Somewhere else.
    Redirect {
        /// Where that is.
        location: String,
    },
    /// 401: nobody is signed in.
    Unauthorized {
        /// Where an OAuth client learns how to get a token.
        resource_metadata: Option<String>,
    },
    /// 403: this person may not.
    Forbidden,
    /// 403: this person has to prove again who they are. ClerkJS recognises the answer and asks for it.
    Reverification {
        /// How.
        reverification: Reverification,
    },
    /// 404.
    NotFound,
    /// 503: Clerk's keys are not to be had, so nobody can be verified.
    Unavailable,
}

impl Refusal {
    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignIn { .. } | Self::Redirect { .. } => StatusCode::TEMPORARY_REDIRECT,
            Self::Unauthorized { .. } => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::Reverification { .. } => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// A stable name.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "sign-in-required",
            Self::Redirect { .. } => "redirected",
            Self::Unauthorized { .. } => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Reverification { .. } => "reverification-error",
            Self::NotFound => "not-found",
            Self::Unavailable => "authentication-unavailable",
        }
    }

    /// Where the answer sends the browser.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        match self {
            Self::SignIn { location } | Self::Redirect { location } => Some(location),
            _ => None,
        }
    }

    /// The headers of the answer, `no-store` among them.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(location) = self
            .location()
            .and_then(|location| HeaderValue::from_str(location).ok())
        {
            headers.insert(LOCATION, location);
            headers.insert("x-clerk-redirect-to", HeaderValue::from_static("true"));
        }
        if let Self::Unauthorized {
            resource_metadata: Some(url),
        } = self
            && let Ok(value) = HeaderValue::from_str(&format!("Bearer resource_metadata=\"{url}\""))
        {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        if *self == Self::Unavailable {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        headers
    }

    fn body(&self) -> Option<serde_json::Value> {
        let message = match self {
            Self::SignIn { .. } | Self::Redirect { .. } => return None,
            Self::Reverification { reverification } => {
                return Some(json!({"clerk_error": {
                    "type": "forbidden",
                    "reason": "reverification-error",
                    "metadata": {"reverification": reverification.to_config()},
                }}));
            }
            Self::Unauthorized { .. } => "You have to be signed in.",
            Self::Forbidden => "You are not allowed to do this.",
            Self::NotFound => "There is nothing here.",
            Self::Unavailable => "It could not be checked who you are. Try again in a moment.",
        };
        Some(json!({"errors": [{"code": self.reason(), "message": message}]}))
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.reason())
    }
}

impl std::fmt::Debug for Refusal {
    /// Without the location, which may hold what came in with the request.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("Refusal")
            .field(&self.reason())
            .finish()
    }
}

impl std::error::Error for Refusal {}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut headers = self.headers();
        let body = self.body().map(|body| body.to_string()).unwrap_or_default();
        if !body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        (self.status(), headers, body).into_response()
    }
}
