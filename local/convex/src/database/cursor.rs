//! Cursors and journals: opaque texts that mean a position in one query.
//!
//! A cursor carries a seal over the position and the query, so one that was made up, or made by another query, is
//! refused instead of read from.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use super::error::DatabaseError;
use super::key::Key;

const SEAL_LENGTH: usize = 16;
const AFTER: u8 = 0;
const END: u8 = 1;

/// What a deployment seals cursors with.
pub(super) struct Secret(hmac::Key);

impl Secret {
    pub(super) fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// A place between the rows of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Behind the row with this key.
    After(Key),
    /// Behind all rows.
    End,
}

impl Position {
    /// The cursor of this position in the query that `fingerprint` stands for.
    pub(super) fn seal(&self, secret: &Secret, fingerprint: &[u8]) -> String {
        let mut bytes = match self {
            Self::After(key) => [&[AFTER], &**key].concat(),
            Self::End => vec![END],
        };
        bytes.extend_from_slice(&seal(secret, &bytes, fingerprint));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(super) fn open(
        cursor: &str,
        secret: &Secret,
        fingerprint: &[u8],
    ) -> Result<Self, DatabaseError> {
        let garbage = DatabaseError::InvalidCursor {
            problem: "the text is not a cursor of this deployment.",
        };
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(cursor) else {
            return Err(garbage);
        };
        let Some((body, found)) = bytes.split_last_chunk::<SEAL_LENGTH>() else {
            return Err(garbage);
        };
        if *found != seal(secret, body, fingerprint) {
            return Err(DatabaseError::InvalidCursor {
                problem: "the cursor belongs to another query, to other arguments or to another deployment.",
            });
        }
        match body.split_first() {
            Some((&AFTER, key)) => Ok(Self::After(key.into())),
            Some((&END, [])) => Ok(Self::End),
            _ => Err(garbage),
        }
    }
}

fn seal(secret: &Secret, body: &[u8], fingerprint: &[u8]) -> [u8; SEAL_LENGTH] {
    let mut context = hmac::Context::with_key(&secret.0);
    context.update(&(body.len() as u64).to_le_bytes());
    context.update(body);
    context.update(fingerprint);
    let mut seal = [0; SEAL_LENGTH];
    seal.copy_from_slice(&context.sign().as_ref()[..SEAL_LENGTH]);
    seal
}

/// The journal of a run whose page ended at `cursor`.
pub(super) fn journal(cursor: &str) -> String {
    URL_SAFE_NO_PAD.encode(json!({ "end": cursor }).to_string())
}

/// The cursor where the page of an earlier run ended.
pub(super) fn end_in_journal(journal: &str) -> Result<Option<String>, DatabaseError> {
    let garbage = DatabaseError::InvalidCursor {
        problem: "the text is not a journal of this deployment.",
    };
    let bytes = URL_SAFE_NO_PAD.decode(journal).ok();
    let json: Option<Json> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    match json.as_ref().and_then(|json| json.get("end")) {
        Some(Json::String(cursor)) => Ok(Some(cursor.clone())),
        Some(Json::Null) => Ok(None),
        _ => Err(garbage),
    }
}
