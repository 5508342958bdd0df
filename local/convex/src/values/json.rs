//! Values as JSON: the encoded form of the wire, in which nothing is lost, and the clean one of hand-written calls.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};

use super::{Fields, Value};

/// The deepest nesting that a value may have.
const MAXIMUM_DEPTH: usize = 64;
/// The most elements that an array may have.
const MAXIMUM_ARRAY: usize = 8192;
/// The most fields that an object may have.
const MAXIMUM_FIELDS: usize = 1024;
/// The longest name of a field.
const MAXIMUM_FIELD_NAME: usize = 1024;

/// Why JSON is not a Convex value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ValueError {
    #[error("`undefined` is not a Convex value here")]
    Undefined,
    #[error("the commit timestamp placeholder is only allowed in a document that is written")]
    CommitTimestamp,
    #[error("`{tag}` must be base64 of {expected}")]
    Malformed {
        tag: &'static str,
        expected: &'static str,
    },
    #[error("field name {name:?}: {rule}")]
    FieldName { name: String, rule: &'static str },
    #[error("an array has {length} elements, and {MAXIMUM_ARRAY} is the most")]
    ArrayTooLong { length: usize },
    #[error("an object has {length} fields, and {MAXIMUM_FIELDS} is the most")]
    TooManyFields { length: usize },
    #[error("a value is nested deeper than {MAXIMUM_DEPTH} levels")]
    TooDeep,
    #[error("not JSON: {0}")]
    NotJson(String),
}

impl Value {
    /// Reads the encoded form.
    pub(crate) fn from_json(json: &Json) -> Result<Self, ValueError> {
        decode(json, 0, Place::Anywhere)
    }

    /// As [`Value::from_json`], for a document that is written: there the time of its commit can be asked for.
    pub(crate) fn from_json_written(json: &Json) -> Result<Self, ValueError> {
        decode(json, 0, Place::Written)
    }

    /// Reads the encoded form from text.
    pub(crate) fn parse(text: &str) -> Result<Self, ValueError> {
        let json =
            serde_json::from_str(text).map_err(|error| ValueError::NotJson(error.to_string()))?;
        Self::from_json(&json)
    }

    /// As [`Value::from_json`], with `{"$undefined": null}` as `None`.
    pub(crate) fn from_json_or_undefined(json: &Json) -> Result<Option<Self>, ValueError> {
        if is_tag(json, "$undefined") {
            return Ok(None);
        }
        Self::from_json(json).map(Some)
    }

    /// As [`Value::from_json_written`], with `{"$undefined": null}` as `None`.
    pub(crate) fn from_json_patched(json: &Json) -> Result<Option<Self>, ValueError> {
        if is_tag(json, "$undefined") {
            return Ok(None);
        }
        Self::from_json_written(json).map(Some)
    }

    /// The encoded form.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Int64(number) => json!({ "$integer": STANDARD.encode(number.to_le_bytes()) }),
            Self::Float64(number) => float_to_json(*number),
            Self::Boolean(boolean) => Json::Bool(*boolean),
            Self::String(text) => Json::String(text.clone()),
            Self::Bytes(bytes) => json!({ "$bytes": STANDARD.encode(bytes) }),
            Self::Array(elements) => elements.iter().map(Self::to_json).collect(),
            Self::Object(fields) => fields_to_json(fields),
            Self::CommitTimestamp => json!({ "$commitTs": null }),
        }
    }

    /// The clean form, which reads well and does not come back: integers and bytes are strings.
    pub(crate) fn to_clean_json(&self) -> Json {
        match self {
            Self::Int64(number) => Json::String(number.to_string()),
            Self::Float64(number) => match serde_json::Number::from_f64(*number) {
                Some(number) => Json::Number(number),
                None if number.is_nan() => json!("NaN"),
                None if *number > 0.0 => json!("Infinity"),
                None => json!("-Infinity"),
            },
            Self::Bytes(bytes) => Json::String(STANDARD.encode(bytes)),
            Self::Array(elements) => elements.iter().map(Self::to_clean_json).collect(),
            Self::Object(fields) => fields
                .iter()
                .map(|(name, value)| (name.clone(), value.to_clean_json()))
                .collect(),
            other => other.to_json(),
        }
    }
}

/// The encoded form of a document or object.
pub(crate) fn fields_to_json(fields: &Fields) -> Json {
    fields
        .iter()
        .map(|(name, value)| (name.clone(), value.to_json()))
        .collect()
}

fn float_to_json(number: f64) -> Json {
    let negative_zero = number == 0.0 && number.is_sign_negative();
    match serde_json::Number::from_f64(number) {
        Some(plain) if !negative_zero => Json::Number(plain),
        _ => json!({ "$float": STANDARD.encode(number.to_le_bytes()) }),
    }
}

/// Where a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Anywhere,
    /// In a document that is going to be committed.
    Written,
}

fn decode(json: &Json, depth: usize, place: Place) -> Result<Value, ValueError> {
    if depth > MAXIMUM_DEPTH {
        return Err(ValueError::TooDeep);
    }
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(boolean) => Value::Boolean(*boolean),
        Json::Number(number) => Value::Float64(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(elements) => {
            if elements.len() > MAXIMUM_ARRAY {
                return Err(ValueError::ArrayTooLong {
                    length: elements.len(),
                });
            }
            let elements = elements
                .iter()
                .map(|element| decode(element, depth + 1, place));
            Value::Array(elements.collect::<Result<_, _>>()?)
        }
        Json::Object(object) => decode_object(object, depth, place)?,
    })
}

fn decode_object(
    object: &Map<String, Json>,
    depth: usize,
    place: Place,
) -> Result<Value, ValueError> {
    if object.len() == 1
        && let Some((tag, payload)) = object.iter().next()
        && tag.starts_with('$')
    {
        return decode_tagged(tag, payload, place);
    }
    if object.len() > MAXIMUM_FIELDS {
        return Err(ValueError::TooManyFields {
            length: object.len(),
        });
    }
    let mut fields = Fields::new();
    for (name, value) in object {
        check_field_name(name)?;
        fields.insert(name.clone(), decode(value, depth + 1, place)?);
    }
    Ok(Value::Object(fields))
}

fn decode_tagged(tag: &str, payload: &Json, place: Place) -> Result<Value, ValueError> {
    match tag {
        "$integer" => {
            eight_bytes("$integer", payload).map(|bytes| Value::Int64(i64::from_le_bytes(bytes)))
        }
        "$float" => {
            let number = f64::from_le_bytes(eight_bytes("$float", payload)?);
            let negative_zero = number == 0.0 && number.is_sign_negative();
            if number.is_finite() && !negative_zero {
                return Err(ValueError::Malformed {
                    tag: "$float",
                    expected: "a number that JSON cannot write",
                });
            }
            Ok(Value::Float64(number))
        }
        "$bytes" => payload
            .as_str()
            .and_then(|text| STANDARD.decode(text).ok())
            .map(Value::Bytes)
            .ok_or(ValueError::Malformed {
                tag: "$bytes",
                expected: "bytes",
            }),
        "$undefined" => Err(ValueError::Undefined),
        "$commitTs" if place == Place::Written && payload.is_null() => Ok(Value::CommitTimestamp),
        "$commitTs" => Err(ValueError::CommitTimestamp),
        other => check_field_name(other).map(|()| Value::Null),
    }
}

fn eight_bytes(tag: &'static str, payload: &Json) -> Result<[u8; 8], ValueError> {
    payload
        .as_str()
        .and_then(|text| STANDARD.decode(text).ok())
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(ValueError::Malformed {
            tag,
            expected: "8 bytes",
        })
}

fn check_field_name(name: &str) -> Result<(), ValueError> {
    let rule = if name.is_empty() {
        "a name is not empty"
    } else if name.starts_with('$') {
        "names that begin with `$` are reserved"
    } else if name.len() > MAXIMUM_FIELD_NAME {
        "too long"
    } else if !name.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        "only printable ASCII is allowed"
    } else {
        return Ok(());
    };
    Err(ValueError::FieldName {
        name: name.to_owned(),
        rule,
    })
}

fn is_tag(json: &Json, tag: &str) -> bool {
    json.as_object()
        .is_some_and(|object| object.len() == 1 && object.contains_key(tag))
}
