//! Passwords: the rules new ones must meet, and argon2id.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use crate::error::{ApiError, Code, Internal};

/// Clerk's floor for the length of a password, in characters.
pub(crate) const MIN_LENGTH: usize = 8;
/// Clerk's cap for the length of a password, in characters.
pub(crate) const MAX_LENGTH: usize = 72;

/// Checks a new password against the rules that the environment announces.
pub(crate) fn check_rules(password: &str, parameter: &str) -> Result<(), ApiError> {
    let length = password.chars().count();
    if length < MIN_LENGTH {
        return Err(ApiError::new(Code::FormPasswordLengthTooShort).parameter(parameter));
    }
    if length > MAX_LENGTH {
        return Err(ApiError::new(Code::FormPasswordLengthTooLong).parameter(parameter));
    }
    Ok(())
}

/// An argon2id hash in PHC format, with a random salt.
pub(crate) fn hash(password: &str) -> Result<String, Internal> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|_| Internal::Cryptography("argon2id could not hash"))
}

/// Whether `password` is the one behind `hash`. A hash that cannot be read matches nothing.
pub(crate) fn matches(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_hash_is_argon2id_and_matches_its_password_only() {
        let hash = hash("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"));
        assert!(matches("correct horse", &hash));
        assert!(!matches("correct horsf", &hash));
        assert!(!matches("correct horse", "not a hash"));
    }

    #[test]
    fn rules_name_the_parameter() {
        assert!(check_rules("12345678", "password").is_ok());
        assert_eq!(
            check_rules("1234567", "password").unwrap_err().code(),
            Code::FormPasswordLengthTooShort
        );
        assert_eq!(
            check_rules(&"x".repeat(73), "password").unwrap_err().code(),
            Code::FormPasswordLengthTooLong
        );
    }
}
