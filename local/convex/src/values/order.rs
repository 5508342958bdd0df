//! The one order of all values, as bytes that compare the same way: what indexes are kept in.

use super::{Fields, Value};

const UNDEFINED: u8 = 0x01;
const NULL: u8 = 0x03;
const INT64_ZERO: u8 = 0x08;
const FLOAT64: u8 = 0x0d;
const FALSE: u8 = 0x0e;
const TRUE: u8 = 0x0f;
const STRING: u8 = 0x10;
const BYTES: u8 = 0x11;
const ARRAY: u8 = 0x12;
const OBJECT: u8 = 0x15;
const END: u8 = 0x00;
/// Follows a zero byte inside a string, so that it sorts after the string's end.
const ESCAPE: u8 = 0xff;

/// Appends the sort key of a value; `None` is `undefined`, which comes first.
///
/// Keys are self-delimiting: a sequence of them compares like the tuple of the values.
pub(crate) fn sort_key(value: Option<&Value>, key: &mut Vec<u8>) {
    let Some(value) = value else {
        key.push(UNDEFINED);
        return;
    };
    match value {
        Value::Null => key.push(NULL),
        Value::Int64(number) => int64(*number, key),
        // It is going to be later than every time that is known.
        Value::CommitTimestamp => int64(i64::MAX, key),
        Value::Float64(number) => {
            let bits = number.to_bits();
            let ordered = if number.is_sign_negative() {
                !bits
            } else {
                bits | (1 << 63)
            };
            key.push(FLOAT64);
            key.extend_from_slice(&ordered.to_be_bytes());
        }
        Value::Boolean(false) => key.push(FALSE),
        Value::Boolean(true) => key.push(TRUE),
        Value::String(text) => {
            key.push(STRING);
            escaped(text.as_bytes(), key);
        }
        Value::Bytes(bytes) => {
            key.push(BYTES);
            escaped(bytes, key);
        }
        Value::Array(elements) => {
            key.push(ARRAY);
            for element in elements {
                sort_key(Some(element), key);
            }
            key.push(END);
        }
        Value::Object(fields) => object(fields, key),
    }
}

fn object(fields: &Fields, key: &mut Vec<u8>) {
    key.push(OBJECT);
    for (name, value) in fields {
        escaped(name.as_bytes(), key);
        sort_key(Some(value), key);
    }
    key.push(END);
}

/// The tag tells sign and width; the body is the number's lowest bytes, which order numbers of one sign and width.
fn int64(number: i64, key: &mut Vec<u8>) {
    let (width_tag, width) = match number {
        0 => {
            key.push(INT64_ZERO);
            return;
        }
        n if i8::try_from(n).is_ok() => (1, 1),
        n if i16::try_from(n).is_ok() => (2, 2),
        n if i32::try_from(n).is_ok() => (3, 4),
        _ => (4, 8),
    };
    key.push(if number > 0 {
        INT64_ZERO + width_tag
    } else {
        INT64_ZERO - width_tag
    });
    key.extend_from_slice(&number.to_be_bytes()[8 - width..]);
}

fn escaped(bytes: &[u8], key: &mut Vec<u8>) {
    for &byte in bytes {
        key.push(byte);
        if byte == END {
            key.push(ESCAPE);
        }
    }
    key.push(END);
}
