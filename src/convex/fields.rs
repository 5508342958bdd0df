//! Some fields of a JSON object, as text: what is not asked for is skipped, what is asked for is not copied.
//!
//! Code that serde derives for the same purpose is several times the size in a browser, once for every type.

use std::{borrow::Cow, str::FromStr};

use super::{
    json::{Raw, Scanner, string},
    values::EncodedValue,
};

/// A field that is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'text> {
    name: &'static str,
    /// `None` when the object has none of this name.
    raw: Option<Raw<'text>>,
}

impl<'text> Field<'text> {
    /// Fields to be read by an [`Object`].
    pub(super) fn named<const N: usize>(names: [&'static str; N]) -> [Self; N] {
        names.map(|name| Self { name, raw: None })
    }

    /// The fields of an object with these names.
    pub(super) fn of<const N: usize>(
        text: &'text str,
        names: [&'static str; N],
    ) -> Result<[Self; N], String> {
        let mut fields = Self::named(names);
        let mut scanner = Scanner::new(text);
        object(&mut scanner, &mut fields)?;
        scanner.end()?;
        Ok(fields)
    }

    /// What is there.
    pub(super) fn text(self) -> Option<&'text str> {
        self.raw.map(|raw| raw.text)
    }

    /// Whether there is something, and not `null`.
    pub(super) fn some(self) -> Option<&'text str> {
        self.text().filter(|text| *text != "null")
    }

    /// A value of the application: `null` is something, absent is nothing.
    pub(super) fn value(self) -> Option<EncodedValue> {
        self.raw.map(EncodedValue::from_raw)
    }

    /// Where it begins in the text that it was read from.
    pub(super) fn offset_in(self, text: &str) -> Option<usize> {
        let start = self.text()?.as_ptr().addr();
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

    /// A whole number or a boolean, which JSON and Rust write alike.
    pub(super) fn parse<T: FromStr>(self) -> Option<T> {
        self.text()?.parse().ok()
    }

    pub(super) fn number(self) -> Result<u32, String> {
        self.required(self.parse(), "a number of 32 bits")
    }

    /// The texts in a list; none is as good as an empty one.
    pub(super) fn strings(self) -> Result<Vec<String>, String> {
        let items = match self.some() {
            None | Some("[]") => return Ok(Vec::new()),
            Some(text) => self.required(items(text).ok(), "a list")?,
        };
        let texts = items.into_iter().filter_map(|item| string(item.text));
        Ok(texts.map(Cow::into_owned).collect())
    }
}

/// The items of a list, as text.
pub(super) fn items(text: &str) -> Result<Vec<Raw<'_>>, &'static str> {
    let mut scanner = Scanner::new(text);
    let mut items = Vec::new();
    scanner.enter_list()?;
    while scanner.item()? {
        items.push(scanner.value()?);
    }
    scanner.end()?;
    Ok(items)
}

/// Takes the object that begins here. It is quickest with fields in the order in which they are asked for.
pub(super) fn object<'text>(
    scanner: &mut Scanner<'text>,
    fields: &mut [Field<'text>],
) -> Result<(), &'static str> {
    let mut expected = 0;
    scanner.enter_object()?;
    while let Some(key) = scanner.key()? {
        let place = place(fields, key, expected);
        take(scanner, place, fields)?;
        expected = place.map_or(expected, |place| place + 1);
    }
    Ok(())
}

/// Which of the fields a key names; the one at `expected` is looked at first.
pub(super) fn place(fields: &[Field<'_>], key: &str, expected: usize) -> Option<usize> {
    let named = |name: &str| fields.iter().position(|field| field.name == name);
    match fields.get(expected) {
        Some(field) if field.name == key => Some(expected),
        // Nobody writes these names with escapes, and anybody may.
        _ if key.contains('\\') => named(&string(&format!("\"{key}\""))?),
        _ => named(key),
    }
}

/// Takes the value behind a key, and keeps it if it is asked for.
pub(super) fn take<'text>(
    scanner: &mut Scanner<'text>,
    place: Option<usize>,
    fields: &mut [Field<'text>],
) -> Result<(), &'static str> {
    let value = scanner.value()?;
    if let Some(field) = place.and_then(|place| fields.get_mut(place)) {
        field.raw = Some(value);
    }
    Ok(())
}
