//! Events that Clerk sends, and how they are known to be Clerk's.
//!
//! ```
//! use axum::{Router, body::Bytes, routing::post};
//! use http::{HeaderMap, StatusCode};
//! use leptos_clerk_convex::server::webhooks::{WebhookError, WebhookVerifier};
//!
//! let verifier = WebhookVerifier::new("whsec_dGVzdF9zaWduaW5nX3NlY3JldF8zMl9jaGFyc19sb25n")?;
//! let handler = move |headers: HeaderMap, body: Bytes| async move {
//!     let event = verifier.verify(&headers, &body)?;
//!     if event.event_type == "user.created" {
//!         // …
//!     }
//!     Ok::<_, WebhookError>(StatusCode::NO_CONTENT)
//! };
//! let app: Router = Router::new().route("/webhooks/clerk", post(handler));
//! # Ok::<(), WebhookError>(())
//! ```
//!
//! The route must not ask for a signed-in person: the signature is what protects it.
//!
//! # Why not the crate svix
//! It is the client of Svix' whole API, on an HTTP stack of its own, for the forty lines below; it reads the system's
//! clock, so that its bounds cannot be tested; and it accepts headers (`webhook-id`, …) that Clerk's own SDK does not.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// By how much, in seconds, an event may be older or newer than now.
const TOLERANCE: i64 = 300;

const HEADERS: [&str; 3] = ["svix-id", "svix-timestamp", "svix-signature"];

/// Secrets are pasted by hand, with and without their padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Knows the events of one endpoint by its signing secret.
#[derive(Clone)]
pub struct WebhookVerifier(hmac::Key);

/// An event that is known to be Clerk's.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct WebhookEvent {
    /// What happened: `user.created`, `session.ended`, `organizationMembership.updated`, …. New ones come without notice.
    #[serde(rename = "type")]
    pub event_type: String,
    /// What it happened to. Its form depends on the type; see [`data_as`](Self::data_as).
    pub data: Value,
    /// `event`.
    #[serde(default = "event")]
    pub object: String,
    /// Circumstances, such as `http_request.client_ip`.
    #[serde(default)]
    pub event_attributes: Option<Value>,
    /// The id of the message, the same when it is sent again: remember it to handle every event once.
    #[serde(skip)]
    pub message_id: String,
}

fn event() -> String {
    "event".to_owned()
}

impl WebhookEvent {
    /// The data as a type, for instance [`User`](super::backend::User) for `user.created`.
    ///
    /// # Errors
    /// When the data has another form.
    pub fn data_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.data)
    }
}

/// Why an event is not taken for Clerk's. As a response it is a 400 without details.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The signing secret is not base64, or is empty.
    #[error("the signing secret is not one")]
    InvalidSecret,
    /// These headers are missing or blank.
    #[error("the request lacks {}", .0.join(", "))]
    MissingHeaders(Vec<&'static str>),
    /// The timestamp is not a number.
    #[error("the timestamp is not a number")]
    InvalidTimestamp,
    /// The event was signed more than five minutes ago.
    #[error("the event was signed more than five minutes ago")]
    TooOld,
    /// The event was signed more than five minutes ahead of this machine's clock.
    #[error("the event was signed more than five minutes in the future")]
    TooNew,
    /// No signature is by the secret.
    #[error("no signature matches")]
    NoMatchingSignature,
    /// The body is authentic, and not an event.
    #[error("the body is not an event")]
    InvalidPayload,
}

impl WebhookError {
    /// A stable code for logs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidSecret => "webhook-invalid-secret",
            Self::MissingHeaders(_) => "webhook-missing-headers",
            Self::InvalidTimestamp => "webhook-invalid-timestamp",
            Self::TooOld => "webhook-too-old",
            Self::TooNew => "webhook-too-new",
            Self::NoMatchingSignature => "webhook-no-matching-signature",
            Self::InvalidPayload => "webhook-invalid-payload",
        }
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::InvalidSecret => {
                "Copy the endpoint's signing secret (`whsec_…`) to CLERK_WEBHOOK_SIGNING_SECRET."
            }
            Self::MissingHeaders(_) => {
                "Check that no proxy in front drops the headers; otherwise this was not Clerk."
            }
            Self::TooOld | Self::TooNew => "Check this machine's clock.",
            Self::NoMatchingSignature => {
                "Check that the secret is this endpoint's, and that the body reaches the verifier unchanged."
            }
            Self::InvalidTimestamp | Self::InvalidPayload => "Nothing: this was not Clerk.",
        }
    }
}

impl IntoResponse for WebhookError {
    fn into_response(self) -> Response {
        tracing::warn!(
            reason = self.reason(),
            action = self.action(),
            "a webhook was refused: {self}"
        );
        StatusCode::BAD_REQUEST.into_response()
    }
}

impl WebhookVerifier {
    /// Takes an endpoint's signing secret, `whsec_…`.
    ///
    /// # Errors
    /// When it is empty or not base64.
    pub fn new(secret: &str) -> Result<Self, WebhookError> {
        let secret = secret.trim();
        let secret = secret.strip_prefix("whsec_").unwrap_or(secret);
        let key = LENIENT
            .decode(secret)
            .ok()
            .filter(|key| !key.is_empty())
            .ok_or(WebhookError::InvalidSecret)?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// Reads an event, if it is Clerk's and was signed within five minutes of now. `body` is the body as it came: written
    /// anew it would no longer match.
    ///
    /// # Errors
    /// When it is not, or cannot be known to be.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<WebhookEvent, WebhookError> {
        let elapsed = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        self.verify_at(
            headers,
            body,
            i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX),
        )
    }

    /// As [`verify`](Self::verify), with the time given in unix seconds.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_at(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: i64,
    ) -> Result<WebhookEvent, WebhookError> {
        let values = HEADERS.map(|name| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::trim)
                .filter(|value| !value.is_empty())
        });
        let [Some(id), Some(timestamp), Some(signatures)] = values else {
            let missing = HEADERS
                .into_iter()
                .zip(values)
                .filter(|(_, value)| value.is_none());
            return Err(WebhookError::MissingHeaders(
                missing.map(|(name, _)| name).collect(),
            ));
        };
        let timestamp = leading_integer(timestamp).ok_or(WebhookError::InvalidTimestamp)?;
        if now.saturating_sub(timestamp) > TOLERANCE {
            return Err(WebhookError::TooOld);
        }
        if timestamp.saturating_sub(now) > TOLERANCE {
            return Err(WebhookError::TooNew);
        }
        let mut signed = format!("{id}.{timestamp}.").into_bytes();
        signed.extend_from_slice(body);
        // During a rotation of the secret there are several signatures.
        let is_signed = signatures
            .split(' ')
            .filter_map(|entry| entry.strip_prefix("v1,"))
            .any(|signature| {
                // The comparison takes the same time wherever the difference is.
                STANDARD
                    .decode(signature)
                    .is_ok_and(|signature| hmac::verify(&self.0, &signed, &signature).is_ok())
            });
        if !is_signed {
            return Err(WebhookError::NoMatchingSignature);
        }
        let mut event: WebhookEvent =
            serde_json::from_slice(body).map_err(|_| WebhookError::InvalidPayload)?;
        id.clone_into(&mut event.message_id);
        Ok(event)
    }
}

impl std::fmt::Debug for WebhookVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookVerifier(…)")
    }
}

/// The number that a text starts with, as JavaScript's `parseInt` reads it: what is signed is that number.
fn leading_integer(text: &str) -> Option<i64> {
    let digits = text
        .strip_prefix(['+', '-'])
        .unwrap_or(text)
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    let sign = text.len() - text.strip_prefix(['+', '-']).unwrap_or(text).len();
    text[..sign + digits].parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;

    fn signed(body: &[u8]) -> HeaderMap {
        let verifier = WebhookVerifier::new("whsec_c2VjcmV0").unwrap();
        let mut text = b"msg_1.1000.".to_vec();
        text.extend_from_slice(body);
        let signature = STANDARD.encode(hmac::sign(&verifier.0, &text));
        let mut headers = HeaderMap::new();
        headers.insert("svix-id", "msg_1".parse().unwrap());
        headers.insert("svix-timestamp", "1000".parse().unwrap());
        headers.insert("svix-signature", format!("v1,{signature}").parse().unwrap());
        headers
    }

    #[test]
    fn an_authentic_body_that_is_no_event_is_refused() {
        let verifier = WebhookVerifier::new("whsec_c2VjcmV0").unwrap();
        for body in [&b"{}"[..], b"", b"[]", b"{\"type\":1,\"data\":{}}"] {
            assert_eq!(
                verifier.verify_at(&signed(body), body, 1000),
                Err(WebhookError::InvalidPayload)
            );
        }
        let body = br#"{"type":"user.created","data":{"id":"user_1"},"event_attributes":{"http_request":{}}}"#;
        let event = verifier.verify_at(&signed(body), body, 1000).unwrap();
        assert_eq!(event.message_id, "msg_1");
        assert_eq!(
            event.data_as::<crate::server::backend::User>().unwrap().id,
            "user_1"
        );
    }

    #[test]
    fn a_broken_secret_is_refused_and_none_is_shown() {
        for secret in ["", "whsec_", "whsec_!", "  "] {
            assert_eq!(
                WebhookVerifier::new(secret).unwrap_err(),
                WebhookError::InvalidSecret,
                "{secret}"
            );
        }
        assert_eq!(
            format!("{:?}", WebhookVerifier::new("c2VjcmV0").unwrap()),
            "WebhookVerifier(…)"
        );
        assert_eq!(
            WebhookError::TooOld.into_response().status(),
            StatusCode::BAD_REQUEST
        );
    }

    proptest! {
        #[test]
        fn no_other_body_passes(body in proptest::collection::vec(any::<u8>(), 0..64)) {
            let original = br#"{"type":"user.created","data":{}}"#;
            prop_assume!(body != original);
            let verifier = WebhookVerifier::new("whsec_c2VjcmV0").unwrap();
            prop_assert_eq!(verifier.verify_at(&signed(original), &body, 1000), Err(WebhookError::NoMatchingSignature));
        }

        #[test]
        fn no_header_makes_it_panic(timestamp in ".{0,24}", signature in ".{0,24}", now in any::<i64>()) {
            let verifier = WebhookVerifier::new("whsec_c2VjcmV0").unwrap();
            let mut headers = signed(b"");
            for (name, value) in [("svix-timestamp", timestamp), ("svix-signature", signature)] {
                if let Ok(value) = value.parse() {
                    headers.insert(name, value);
                }
            }
            prop_assert!(verifier.verify_at(&headers, b"", now).is_err());
        }
    }
}
