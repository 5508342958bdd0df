//! Convex values as JSON, and the types that carry what plain JSON cannot: 64-bit integers, bytes, special floats.
//!
//! Inside the library a value stays the JSON text in which it came, an [`EncodedValue`]. Your own structs meet it through serde:
//!
//! ```
//! use leptos_clerk_convex::convex::values::{Bytes, EncodedValue, Int64, encode};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct Upload {
//!     name: String,
//!     size: Int64,
//!     digest: Bytes,
//! }
//!
//! let upload = Upload { name: "a.txt".into(), size: Int64(1), digest: Bytes(vec![0, 255]) };
//! assert_eq!(encode(&upload)?["size"], serde_json::json!({ "$integer": "AQAAAAAAAAA=" }));
//! assert_eq!(EncodedValue::of(&upload)?.decode::<Upload>()?, upload);
//! # Ok::<(), leptos_clerk_convex::convex::values::ValueError>(())
//! ```
//!
//! An optional field of a Convex validator is an absent field: write it as `Option` with
//! `#[serde(skip_serializing_if = "Option::is_none")]`, because `null` is a value of its own.

mod encoded;

pub use encoded::EncodedValue;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, Error as _, MapAccess, Visitor},
    ser::SerializeMap as _,
};
use serde_json::{Map, Number, Value};

const INTEGER: &str = "$integer";
const BYTES: &str = "$bytes";
const FLOAT: &str = "$float";

/// How deeply arrays and objects may be nested.
const MAXIMUM_NESTING: usize = 64;

/// A number that JSON writes as an integer is a float64 in Convex, so it must be one that float64 holds exactly.
const MAXIMUM_SAFE_INTEGER: u64 = 1 << 53;

/// Why something is not a Convex value, or not the value that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The type could not be written as JSON.
    #[error("the value cannot be written: {0}")]
    Write(String),
    /// The value does not have the shape of the type it was read as.
    #[error("the value cannot be read: {0}")]
    Read(String),
    /// The arguments of a function are not an object.
    #[error("the arguments of a Convex function are an object with named fields")]
    ArgumentsNotAnObject,
    /// An integer that a float64 cannot hold.
    #[error("{0} is too large for a number: use `Int64` here and `v.int64()` in Convex")]
    NumberTooLarge(String),
    /// A field name that Convex does not allow.
    #[error("{0:?} cannot be a field name: printable ASCII that does not begin with `$` can")]
    FieldName(String),
    /// An object that begins like an encoded value and is none.
    #[error("the object with the field `{0}` is not an encoded value")]
    Encoding(String),
    /// Arrays and objects are nested too deeply.
    #[error("the value is nested more than 64 levels deep")]
    TooDeep,
}

/// A 64-bit integer, `v.int64()` in a Convex schema and `bigint` in JavaScript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Int64(pub i64);

/// Bytes, `v.bytes()` in a Convex schema and `ArrayBuffer` in JavaScript.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Vec<u8>);

/// A float that may be −0, infinite or not a number. A field that never is can be a plain `f64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Float(pub f64);

impl From<i64> for Int64 {
    fn from(value: i64) -> Self {
        Self(value)
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(value: Vec<u8>) -> Self {
        Self(value)
    }
}

impl From<f64> for Float {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

/// Writes a value in Convex's encoding, in the one form that equal values share: sorted fields, whole numbers as integers.
///
/// ```
/// use leptos_clerk_convex::convex::values::encode;
///
/// assert_eq!(encode(&1.0)?.to_string(), "1");
/// assert_eq!(encode(&-0.0)?.to_string(), r#"{"$float":"AAAAAAAAAIA="}"#);
/// # Ok::<(), leptos_clerk_convex::convex::values::ValueError>(())
/// ```
///
/// # Errors
///
/// [`ValueError`] when the value is not one that Convex has.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Value, ValueError> {
    let value =
        serde_json::to_value(value).map_err(|error| ValueError::Write(error.to_string()))?;
    canonical(value, 0)
}

/// Writes the arguments of a function: as [`encode`], but nothing other than an object, and `()` for none.
///
/// # Errors
///
/// [`ValueError`] when the arguments are not an object of Convex values.
pub fn encode_arguments<T: Serialize + ?Sized>(arguments: &T) -> Result<Value, ValueError> {
    match encode(arguments)? {
        Value::Null => Ok(Value::Object(Map::new())),
        object @ Value::Object(_) => Ok(object),
        _ => Err(ValueError::ArgumentsNotAnObject),
    }
}

/// Reads an encoded value as a type, as [`EncodedValue::decode`] does.
///
/// # Errors
///
/// [`ValueError::Read`] when the value does not have the shape of the type.
pub fn decode<T: DeserializeOwned>(value: &Value) -> Result<T, ValueError> {
    EncodedValue::from(value).decode()
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "only whole numbers that both types hold exactly come this far"
)]
fn whole(number: &Number) -> Option<Number> {
    let float = number.is_f64().then(|| number.as_f64()).flatten()?;
    let fits = float.trunc() == float && float.abs() <= MAXIMUM_SAFE_INTEGER as f64;
    (fits && !is_special(float)).then(|| Number::from(float as i64))
}

fn is_special(float: f64) -> bool {
    !float.is_finite() || (float == 0.0 && float.is_sign_negative())
}

fn canonical(value: Value, depth: usize) -> Result<Value, ValueError> {
    if depth > MAXIMUM_NESTING {
        return Err(ValueError::TooDeep);
    }
    match value {
        Value::Number(number) => canonical_number(number),
        Value::Array(items) => items
            .into_iter()
            .map(|item| canonical(item, depth + 1))
            .collect::<Result<_, _>>()
            .map(Value::Array),
        Value::Object(fields) => canonical_object(fields, depth),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(value),
    }
}

fn canonical_number(number: Number) -> Result<Value, ValueError> {
    let magnitude = number
        .as_u64()
        .or_else(|| number.as_i64().map(i64::unsigned_abs));
    match magnitude {
        Some(magnitude) if magnitude > MAXIMUM_SAFE_INTEGER => {
            Err(ValueError::NumberTooLarge(number.to_string()))
        }
        Some(_) => Ok(Value::Number(number)),
        None => match number.as_f64() {
            Some(float) if is_special(float) => Ok(tagged(FLOAT, &float.to_le_bytes())),
            _ => Ok(Value::Number(whole(&number).unwrap_or(number))),
        },
    }
}

fn canonical_object(fields: Map<String, Value>, depth: usize) -> Result<Value, ValueError> {
    if let Some(name) = fields.keys().find(|name| name.starts_with('$')) {
        let known = fields.len() == 1 && fields.values().all(|value| is_encoded(name, value));
        return if known {
            Ok(Value::Object(fields))
        } else if [INTEGER, BYTES, FLOAT].contains(&name.as_str()) {
            Err(ValueError::Encoding(name.clone()))
        } else {
            Err(ValueError::FieldName(name.clone()))
        };
    }
    let mut fields: Vec<_> = fields.into_iter().collect();
    fields.sort_by(|(left, _), (right, _)| left.cmp(right));
    let mut sorted = Map::new();
    for (name, value) in fields {
        if !name.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(ValueError::FieldName(name));
        }
        let value = canonical(value, depth + 1)?;
        sorted.insert(name, value);
    }
    Ok(Value::Object(sorted))
}

fn is_encoded(tag: &str, value: &Value) -> bool {
    let Some(bytes) = value.as_str().and_then(|text| STANDARD.decode(text).ok()) else {
        return false;
    };
    match tag {
        INTEGER => bytes.len() == 8,
        BYTES => true,
        FLOAT => {
            <[u8; 8]>::try_from(bytes).is_ok_and(|bytes| is_special(f64::from_le_bytes(bytes)))
        }
        _ => false,
    }
}

fn tagged(tag: &str, bytes: &[u8]) -> Value {
    let mut object = Map::new();
    object.insert(tag.to_owned(), Value::String(STANDARD.encode(bytes)));
    Value::Object(object)
}

fn serialize_tagged<S: Serializer>(
    serializer: S,
    tag: &'static str,
    bytes: &[u8],
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, &STANDARD.encode(bytes))?;
    map.end()
}

impl Serialize for Int64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_tagged(serializer, INTEGER, &self.0.to_le_bytes())
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_tagged(serializer, BYTES, &self.0)
    }
}

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if is_special(self.0) {
            serialize_tagged(serializer, FLOAT, &self.0.to_le_bytes())
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Int64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_map(TaggedBytes(INTEGER))
            .and_then(eight_bytes)
            .map(|bytes| Self(i64::from_le_bytes(bytes)))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TaggedBytes(BYTES)).map(Self)
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FloatVisitor)
    }
}

fn eight_bytes<E: serde::de::Error>(bytes: Vec<u8>) -> Result<[u8; 8], E> {
    <[u8; 8]>::try_from(bytes).map_err(|bytes| E::invalid_length(bytes.len(), &"8 bytes"))
}

/// Reads `{"$tag": "<base64>"}`.
struct TaggedBytes(&'static str);

impl<'de> Visitor<'de> for TaggedBytes {
    type Value = Vec<u8>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "an object with the one field `{}`", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let entry = map.next_entry::<String, String>()?;
        match entry {
            Some((name, text)) if name == self.0 && map.next_key::<String>()?.is_none() => {
                STANDARD.decode(text).map_err(A::Error::custom)
            }
            _ => Err(A::Error::custom(format_args!(
                "expected an object with the one field `{}`",
                self.0
            ))),
        }
    }
}

struct FloatVisitor;

impl<'de> Visitor<'de> for FloatVisitor {
    type Value = Float;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a number")
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Float, E> {
        Ok(Float(value))
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "every number in Convex is a float64"
    )]
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Float, E> {
        Ok(Float(value as f64))
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "every number in Convex is a float64"
    )]
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Float, E> {
        Ok(Float(value as f64))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Float, A::Error> {
        let bytes = TaggedBytes(FLOAT).visit_map(map).and_then(eight_bytes)?;
        let float = f64::from_le_bytes(bytes);
        if is_special(float) {
            Ok(Float(float))
        } else {
            Err(A::Error::custom(
                "`$float` is for −0, infinities and NaN only",
            ))
        }
    }
}
