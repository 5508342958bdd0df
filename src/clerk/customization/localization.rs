//! `Localization`

use serde::Serialize;
use serde_json::{Map, Value};

/// The texts of Clerk's prebuilt components. What it leaves out stays English.
///
/// Give it to [`ClerkProvider`](crate::clerk::ClerkProvider); it takes a signal, and the components change their language live.
///
/// ```
/// use leptos_clerk_convex::clerk::Localization;
///
/// let german = Localization::new("de-DE")
///     .text("signIn.start.title", "Anmelden bei {{applicationName}}")
///     .text("formButtonPrimary", "Weiter")
///     .error("form_password_incorrect", "Das Passwort stimmt nicht.");
/// assert_eq!(german.as_value()["signIn"]["start"]["title"], "Anmelden bei {{applicationName}}");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Localization(Value);

impl Localization {
    /// The texts of one language, such as `de-DE`, with none of them given yet.
    #[must_use]
    pub fn new(locale: impl Into<String>) -> Self {
        let locale: String = locale.into();
        let mut texts = Map::new();
        texts.insert("locale".to_owned(), locale.into());
        Self(Value::Object(texts))
    }

    /// One text. Its path is the one in Clerk's localization files, with dots: `signIn.start.title`. A text can hold variables
    /// in double braces.
    #[must_use]
    pub fn text(self, path: &str, text: impl Into<String>) -> Self {
        let text: String = text.into();
        self.put(path, text.into())
    }

    /// The text of one of Clerk's error codes, such as `form_password_incorrect`, or of a code and a field:
    /// `form_param_nil__username`.
    #[must_use]
    pub fn error(mut self, code: &str, text: impl Into<String>) -> Self {
        let text: String = text.into();
        if let Some(errors) = object_at(&mut self.0, "unstable__errors") {
            errors.insert(code.to_owned(), text.into());
        }
        self
    }

    /// A whole tree of texts at a path, as Clerk's localization packages have them.
    #[must_use]
    pub fn put(mut self, path: &str, texts: Value) -> Self {
        let mut place = &mut self.0;
        let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
        for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
            if !place[parent].is_object() {
                place[parent] = Value::Object(Map::new());
            }
            place = &mut place[parent];
        }
        place[name] = texts;
        self
    }

    /// The object that ClerkJS gets.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.0
    }
}

impl From<Value> for Localization {
    /// Takes Clerk's `localization` object as it is; anything but an object is English.
    fn from(value: Value) -> Self {
        match value {
            Value::Object(_) => Self(value),
            _ => Self::new("en-US"),
        }
    }
}

/// The object at a member, made if there is none.
fn object_at<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    if !value[name].is_object() {
        value[name] = Value::Object(Map::new());
    }
    value[name].as_object_mut()
}
