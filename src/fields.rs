//! Reading JSON one field at a time.
//!
//! Code that serde derives for the same purpose is several times the size in a browser, once for every type.

use serde_json::Value;

/// The fields of an object. ClerkJS gives some resources as the Frontend API wrote them, in snake case, and the others as its own
/// objects, in camel case; both are read.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Value);

impl<'a> Fields<'a> {
    fn value(self, name: &str) -> &'a Value {
        match &self.0[name] {
            Value::Null if name.contains('_') => &self.0[camel_case(name).as_str()],
            value => value,
        }
    }

    pub(crate) fn text(self, name: &str) -> Option<String> {
        self.value(name).as_str().map(str::to_owned)
    }

    /// A whole number.
    pub(crate) fn integer(self, name: &str) -> Option<i64> {
        self.value(name).as_i64()
    }

    pub(crate) fn number(self, name: &str) -> Option<f64> {
        self.value(name).as_f64()
    }

    /// A number of things; none when the field is missing.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the conversion saturates"
    )]
    pub(crate) fn count(self, name: &str) -> u32 {
        self.number(name).map_or(0, |number| number as u32)
    }

    pub(crate) fn flag(self, name: &str) -> bool {
        self.value(name).as_bool() == Some(true)
    }

    pub(crate) fn raw(self, name: &str) -> Value {
        self.value(name).clone()
    }

    pub(crate) fn texts(self, name: &str) -> Vec<String> {
        let texts = self.value(name).as_array().into_iter().flatten();
        texts.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    pub(crate) fn objects(self, name: &str) -> impl Iterator<Item = Fields<'a>> {
        let items = self.value(name).as_array().into_iter().flatten();
        items.filter(|item| item.is_object()).map(Fields)
    }

    pub(crate) fn object(self, name: &str) -> Option<Fields<'a>> {
        let value = self.value(name);
        value.is_object().then_some(Fields(value))
    }
}

fn camel_case(name: &str) -> String {
    let mut upper = false;
    let mut camel = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            camel.push(letter.to_ascii_uppercase());
        } else {
            camel.push(letter);
        }
    }
    camel
}
