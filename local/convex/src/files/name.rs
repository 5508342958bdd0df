//! Names of files in their addresses: ids, sealed so that only the deployment can make and open them.

use aws_lc_rs::hmac;

use crate::values::InternalId;

/// Four rounds make the permutation of a Feistel network a strong one.
const ROUNDS: [u8; 4] = [0, 1, 2, 3];
/// Where a UUID has its hyphens.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// The name for an id, shaped like a UUID.
pub(super) fn seal(key: &hmac::Key, id: InternalId) -> String {
    let bytes = permute(key, id, ROUNDS);
    let mut name = String::with_capacity(36);
    for byte in bytes {
        if HYPHENS.contains(&name.len()) {
            name.push('-');
        }
        name.push_str(&format!("{byte:02x}"));
    }
    name
}

/// The id of a name; a name that was not sealed leads to an id that nobody has.
pub(super) fn open(key: &hmac::Key, name: &str) -> Option<InternalId> {
    let is_uuid = name.len() == 36
        && name.bytes().enumerate().all(|(at, byte)| {
            if HYPHENS.contains(&at) {
                byte == b'-'
            } else {
                byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
            }
        });
    if !is_uuid {
        return None;
    }
    let number = u128::from_str_radix(&name.replace('-', ""), 16).ok()?;
    let swapped = number.rotate_left(64).to_be_bytes();
    let mut rounds = ROUNDS;
    rounds.reverse();
    let opened = permute(key, swapped, rounds);
    Some(u128::from_be_bytes(opened).rotate_left(64).to_be_bytes())
}

fn permute(key: &hmac::Key, block: InternalId, rounds: [u8; 4]) -> InternalId {
    let number = u128::from_be_bytes(block);
    let (mut left, mut right) = ((number >> 64) as u64, number as u64);
    for round in rounds {
        let mut context = hmac::Context::with_key(key);
        context.update(b"file name");
        context.update(&[round]);
        context.update(&right.to_be_bytes());
        let tag = context.sign();
        let mask = tag.as_ref()[..8]
            .iter()
            .fold(0, |mask, byte| (mask << 8) | u64::from(*byte));
        (left, right) = (right, left ^ mask);
    }
    ((u128::from(left) << 64) | u128::from(right)).to_be_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn key(secret: &[u8]) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, secret)
    }

    proptest! {
        #[test]
        fn a_name_leads_back_to_its_id(id: InternalId, other: InternalId) {
            let key = key(b"secret");
            let name = seal(&key, id);
            prop_assert_eq!(open(&key, &name), Some(id));
            prop_assert_eq!(seal(&key, other) == name, other == id);
            prop_assert_ne!(&seal(&self::key(b"another"), id), &name);
        }
    }

    #[test]
    fn only_the_form_of_a_uuid_is_a_name() {
        let key = key(b"secret");
        let name = seal(&key, [7; 16]);
        for wrong in [
            name.to_uppercase() + "A",
            name.replace('-', ""),
            format!("{name}0"),
            name.replacen('-', "0", 1),
            "é".repeat(18),
            String::new(),
        ] {
            assert_eq!(open(&key, &wrong), None, "{wrong}");
        }
    }
}
