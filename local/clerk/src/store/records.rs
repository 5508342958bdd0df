//! What is stored. Times are in milliseconds since the Unix epoch.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Record;
use crate::clock::Millis;
use crate::machine::reverification::Reverification;
use crate::machine::sign_in::SignIn;
use crate::machine::sign_up::SignUp;
use crate::machine::verification::Verification;

/// A Clerk metadata object.
pub(crate) type Metadata = Map<String, Value>;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) username: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) image_id: Option<String>,
    pub(crate) primary_email_address_id: Option<String>,
    pub(crate) password_hash: Option<String>,
    /// The password is known to others: a session is pending until it is replaced.
    pub(crate) password_compromised: bool,
    pub(crate) totp: Option<Totp>,
    /// SHA-256 of each unused backup code, in hexadecimal.
    pub(crate) backup_codes: Vec<String>,
    pub(crate) public_metadata: Metadata,
    pub(crate) private_metadata: Metadata,
    pub(crate) unsafe_metadata: Metadata,
    pub(crate) banned: bool,
    pub(crate) failed_attempts: u32,
    pub(crate) locked_until: Option<Millis>,
    pub(crate) last_sign_in_at: Option<Millis>,
    pub(crate) last_active_at: Option<Millis>,
    pub(crate) mfa_enabled_at: Option<Millis>,
    pub(crate) mfa_disabled_at: Option<Millis>,
    pub(crate) legal_accepted_at: Option<Millis>,
    /// The name of the plan, when it is not the free one.
    pub(crate) plan: Option<String>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

impl User {
    pub(crate) fn totp_enabled(&self) -> bool {
        self.totp.as_ref().is_some_and(|totp| totp.verified)
    }

    pub(crate) fn full_name(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.first_name, &self.last_name]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    pub(crate) fn locked(&self, now: Millis) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Totp {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) verified: bool,
    /// The last time step whose code was accepted: a code works once (RFC 6238 §5.2).
    #[serde(default)]
    pub(crate) last_step: Option<u64>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EmailAddress {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) email_address: String,
    pub(crate) verification: Option<Verification>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

impl EmailAddress {
    pub(crate) fn verified(&self) -> bool {
        self.verification
            .as_ref()
            .is_some_and(Verification::is_verified)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ExternalAccount {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) identification_id: String,
    pub(crate) provider: String,
    pub(crate) provider_user_id: String,
    pub(crate) email_address: String,
    /// Of a connection that a signed-in person asked for; `None` when a sign-in made it.
    #[serde(default)]
    pub(crate) verification: Option<Verification>,
    /// Where the browser goes after the provider's answer.
    #[serde(default)]
    pub(crate) redirect_url: Option<String>,
    pub(crate) created_at: Millis,
}

/// An uploaded profile image or organization logo.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Image {
    pub(crate) id: String,
    pub(crate) content_type: String,
    pub(crate) base64: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DevBrowser {
    pub(crate) id: String,
    pub(crate) client_id: Option<String>,
    pub(crate) created_at: Millis,
}

/// A browser, as Clerk sees it: its sessions and what it is in the middle of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) rotating_token: String,
    pub(crate) sign_in_id: Option<String>,
    pub(crate) sign_up_id: Option<String>,
    pub(crate) last_active_session_id: Option<String>,
    pub(crate) last_authentication_strategy: Option<String>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionStatus {
    Active,
    Ended,
    Removed,
    Revoked,
}

impl SessionStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Removed => "removed",
            Self::Revoked => "revoked",
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) status: SessionStatus,
    pub(crate) active_organization_id: Option<String>,
    /// When the first factor was proved again; until then the session's start counts.
    #[serde(default)]
    pub(crate) first_factor_at: Option<Millis>,
    #[serde(default)]
    pub(crate) second_factor_at: Option<Millis>,
    /// The reverification that the person is in the middle of.
    #[serde(default)]
    pub(crate) reverification: Option<Reverification>,
    pub(crate) user_agent: Option<String>,
    pub(crate) last_active_at: Millis,
    pub(crate) expire_at: Millis,
    pub(crate) abandon_at: Millis,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

impl Session {
    pub(crate) fn live(&self, now: Millis) -> bool {
        self.status == SessionStatus::Active && now < self.expire_at
    }
}

/// A one-time ticket that signs a user in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignInToken {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) status: SignInTokenStatus,
    pub(crate) expire_at: Millis,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SignInTokenStatus {
    Pending,
    Accepted,
    Revoked,
}

/// Cookie directives that a handshake nonce stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Handshake {
    pub(crate) id: String,
    pub(crate) directives: Vec<String>,
    pub(crate) expire_at: Millis,
}

/// An e-mail that a hosted instance would have sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) code: Option<String>,
    /// A link to follow instead of a code to type.
    #[serde(default)]
    pub(crate) url: Option<String>,
    pub(crate) created_at: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) slug: String,
    pub(crate) image_id: Option<String>,
    #[serde(default)]
    pub(crate) public_metadata: Metadata,
    #[serde(default)]
    pub(crate) private_metadata: Metadata,
    pub(crate) max_allowed_memberships: u32,
    /// The name of the plan, when it is not the free one.
    #[serde(default)]
    pub(crate) plan: Option<String>,
    pub(crate) created_by: Option<String>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) user_id: String,
    pub(crate) role: String,
    #[serde(default)]
    pub(crate) public_metadata: Metadata,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum InvitationStatus {
    Pending,
    Accepted,
    Revoked,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Invitation {
    pub(crate) id: String,
    pub(crate) organization_id: String,
    pub(crate) email_address: String,
    pub(crate) role: String,
    pub(crate) status: InvitationStatus,
    /// Where the link in the e-mail leads in the end; the app's own pages when nothing was said.
    #[serde(default)]
    pub(crate) redirect_url: Option<String>,
    /// What the membership starts with.
    #[serde(default)]
    pub(crate) public_metadata: Metadata,
    pub(crate) expires_at: Millis,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

/// A key that a person or an organization gives to programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// The id of the person or the organization that the key acts for.
    pub(crate) subject: String,
    pub(crate) created_by: String,
    /// SHA-256 of the secret, in hexadecimal: the secret itself is shown once and not kept.
    pub(crate) secret_hash: String,
    pub(crate) expires_at: Option<Millis>,
    pub(crate) revoked_at: Option<Millis>,
    pub(crate) revocation_reason: Option<String>,
    pub(crate) last_used_at: Option<Millis>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

impl ApiKey {
    pub(crate) fn expired(&self, now: Millis) -> bool {
        self.expires_at.is_some_and(|at| now >= at)
    }

    pub(crate) fn usable(&self, now: Millis) -> bool {
        self.revoked_at.is_none() && !self.expired(now)
    }
}

/// Someone who wants an account and does not get one yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WaitlistEntry {
    pub(crate) id: String,
    pub(crate) email_address: String,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
}

/// The instance's own identity and secrets, made at first start.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct InstanceRecord {
    pub(crate) id: String,
    pub(crate) instance_id: String,
    pub(crate) secret_key: String,
    pub(crate) signing_key: String,
}

macro_rules! records {
    ($($kind:ty => $table:literal),+ $(,)?) => {
        $(impl Record for $kind {
            const TABLE: &'static str = $table;
            fn id(&self) -> &str {
                &self.id
            }
        })+
    };
}

records! {
    User => "users",
    EmailAddress => "email_addresses",
    ExternalAccount => "external_accounts",
    Image => "images",
    DevBrowser => "dev_browsers",
    Client => "clients",
    Session => "sessions",
    SignIn => "sign_ins",
    SignUp => "sign_ups",
    SignInToken => "sign_in_tokens",
    Handshake => "handshakes",
    Message => "messages",
    Organization => "organizations",
    Membership => "memberships",
    Invitation => "invitations",
    ApiKey => "api_keys",
    WaitlistEntry => "waitlist_entries",
    InstanceRecord => "settings",
}
