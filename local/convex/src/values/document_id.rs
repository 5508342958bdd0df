//! Document ids: table number, 16 bytes and a checksum, in base32.

use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const MINIMUM_LENGTH: usize = 31;
const MAXIMUM_LENGTH: usize = 37;

/// The number of a table; user tables begin at [`TableNumber::FIRST_USER`]. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TableNumber(pub(crate) u32);

impl TableNumber {
    pub(crate) const FIRST_SYSTEM: Self = Self(513);
    pub(crate) const FIRST_USER: Self = Self(10_001);
}

/// What tells documents of one table apart.
pub(crate) type InternalId = [u8; 16];

/// The id of a document, which names its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DocumentId {
    pub(crate) table: TableNumber,
    pub(crate) internal: InternalId,
}

/// The text is not the id of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a document id")]
pub(crate) struct InvalidDocumentId;

impl DocumentId {
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(23);
        let mut number = self.table.0;
        while number >= 0x80 {
            bytes.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes.extend_from_slice(&self.internal);
        let footer = fletcher16(&bytes);
        bytes.extend_from_slice(&footer.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut table = 0_u32;
        let mut rest = bytes;
        for shift in (0..).step_by(7) {
            let (&byte, tail) = rest.split_first()?;
            rest = tail;
            let part = u32::from(byte & 0x7f);
            table |= part
                .checked_shl(shift)
                .filter(|shifted| shifted >> shift == part)?;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let (internal, footer) = rest.split_at_checked(16)?;
        let body = &bytes[..bytes.len() - footer.len()];
        if *footer != fletcher16(body).to_le_bytes() {
            return None;
        }
        Some(Self {
            table: TableNumber(table),
            internal: internal.try_into().ok()?,
        })
    }
}

/// Fletcher's checksum with both sums modulo 256.
fn fletcher16(bytes: &[u8]) -> u16 {
    let (mut low, mut high) = (0_u8, 0_u8);
    for &byte in bytes {
        low = low.wrapping_add(byte);
        high = high.wrapping_add(low);
    }
    u16::from_le_bytes([low, high])
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.to_bytes();
        let mut text = String::with_capacity(MAXIMUM_LENGTH);
        let (mut buffer, mut bits) = (0_u16, 0);
        for byte in bytes {
            buffer = (buffer << 8) | u16::from(byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                text.push(ALPHABET[usize::from((buffer >> bits) & 31)] as char);
            }
        }
        if bits > 0 {
            text.push(ALPHABET[usize::from((buffer << (5 - bits)) & 31)] as char);
        }
        f.write_str(&text)
    }
}

impl FromStr for DocumentId {
    type Err = InvalidDocumentId;

    fn from_str(text: &str) -> Result<Self, InvalidDocumentId> {
        if !(MINIMUM_LENGTH..=MAXIMUM_LENGTH).contains(&text.len()) {
            return Err(InvalidDocumentId);
        }
        let mut bytes = Vec::with_capacity(23);
        let (mut buffer, mut bits) = (0_u16, 0);
        for character in text.bytes() {
            let digit = ALPHABET.iter().position(|&letter| letter == character);
            buffer = (buffer << 5) | digit.ok_or(InvalidDocumentId)? as u16;
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                bytes.push((buffer >> bits) as u8);
            }
        }
        let id = Self::from_bytes(&bytes).ok_or(InvalidDocumentId)?;
        // Other texts decode to the same bytes (left-over bits); only one is the id.
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(InvalidDocumentId)
        }
    }
}
