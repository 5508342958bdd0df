//! Users.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::server::Token;

use super::sessions::token;
use super::{BackendClient, BackendError, BackendRequest, OrganizationMembership, Page};

/// A user as Clerk keeps them. Times are unix milliseconds.
///
/// It can be serialised to hand it to the browser, and then leaves out `private_metadata`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct User {
    /// `user_…`.
    pub id: String,
    /// The user name, where the instance uses them.
    pub username: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// Where the picture is; there is always one.
    pub image_url: String,
    /// Whether the picture is the user's own.
    pub has_image: bool,
    /// Which of the e-mail addresses is the primary one.
    pub primary_email_address_id: Option<String>,
    /// Which of the phone numbers is the primary one.
    pub primary_phone_number_id: Option<String>,
    /// Which of the wallets is the primary one.
    pub primary_web3_wallet_id: Option<String>,
    /// Whether there is a password.
    pub password_enabled: bool,
    /// Whether there is a second factor.
    pub two_factor_enabled: bool,
    /// Whether an authenticator app is one.
    pub totp_enabled: bool,
    /// Whether there are backup codes.
    pub backup_code_enabled: bool,
    /// The e-mail addresses.
    pub email_addresses: Vec<EmailAddress>,
    /// The phone numbers.
    pub phone_numbers: Vec<PhoneNumber>,
    /// The wallets, as Clerk describes them.
    pub web3_wallets: Vec<Value>,
    /// The accounts with other providers, as Clerk describes them.
    pub external_accounts: Vec<Value>,
    /// The accounts with enterprise identity providers, as Clerk describes them.
    pub enterprise_accounts: Vec<Value>,
    /// What everybody may read.
    pub public_metadata: Map<String, Value>,
    /// What only servers may read.
    #[serde(skip_serializing)]
    pub private_metadata: Map<String, Value>,
    /// What the user's own browser may write.
    pub unsafe_metadata: Map<String, Value>,
    /// The id in another system.
    pub external_id: Option<String>,
    /// When they last signed in.
    pub last_sign_in_at: Option<i64>,
    /// When they were last active.
    pub last_active_at: Option<i64>,
    /// Whether they may not sign in any more.
    pub banned: bool,
    /// Whether they may not sign in for a while.
    pub locked: bool,
    /// For how much longer, in seconds.
    pub lockout_expires_in_seconds: Option<i64>,
    /// How often they may still try.
    pub verification_attempts_remaining: Option<i64>,
    /// When the password last changed.
    pub password_last_updated_at: Option<i64>,
    /// Whether they may create organizations.
    pub create_organization_enabled: bool,
    /// How many.
    pub create_organizations_limit: Option<i64>,
    /// Whether they may delete their account.
    pub delete_self_enabled: bool,
    /// When they accepted the terms.
    pub legal_accepted_at: Option<i64>,
    /// Their language.
    pub locale: Option<String>,
    /// When the account was made.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: i64,
}

impl User {
    /// First and last name, as far as there are any.
    #[must_use]
    pub fn full_name(&self) -> Option<String> {
        let names: Vec<&str> = [&self.first_name, &self.last_name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// The primary e-mail address.
    #[must_use]
    pub fn primary_email_address(&self) -> Option<&EmailAddress> {
        let id = self.primary_email_address_id.as_ref()?;
        self.email_addresses
            .iter()
            .find(|address| address.id == *id)
    }

    /// The primary phone number.
    #[must_use]
    pub fn primary_phone_number(&self) -> Option<&PhoneNumber> {
        let id = self.primary_phone_number_id.as_ref()?;
        self.phone_numbers.iter().find(|number| number.id == *id)
    }
}

/// An e-mail address of a user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EmailAddress {
    /// `idn_…`.
    pub id: String,
    /// The address.
    pub email_address: String,
    /// How far its verification is.
    pub verification: Option<Verification>,
    /// The accounts that it came from, as Clerk describes them.
    pub linked_to: Vec<Value>,
}

/// A phone number of a user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PhoneNumber {
    /// `idn_…`.
    pub id: String,
    /// The number, in the form of E.164.
    pub phone_number: String,
    /// How far its verification is.
    pub verification: Option<Verification>,
    /// Whether it is used as a second factor.
    pub reserved_for_second_factor: bool,
    /// Whether it is the second factor to try first.
    pub default_second_factor: bool,
}

/// How far the verification of an address or number is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Verification {
    /// `verified`, `unverified`, `failed` or `expired`.
    pub status: String,
    /// How it is verified.
    pub strategy: String,
    /// How often it was tried.
    pub attempts: Option<i64>,
    /// Until when it can be tried.
    pub expire_at: Option<i64>,
}

/// A user's token with another provider.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct OAuthToken {
    /// The token.
    #[serde(deserialize_with = "token")]
    pub token: Token,
    /// The provider, `oauth_google` for instance.
    pub provider: String,
    /// What it allows.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
}

/// Which users to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// How many, 500 at most. Clerk's default is 10.
    pub limit: Option<u32>,
    /// From which on.
    pub offset: Option<u32>,
    /// By which field, `-created_at` for the newest first.
    pub order_by: Option<String>,
    /// With any of these e-mail addresses.
    pub email_address: Vec<String>,
    /// With any of these ids.
    pub user_id: Vec<String>,
    /// With any of these ids in another system.
    pub external_id: Vec<String>,
    /// With this text in a name, address or number.
    pub query: Option<String>,
}

impl UserQuery {
    fn into_request(self, request: BackendRequest) -> BackendRequest {
        let mut request = request
            .query("limit", self.limit.filter(|limit| *limit > 0))
            .query("offset", self.offset.filter(|offset| *offset > 0))
            .query("order_by", self.order_by)
            .query("query", self.query);
        for (name, values) in [
            ("email_address", self.email_address),
            ("user_id", self.user_id),
            ("external_id", self.external_id),
        ] {
            for value in values {
                request = request.query(name, Some(value));
            }
        }
        request
    }
}

/// What to change of a user. What is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UserUpdate {
    /// The first name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The id in another system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Which e-mail address is the primary one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_email_address_id: Option<String>,
}

/// Metadata to write. What is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MetadataUpdate {
    /// What everybody may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_metadata: Option<Map<String, Value>>,
    /// What only servers may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_metadata: Option<Map<String, Value>>,
    /// What the user's own browser may write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsafe_metadata: Option<Map<String, Value>>,
}

impl MetadataUpdate {
    fn into_body(self) -> Value {
        let fields = [
            ("public_metadata", self.public_metadata),
            ("private_metadata", self.private_metadata),
            ("unsafe_metadata", self.unsafe_metadata),
        ];
        let set = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), Value::Object(value?))));
        Value::Object(set.collect())
    }
}

impl BackendClient {
    /// One user.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn user(&self, user_id: &str) -> Result<User, BackendError> {
        self.fetch(BackendRequest::new(Method::GET, ["users", user_id]))
            .await
    }

    /// Users, a page at a time. Clerk answers with a bare list here, so `total_count` is the length of the page; for the
    /// number of all users, see [`user_count`](Self::user_count).
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn users(&self, query: UserQuery) -> Result<Page<User>, BackendError> {
        self.fetch_list(query.into_request(BackendRequest::new(Method::GET, ["users"])))
            .await
    }

    /// How many users there are.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn user_count(&self, query: UserQuery) -> Result<u64, BackendError> {
        #[derive(Deserialize)]
        struct Count {
            total_count: u64,
        }
        let request = query.into_request(BackendRequest::new(Method::GET, ["users", "count"]));
        self.fetch::<Count>(request)
            .await
            .map(|count| count.total_count)
    }

    /// Changes a user.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn update_user(
        &self,
        user_id: &str,
        update: &UserUpdate,
    ) -> Result<User, BackendError> {
        let body = serde_json::to_value(update).unwrap_or_default();
        self.fetch(BackendRequest::new(Method::PATCH, ["users", user_id]).body(body))
            .await
    }

    /// Merges metadata into a user's, at any depth; `null` removes a key.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn merge_user_metadata(
        &self,
        user_id: &str,
        metadata: MetadataUpdate,
    ) -> Result<User, BackendError> {
        let request = BackendRequest::new(Method::PATCH, ["users", user_id, "metadata"]);
        self.fetch(request.body(metadata.into_body())).await
    }

    /// Replaces a user's metadata, each given kind as a whole.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn replace_user_metadata(
        &self,
        user_id: &str,
        metadata: MetadataUpdate,
    ) -> Result<User, BackendError> {
        let request = BackendRequest::new(Method::PUT, ["users", user_id, "metadata"]);
        self.fetch(request.body(metadata.into_body())).await
    }

    /// Deletes a user.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn delete_user(&self, user_id: &str) -> Result<(), BackendError> {
        self.send(BackendRequest::new(Method::DELETE, ["users", user_id]))
            .await
            .map(drop)
    }

    /// The organizations that a user is in.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn user_memberships(
        &self,
        user_id: &str,
        limit: Option<u32>,
        offset: Option<u32>,
    ) -> Result<Page<OrganizationMembership>, BackendError> {
        let request =
            BackendRequest::new(Method::GET, ["users", user_id, "organization_memberships"])
                .query("limit", limit.filter(|limit| *limit > 0))
                .query("offset", offset.filter(|offset| *offset > 0));
        self.fetch_list(request).await
    }

    /// A user's tokens with another provider, such as `google`.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn user_oauth_tokens(
        &self,
        user_id: &str,
        provider: &str,
    ) -> Result<Page<OAuthToken>, BackendError> {
        let provider = provider.strip_prefix("oauth_").unwrap_or(provider);
        let provider = format!("oauth_{provider}");
        let request = BackendRequest::new(
            Method::GET,
            ["users", user_id, "oauth_access_tokens", &provider],
        );
        self.fetch_list(request.query("paginated", Some(true)))
            .await
    }
}
