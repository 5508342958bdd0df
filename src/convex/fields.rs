//! Some fields of a JSON object, as text: what is not asked for is skipped, what is asked for is not copied.
//!
//! Code that serde derives for the same purpose is several times the size in a browser, once for every type.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::values::EncodedValue;

/// A field that is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'text> {
    name: &'static str,
    /// `None` when the object has none of this name.
    pub(super) text: Option<&'text str>,
}

impl<'text> Field<'text> {
    /// Fields to be read by an [`Object`].
    pub(super) fn named<const N: usize>(names: [&'static str; N]) -> [Self; N] {
        names.map(|name| Self { name, text: None })
    }

    /// The fields of an object with these names.
    pub(super) fn of<const N: usize>(
        text: &'text str,
        names: [&'static str; N],
    ) -> Result<[Self; N], String> {
        let mut fields = Self::named(names);
        read(text, Object(&mut fields))?;
        Ok(fields)
    }

    /// Whether there is something, and not `null`.
    pub(super) fn some(self) -> Option<&'text str> {
        self.text.filter(|text| *text != "null")
    }

    /// A value of the application: `null` is something, absent is nothing.
    pub(super) fn value(self) -> Option<EncodedValue> {
        self.text.map(EncodedValue::from_text)
    }

    /// Where it begins in the text that it was read from.
    pub(super) fn offset_in(self, text: &str) -> Option<usize> {
        let start = self.text?.as_ptr().addr();
        start.checked_sub(text.as_ptr().addr())
    }

    /// What is there, or that something is wrong with it.
    pub(super) fn required<T>(self, read: Option<T>, expected: &str) -> Result<T, String> {
        read.ok_or_else(|| format!("`{}` is not {expected}", self.name))
    }

    pub(super) fn string(self) -> Result<String, String> {
        self.required(self.optional_string(), "a text")
    }

    pub(super) fn optional_string(self) -> Option<String> {
        string(self.some()?).map(Cow::into_owned)
    }

    /// A number or a boolean, which JSON and Rust write alike.
    pub(super) fn parse<T: FromStr>(self) -> Option<T> {
        self.text?.parse().ok()
    }

    pub(super) fn number(self) -> Result<u32, String> {
        self.required(self.parse(), "a number of 32 bits")
    }

    /// The texts in a list; none is as good as an empty one.
    pub(super) fn strings(self) -> Result<Vec<String>, String> {
        let items = match self.some() {
            None | Some("[]") => return Ok(Vec::new()),
            Some(text) => self.required(items(text), "a list")?,
        };
        let texts = items.into_iter().filter_map(|item| string(item.get()));
        Ok(texts.map(Cow::into_owned).collect())
    }
}

/// Reads the whole of a text.
pub(super) fn read<'text, T: DeserializeSeed<'text>>(
    text: &'text str,
    seed: T,
) -> Result<T::Value, String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut deserializer);
    value
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| error.to_string())
}

/// The items of a list, as text.
pub(super) fn items(text: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(text).ok()
}

/// Reads a JSON string, without a copy where nothing in it is escaped.
pub(super) fn string(text: &str) -> Option<Cow<'_, str>> {
    let plain = text.strip_prefix('"')?.strip_suffix('"')?;
    if plain.contains('\\') {
        serde_json::from_str(text).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(plain))
    }
}

/// An object whose fields are to be read.
pub(super) struct Object<'fields, 'text>(pub(super) &'fields mut [Field<'text>]);

impl<'text> DeserializeSeed<'text> for Object<'_, 'text> {
    type Value = ();

    fn deserialize<D: Deserializer<'text>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'text> Visitor<'text> for Object<'_, 'text> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'text>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(place) = map.next_key_seed(Key(self.0))? {
            take(&mut map, place, self.0)?;
        }
        Ok(())
    }
}

/// Keeps the text behind a key, if it is asked for.
pub(super) fn take<'text, A: MapAccess<'text>>(
    map: &mut A,
    place: Option<usize>,
    fields: &mut [Field<'text>],
) -> Result<(), A::Error> {
    let text = map.next_value::<&RawValue>()?.get();
    if let Some(field) = place.and_then(|place| fields.get_mut(place)) {
        field.text = Some(text);
    }
    Ok(())
}

/// A key of an object: which of the fields it names.
pub(super) struct Key<'fields, 'text>(pub(super) &'fields [Field<'text>]);

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|field| field.name == name))
    }
}
