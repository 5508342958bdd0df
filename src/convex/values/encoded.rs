//! A value as the text in which it came.

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Value, value::RawValue};

use super::{MAXIMUM_SAFE_INTEGER, ValueError, encode};
use crate::convex::json::{Raw, after_string};

/// A Convex value, kept as JSON text until somebody reads it as a type of theirs. Cheap to copy.
///
/// What a page is shown is read once, from the text straight into the page's own type; what has not changed is known by its
/// text and not read at all. Two values are equal when their texts are.
///
/// ```
/// use leptos_clerk_convex::convex::values::EncodedValue;
///
/// let value = EncodedValue::of(&["a", "b"])?;
/// assert_eq!(value.as_json(), r#"["a","b"]"#);
/// assert_eq!(value.decode::<Vec<String>>()?.len(), 2);
/// # Ok::<(), leptos_clerk_convex::convex::values::ValueError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedValue(Arc<str>);

impl EncodedValue {
    /// Writes a value in Convex's encoding, as [`encode`] does.
    ///
    /// # Errors
    ///
    /// [`ValueError`] when the value is not one that Convex has.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, ValueError> {
        Ok(Self(encode(value)?.to_string().into()))
    }

    /// Takes text that is known to be one JSON value.
    pub(in crate::convex) fn from_text(text: &str) -> Self {
        Self(whole_numbers(text).into())
    }

    /// Takes what a deployment has written.
    pub(in crate::convex) fn from_raw(raw: Raw<'_>) -> Self {
        if raw.has_fractions_of_zero {
            Self::from_text(raw.text)
        } else {
            Self::part(raw.text)
        }
    }

    /// Takes text out of an encoded value, whose numbers are in their one form already.
    pub(in crate::convex) fn part(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// Reads the value as a type.
    ///
    /// # Errors
    ///
    /// [`ValueError::Read`] when the value does not have the shape of the type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, ValueError> {
        serde_json::from_str(&self.0).map_err(|error| ValueError::Read(error.to_string()))
    }
}

impl Default for EncodedValue {
    /// `null`.
    fn default() -> Self {
        Self("null".into())
    }
}

/// Takes a value that is encoded already.
impl From<&Value> for EncodedValue {
    fn from(value: &Value) -> Self {
        Self::from_text(&value.to_string())
    }
}

impl From<Value> for EncodedValue {
    fn from(value: Value) -> Self {
        Self::from(&value)
    }
}

impl fmt::Debug for EncodedValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for EncodedValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The value itself, and not a string of it: for serde_json only.
impl Serialize for EncodedValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// Any value: for serde_json only.
impl<'de> Deserialize<'de> for EncodedValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|raw| Self::from_text(raw.get()))
    }
}

/// Writes every whole number as an integer: deployments write `1.0`, which serde takes for no integer.
pub(super) fn whole_numbers(text: &str) -> Cow<'_, str> {
    // Nearly every value has none.
    if !text.contains(".0") {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut rewritten = String::new();
    let (mut copied, mut place) = (0, 0);
    while let Some(byte) = bytes.get(place) {
        match byte {
            b'"' => place = after_string(bytes, place + 1).unwrap_or(bytes.len()),
            b'-' | b'0'..=b'9' => {
                let end = after_number(bytes, place);
                let whole = text.get(place..end).and_then(whole);
                if let (Some(whole), Some(before)) = (whole, text.get(copied..place)) {
                    rewritten.push_str(before);
                    rewritten.push_str(whole);
                    copied = end;
                }
                place = end;
            }
            _ => place += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    rewritten.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(rewritten)
}

/// The integer of a number with nothing but zeros behind its point.
fn whole(number: &str) -> Option<&str> {
    let (integer, fraction) = number.split_once('.')?;
    let fits = integer
        .parse::<i64>()
        .is_ok_and(|integer| integer.unsigned_abs() <= MAXIMUM_SAFE_INTEGER);
    (fits && integer != "-0" && fraction.bytes().all(|byte| byte == b'0')).then_some(integer)
}

fn after_number(bytes: &[u8], start: usize) -> usize {
    let is_part =
        |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E');
    let length = bytes.iter().skip(start).take_while(|byte| is_part(byte));
    start + length.count()
}
