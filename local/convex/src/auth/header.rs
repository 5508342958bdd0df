//! What an `Authorization` header claims.

use base64::Engine as _;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use serde_json::Value as Json;

use super::{AuthenticationError, Token};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A credential in one of its two forms, unverified.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Credential<'a> {
    /// `Bearer <JWT>`.
    Bearer(Token),
    /// `Convex <admin key>`, or `Convex <admin key>:<base64 of an identity>`.
    Admin(AdminCredential<'a>),
}

/// What follows `Convex `. Prints nothing of it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct AdminCredential<'a>(&'a str);

impl<'a> Credential<'a> {
    pub(crate) fn parse(header: &'a str) -> Result<Self, AuthenticationError> {
        let (scheme, rest) = header
            .trim()
            .split_once(char::is_whitespace)
            .ok_or(AuthenticationError::Header("it has no scheme and value"))?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            Ok(Self::Bearer(Token::new(rest)))
        } else if scheme.eq_ignore_ascii_case("convex") {
            Ok(Self::Admin(AdminCredential(rest)))
        } else {
            Err(AuthenticationError::Header("its scheme is another"))
        }
    }
}

impl<'a> AdminCredential<'a> {
    /// The whole text, which is the key when nobody else is named.
    pub(crate) fn whole(self) -> &'a str {
        self.0
    }

    /// The key and the encoded identity behind it. Base64 has no colon.
    pub(crate) fn key_and_identity(self) -> Option<(&'a str, &'a str)> {
        self.0.rsplit_once(':')
    }
}

/// Reads the identity behind an admin key.
pub(crate) fn decode_identity(encoded: &str) -> Result<Json, AuthenticationError> {
    BASE64
        .decode(encoded)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(AuthenticationError::Header(
            "what follows the admin key is not base64 of an identity's JSON",
        ))
}

impl std::fmt::Debug for AdminCredential<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AdminCredential(…)")
    }
}
