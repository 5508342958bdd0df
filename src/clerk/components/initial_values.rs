//! `InitialValues`

use leptos::prelude::MaybeProp;
use serde_json::{Map, Value};

/// What a form starts with.
///
/// ```
/// use leptos_clerk_convex::clerk::InitialValues;
///
/// let values = InitialValues::new().email_address("ada@example.com").first_name("Ada");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitialValues(Map<String, Value>);

impl InitialValues {
    /// An empty form.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The e-mail address.
    #[must_use]
    pub fn email_address(self, value: impl Into<String>) -> Self {
        self.set("emailAddress", value.into())
    }

    /// The phone number, in international form.
    #[must_use]
    pub fn phone_number(self, value: impl Into<String>) -> Self {
        self.set("phoneNumber", value.into())
    }

    /// The user name.
    #[must_use]
    pub fn username(self, value: impl Into<String>) -> Self {
        self.set("username", value.into())
    }

    /// The first name, where the form signs up.
    #[must_use]
    pub fn first_name(self, value: impl Into<String>) -> Self {
        self.set("firstName", value.into())
    }

    /// The last name, where the form signs up.
    #[must_use]
    pub fn last_name(self, value: impl Into<String>) -> Self {
        self.set("lastName", value.into())
    }

    fn set(mut self, name: &str, value: String) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// The prop: nothing when there is nothing to start with.
    pub(super) fn prop(values: Option<Self>) -> MaybeProp<Value> {
        MaybeProp::from(values.map(Self::into_value))
    }
}
