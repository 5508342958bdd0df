//! The signed-in person.

use serde::Serialize;
use serde_json::Value;

use super::Resource;
use crate::{fields::Fields, identity::Identity};

/// The signed-in person, as ClerkJS has them.
///
/// Before ClerkJS runs, [`User::from`] an [`Identity`] gives what the verified claims say: the id, and name, e-mail
/// address and picture where the instance puts them into the session token.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct User {
    /// `user_…`
    pub id: String,
    /// The user name, where the instance uses them.
    pub username: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The address of the picture; always there, because Clerk makes one from the initials.
    pub image_url: Option<String>,
    /// Whether the person has uploaded a picture.
    pub has_image: bool,
    /// The id of the primary e-mail address.
    pub primary_email_address_id: Option<String>,
    /// All e-mail addresses.
    pub email_addresses: Vec<EmailAddress>,
    /// Data that the server writes and everybody may read.
    pub public_metadata: Value,
    /// Data that the browser writes.
    pub unsafe_metadata: Value,
    /// Whether a second factor is set up.
    pub two_factor_enabled: bool,
    /// When the account was made, in milliseconds since the Unix epoch.
    pub created_at: Option<f64>,
    /// When the account changed last, in milliseconds since the Unix epoch.
    pub updated_at: Option<f64>,
    /// The name in the claims, for as long as ClerkJS has not delivered the parts.
    #[serde(skip)]
    claimed_name: Option<String>,
    /// The e-mail address in the claims, for as long as ClerkJS has not delivered the list.
    #[serde(skip)]
    claimed_email: Option<String>,
}

impl User {
    /// First and last name, as far as there are any.
    #[must_use]
    pub fn full_name(&self) -> Option<String> {
        let names: Vec<&str> = [&self.first_name, &self.last_name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .filter(|name| !name.is_empty())
            .collect();
        if names.is_empty() {
            self.claimed_name.clone()
        } else {
            Some(names.join(" "))
        }
    }

    /// The primary e-mail address.
    #[must_use]
    pub fn primary_email_address(&self) -> Option<&str> {
        self.email_addresses
            .iter()
            .find(|address| Some(&address.id) == self.primary_email_address_id.as_ref())
            .or_else(|| self.email_addresses.first())
            .map(|address| address.email_address.as_str())
            .or(self.claimed_email.as_deref())
    }
}

impl Resource for User {
    fn from_json(json: &Value) -> Option<Self> {
        let fields = Fields(json);
        Some(Self {
            id: fields.text("id")?,
            username: fields.text("username"),
            first_name: fields.text("first_name"),
            last_name: fields.text("last_name"),
            image_url: fields.text("image_url"),
            has_image: fields.flag("has_image"),
            primary_email_address_id: fields.text("primary_email_address_id"),
            email_addresses: fields
                .objects("email_addresses")
                .filter_map(EmailAddress::read)
                .collect(),
            public_metadata: fields.raw("public_metadata"),
            unsafe_metadata: fields.raw("unsafe_metadata"),
            two_factor_enabled: fields.flag("two_factor_enabled"),
            created_at: fields.number("created_at"),
            updated_at: fields.number("updated_at"),
            claimed_name: None,
            claimed_email: None,
        })
    }
}

impl From<&Identity> for User {
    fn from(identity: &Identity) -> Self {
        Self {
            id: identity.user_id.clone(),
            image_url: identity.profile.image_url.clone(),
            claimed_name: identity.profile.name.clone(),
            claimed_email: identity.profile.email.clone(),
            ..Self::default()
        }
    }
}

/// One of a person's e-mail addresses.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EmailAddress {
    /// `idn_…`
    pub id: String,
    /// The address.
    pub email_address: String,
    /// Whether and how it was verified.
    pub verification: Option<Verification>,
}

impl EmailAddress {
    fn read(fields: Fields<'_>) -> Option<Self> {
        let verification = fields.object("verification");
        Some(Self {
            id: fields.text("id")?,
            email_address: fields.text("email_address").unwrap_or_default(),
            verification: verification.map(|fields| Verification {
                status: fields.text("status").unwrap_or_default(),
                strategy: fields.text("strategy"),
            }),
        })
    }
}

/// Whether and how something was verified.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Verification {
    /// `unverified`, `verified`, `transferable`, `failed` or `expired`.
    pub status: String,
    /// How, for example `email_code`.
    pub strategy: Option<String>,
}
