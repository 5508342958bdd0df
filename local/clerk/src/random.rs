//! Unguessable values: identifiers, codes, secrets.

use crate::error::Internal;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8; 10] = b"0123456789";

/// A Clerk identifier: prefix, `_`, 27 base62 characters.
pub(crate) fn id(prefix: &str) -> Result<String, Internal> {
    Ok(format!("{prefix}_{}", base62(27)?))
}

/// `length` base62 characters, just under 6 bits of entropy each.
pub(crate) fn base62(length: usize) -> Result<String, Internal> {
    pick(BASE62, length)
}

/// A six-digit one-time code.
pub(crate) fn code() -> Result<String, Internal> {
    pick(DIGITS, 6)
}

/// `count` random bytes.
pub(crate) fn bytes(count: usize) -> Result<Vec<u8>, Internal> {
    let mut bytes = vec![0; count];
    aws_lc_rs::rand::fill(&mut bytes)
        .map_err(|_| Internal::Cryptography("the random generator failed"))?;
    Ok(bytes)
}

/// `count` random bytes in hexadecimal.
pub(crate) fn hex(count: usize) -> Result<String, Internal> {
    Ok(crate::random::to_hex(&bytes(count)?))
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pick(alphabet: &[u8], length: usize) -> Result<String, Internal> {
    // Rejecting the tail of the byte range keeps every character equally likely.
    let limit = 256 / alphabet.len() * alphabet.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for byte in bytes(length * 2)? {
            if text.len() < length && usize::from(byte) < limit {
                text.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
            }
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    #[test]
    fn identifiers_have_clerks_form() {
        let id = super::id("user").unwrap();
        let (prefix, rest) = id.split_once('_').unwrap();
        assert_eq!(prefix, "user");
        assert_eq!(rest.len(), 27);
        assert!(rest.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_ne!(id, super::id("user").unwrap());
    }

    #[test]
    fn codes_have_six_digits() {
        let code = super::code().unwrap();
        assert_eq!(code.len(), 6);
        assert!(code.chars().all(|c| c.is_ascii_digit()));
    }
}
