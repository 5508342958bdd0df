//! Taking a JWT apart, before anything in it is believed.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use crate::identity::SessionClaims;

use super::token::TokenType;

/// The URL-safe alphabet; padding is tolerated.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

// What kinds of token an instance signs, all with one key (header field `cat`).
const CATEGORY_SESSION: &str = "cl_B7d4PD111AAA";
const CATEGORY_MACHINE: &str = "cl_B7d4PD333AAA";
const CATEGORY_IGNORE: &str = "cl_I7d4PD111III";

/// The header types of OAuth access tokens in JWT form.
pub(crate) const OAUTH_TYPES: [&str; 2] = ["at+jwt", "application/at+jwt"];

/// The text is not a JWT: not three parts of base64url with a JSON object as header and as payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAJwt;

/// A JWT in its parts, unverified.
#[derive(Clone)]
pub(crate) struct DecodedToken {
    header: Map<String, Value>,
    pub(crate) claims: SessionClaims,
    pub(crate) signature: Vec<u8>,
    /// How much of the text is signed: header, dot, payload.
    pub(crate) signed_length: usize,
}

/// What the header field `cat` says about a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Category {
    Absent,
    /// Marked as without information.
    Ignored,
    Session,
    Machine,
    /// A JWT template, or a kind that is not known.
    Other,
}

impl DecodedToken {
    pub(crate) fn decode(token: &str) -> Result<Self, NotAJwt> {
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotAJwt);
        };
        Ok(Self {
            signed_length: header.len() + 1 + payload.len(),
            header: json_object(header)?,
            claims: SessionClaims::new(json_object(payload)?),
            signature: BASE64.decode(signature).map_err(|_| NotAJwt)?,
        })
    }

    /// The key that the token names.
    pub(crate) fn key_id(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// The header's `typ`: `None` when absent, an empty text when it is not a text.
    pub(crate) fn typ(&self) -> Option<Cow<'_, str>> {
        self.header
            .get("typ")
            .map(|typ| Cow::Borrowed(typ.as_str().unwrap_or_default()))
    }

    pub(crate) fn algorithm(&self) -> Option<&str> {
        self.header.get("alg").and_then(Value::as_str)
    }

    pub(crate) fn category(&self) -> Category {
        match self.header.get("cat") {
            None => Category::Absent,
            Some(Value::String(category)) => match category.as_str() {
                CATEGORY_SESSION => Category::Session,
                CATEGORY_MACHINE => Category::Machine,
                CATEGORY_IGNORE => Category::Ignored,
                _ => Category::Other,
            },
            Some(_) => Category::Other,
        }
    }

    /// Whether the header says that this is no session token.
    pub(crate) fn is_non_session(&self) -> bool {
        matches!(self.category(), Category::Machine | Category::Other)
    }

    /// The kind of machine token that this is in JWT form, if any.
    pub(crate) fn machine_type(&self) -> Option<TokenType> {
        if self
            .claims
            .text("sub")
            .is_some_and(|subject| subject.starts_with("mch_"))
        {
            return Some(TokenType::MachineToMachine);
        }
        self.typ()
            .is_some_and(|typ| OAUTH_TYPES.contains(&typ.as_ref()))
            .then_some(TokenType::OAuth)
    }

    /// A numeric claim.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.claims.claim(name).and_then(Value::as_f64)
    }
}

fn json_object(part: &str) -> Result<Map<String, Value>, NotAJwt> {
    let bytes = BASE64.decode(part).map_err(|_| NotAJwt)?;
    serde_json::from_slice(&bytes).map_err(|_| NotAJwt)
}

/// The kind of machine token that a header token is: by its prefix, or as a JWT.
pub(crate) fn machine_token_type(token: &str) -> Option<TokenType> {
    machine_type_by_prefix(token).or_else(|| {
        has_strict_jwt_shape(token)
            .then(|| DecodedToken::decode(token).ok()?.machine_type())
            .flatten()
    })
}

/// The kind of opaque machine token, by its prefix.
pub(crate) fn machine_type_by_prefix(token: &str) -> Option<TokenType> {
    if token.starts_with("mt_") {
        Some(TokenType::MachineToMachine)
    } else if token.starts_with("oat_") {
        Some(TokenType::OAuth)
    } else if token.starts_with("ak_") {
        Some(TokenType::ApiKey)
    } else {
        None
    }
}

/// Three non-empty parts of the URL-safe alphabet, without padding: what a machine token in JWT form looks like.
pub(crate) fn has_strict_jwt_shape(token: &str) -> bool {
    let mut parts = 0;
    token.split('.').all(|part| {
        parts += 1;
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    }) && parts == 3
}
