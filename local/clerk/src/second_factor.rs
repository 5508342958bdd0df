//! Second factors: authenticator apps (TOTP, RFC 6238) and backup codes.

use totp_rs::{Builder, Secret};

use crate::clock::Millis;
use crate::error::Internal;
use crate::random;
use crate::store::records::{Totp, User};

const BACKUP_CODES: usize = 10;

/// A new secret, in base32.
pub(crate) fn new_secret() -> Result<String, Internal> {
    Ok(Secret::from(random::bytes(20)?).to_base32())
}

/// The address that authenticator apps read from a QR code.
pub(crate) fn otpauth_uri(secret: &str, issuer: &str, account: &str) -> String {
    let encode = |text: &str| {
        url::form_urlencoded::byte_serialize(text.as_bytes())
            .collect::<String>()
            .replace('+', "%20")
    };
    let (issuer, account) = (encode(issuer), encode(account));
    format!(
        "otpauth://totp/{issuer}:{account}?algorithm=SHA1&digits=6&issuer={issuer}&period=30&secret={secret}"
    )
}

/// The time step whose code this is, if it is the code of now, or of the step before or after.
pub(crate) fn matching_step(totp: &Totp, code: &str, now: Millis) -> Option<u64> {
    let generator = Builder::new()
        .with_secret(Secret::try_from_base32(&totp.secret).ok()?)
        .build()
        .ok()?;
    generator.check(code.trim(), u64::try_from(now / 1000).ok()?)
}

/// Whether a code is right for sign-in; a right one is used up.
pub(crate) fn use_totp(user: &mut User, code: &str, now: Millis) -> bool {
    let Some(totp) = user.totp.as_mut().filter(|totp| totp.verified) else {
        return false;
    };
    let Some(step) = matching_step(totp, code, now) else {
        return false;
    };
    if totp.last_step.is_some_and(|last| step <= last) {
        return false;
    }
    totp.last_step = Some(step);
    true
}

/// New backup codes: what the person writes down, and what is stored.
pub(crate) fn new_backup_codes() -> Result<(Vec<String>, Vec<String>), Internal> {
    let codes = (0..BACKUP_CODES)
        .map(|_| random::hex(4))
        .collect::<Result<Vec<_>, _>>()?;
    let hashes = codes.iter().map(|code| digest(code)).collect();
    Ok((codes, hashes))
}

/// Whether a backup code is right; a right one is used up.
pub(crate) fn use_backup_code(user: &mut User, code: &str) -> bool {
    let digest = digest(code.trim());
    let before = user.backup_codes.len();
    user.backup_codes.retain(|hash| {
        aws_lc_rs::constant_time::verify_slices_are_equal(hash.as_bytes(), digest.as_bytes())
            .is_err()
    });
    user.backup_codes.len() < before
}

/// Backup codes are random, so a plain digest keeps them.
fn digest(code: &str) -> String {
    random::to_hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, code.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn totp(secret: &str) -> Totp {
        Totp {
            id: "totp_1".into(),
            secret: secret.into(),
            verified: true,
            last_step: None,
            created_at: 0,
            updated_at: 0,
        }
    }

    /// RFC 6238 appendix B, SHA-1, the last six digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let totp = totp(&Secret::from(b"12345678901234567890".to_vec()).to_base32());
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            assert!(
                matching_step(&totp, code, seconds * 1000).is_some(),
                "{seconds}"
            );
        }
        assert!(matching_step(&totp, "287082", (59 + 61) * 1000).is_none());
    }

    #[test]
    fn a_code_works_once() {
        let secret = Secret::from(b"12345678901234567890".to_vec()).to_base32();
        let mut user = User {
            totp: Some(totp(&secret)),
            ..User::default()
        };
        assert!(use_totp(&mut user, "287082", 59_000));
        assert!(!use_totp(&mut user, "287082", 59_000));
        let (codes, hashes) = new_backup_codes().unwrap();
        user.backup_codes = hashes;
        assert_eq!(codes.len(), 10);
        assert!(use_backup_code(&mut user, &codes[3]));
        assert!(!use_backup_code(&mut user, &codes[3]));
        assert!(use_backup_code(&mut user, &codes[4]));
    }

    #[test]
    fn the_uri_is_escaped() {
        let uri = otpauth_uri("ABC", "Local Clerk", "a+b@example.com");
        assert_eq!(
            uri,
            "otpauth://totp/Local%20Clerk:a%2Bb%40example.com?algorithm=SHA1&digits=6&issuer=Local%20Clerk&period=30&secret=ABC"
        );
    }
}
