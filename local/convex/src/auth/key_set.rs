//! The public keys that a provider publishes.

use std::fmt;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use jsonwebtoken::{Algorithm, DecodingKey};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value as Json;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A key set, parsed. Keys of kinds that no provider can use are left out.
#[derive(Clone, Default)]
pub(crate) struct KeySet {
    keys: Vec<PublishedKey>,
}

#[derive(Clone)]
struct PublishedKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
    /// As it was published, to compare it.
    source: JsonWebKey,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct JsonWebKey {
    kid: Option<String>,
    kty: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a JSON Web Key Set; `None` when it is none.
    pub(crate) fn from_json(json: &Json) -> Option<Self> {
        let keys = json.get("keys")?.as_array()?.iter();
        // One odd key must not hide the others.
        let keys = keys.filter_map(|key| parse(JsonWebKey::deserialize(key).ok()?));
        Some(Self {
            keys: keys.collect(),
        })
    }

    /// Reads the key set of a `data:` URL, percent-encoded or in base64.
    pub(crate) fn from_data_url(url: &str) -> Option<Self> {
        let (media_type, data) = url.strip_prefix("data:")?.split_once(',')?;
        let bytes: Vec<u8> = percent_decode_str(data).collect();
        let is_base64 = media_type
            .rsplit(';')
            .next()
            .is_some_and(|last| last.trim().eq_ignore_ascii_case("base64"));
        let bytes = if is_base64 {
            BASE64.decode(bytes).ok()?
        } else {
            bytes
        };
        Self::from_json(&serde_json::from_slice(&bytes).ok()?)
    }

    /// Whether a key with this id is in the set. A token that names no key asks for none in particular.
    pub(crate) fn knows(&self, key_id: Option<&str>) -> bool {
        key_id.is_none_or(|id| self.keys.iter().any(|key| key.id.as_deref() == Some(id)))
    }

    /// The keys that may have signed a token that names this key and algorithm.
    pub(crate) fn candidates<'a>(
        &'a self,
        key_id: Option<&'a str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'a DecodingKey> + 'a {
        self.keys
            .iter()
            .filter(move |key| key_id.is_none() || key.id.as_deref() == key_id)
            .filter(move |key| key.algorithm == algorithm)
            .map(|key| &key.key)
    }

    /// The ids of all keys.
    pub(crate) fn ids(&self) -> Vec<&str> {
        self.keys
            .iter()
            .filter_map(|key| key.id.as_deref())
            .collect()
    }
}

impl PartialEq for KeySet {
    fn eq(&self, other: &Self) -> bool {
        let sources = |set: &Self| {
            set.keys
                .iter()
                .map(|key| key.source.clone())
                .collect::<Vec<_>>()
        };
        sources(self) == sources(other)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("KeySet").field(&self.ids()).finish()
    }
}

/// A key for one of the algorithms that providers use, and never a shared secret.
fn parse(source: JsonWebKey) -> Option<PublishedKey> {
    if source.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return None;
    }
    let (algorithm, key) = match (source.kty.as_deref()?, source.crv.as_deref()) {
        ("RSA", _) => (
            Algorithm::RS256,
            DecodingKey::from_rsa_components(source.n.as_deref()?, source.e.as_deref()?),
        ),
        ("EC", Some("P-256")) => (
            Algorithm::ES256,
            DecodingKey::from_ec_components(source.x.as_deref()?, source.y.as_deref()?),
        ),
        ("OKP", Some("Ed25519")) => (
            Algorithm::EdDSA,
            DecodingKey::from_ed_components(source.x.as_deref()?),
        ),
        _ => return None,
    };
    let name = match algorithm {
        Algorithm::RS256 => "RS256",
        Algorithm::ES256 => "ES256",
        _ => "EdDSA",
    };
    if source.alg.as_deref().is_some_and(|alg| alg != name) {
        return None;
    }
    Some(PublishedKey {
        id: source.kid.clone(),
        algorithm,
        key: key.ok()?,
        source,
    })
}
