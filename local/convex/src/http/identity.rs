//! Who calls, from the `Authorization` header.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value as Json;

use super::answer::ApiError;
use crate::secret::Secret;
use crate::sync::{Backend, Credentials};

/// The identity that a request shows. Without a header it is nobody.
pub(super) async fn identify<B: Backend>(
    backend: &B,
    headers: &HeaderMap,
) -> Result<B::Identity, ApiError> {
    match credentials(headers)? {
        Credentials::None => Ok(B::Identity::default()),
        credentials => Ok(backend.authenticate(credentials).await?),
    }
}

/// Reads `Bearer <token>`, `Convex <admin key>` and `Convex <admin key>:<base64 of a user's attributes>`.
fn credentials(headers: &HeaderMap) -> Result<Credentials, ApiError> {
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return Ok(Credentials::None);
    };
    let parts = header.to_str().ok().and_then(|text| text.split_once(' '));
    match parts {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Credentials::User {
            value: Secret::new(token.trim()),
        }),
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("convex") => Ok(admin(key.trim())),
        _ => Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "InvalidAuthHeader",
            "`Authorization` must be `Bearer <token>` or `Convex <admin key>`",
        )),
    }
}

fn admin(text: &str) -> Credentials {
    // Keys contain colons of their own, but what follows one in them is not base64 of an object.
    let acting_as = text.rsplit_once(':').and_then(|(key, encoded)| {
        let attributes: Json = serde_json::from_slice(&STANDARD.decode(encoded).ok()?).ok()?;
        attributes.is_object().then_some((key, attributes))
    });
    match acting_as {
        Some((key, attributes)) => Credentials::Admin {
            value: Secret::new(key),
            impersonating: Some(attributes),
        },
        None => Credentials::Admin {
            value: Secret::new(text),
            impersonating: None,
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn read(value: &str) -> Result<Credentials, ApiError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        credentials(&headers)
    }

    #[test]
    fn keys_may_contain_colons() {
        let key = |key: &str, impersonating| Credentials::Admin {
            value: Secret::new(key),
            impersonating,
        };
        assert_eq!(
            read("Convex dev:name|0123").unwrap(),
            key("dev:name|0123", None)
        );
        let attributes = json!({ "subject": "y" });
        let encoded = STANDARD.encode(attributes.to_string());
        assert_eq!(
            read(&format!("Convex dev:name|0123:{encoded}")).unwrap(),
            key("dev:name|0123", Some(attributes))
        );
    }

    #[test]
    fn other_schemes_are_refused() {
        assert!(read("Basic dXNlcg==").is_err());
        assert!(read("Bearer").is_err());
        assert!(matches!(
            read("bearer x.y.z").unwrap(),
            Credentials::User { .. }
        ));
    }
}
