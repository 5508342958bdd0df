//! What can go wrong: at start ([`OpenError`]), inside ([`Internal`]) and towards a caller ([`ApiError`]).

use std::path::PathBuf;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value, json};

/// Why an instance cannot open. Nothing on disk is deleted or overwritten when it does not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The origin is not an address that only this machine can reach.
    #[error("local Clerk serves loopback only, and {origin:?} is not a loopback origin")]
    NotLoopback {
        /// The origin that was asked for.
        origin: String,
    },
    /// The data directory cannot be made or written.
    #[error("local Clerk cannot write its data directory {}: {source}", directory.display())]
    Unwritable {
        /// The directory.
        directory: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database file is not a database, or is damaged.
    #[error("local Clerk's database {} is damaged ({detail}); it was left as it is", file.display())]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// What SQLite said.
        detail: String,
    },
    /// The database was written by a newer version of this project.
    #[error("local Clerk's database {} has version {found}, and this build knows {known}", file.display())]
    Newer {
        /// The file.
        file: PathBuf,
        /// The version in the file.
        found: i64,
        /// The latest version that this build reads.
        known: i64,
    },
    /// The database is held by another process.
    #[error("local Clerk's database {} is in use by another process", file.display())]
    Busy {
        /// The file.
        file: PathBuf,
    },
    /// Anything else.
    #[error("local Clerk could not start: {0}")]
    Other(String),
}

impl OpenError {
    /// A stable name for the kind of error.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotLoopback { .. } => "origin-not-loopback",
            Self::Unwritable { .. } => "data-directory-unwritable",
            Self::Corrupt { .. } => "database-corrupt",
            Self::Newer { .. } => "database-newer",
            Self::Busy { .. } => "database-busy",
            Self::Other(_) => "start-failed",
        }
    }

    /// What the operator can do about it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::NotLoopback { .. } => {
                "serve on 127.0.0.1 or localhost, or configure a hosted Clerk instance"
            }
            Self::Unwritable { .. } => {
                "make the directory writable for this user, or choose another one"
            }
            Self::Corrupt { .. } => "move the file away to start afresh, or restore it from a copy",
            Self::Newer { .. } => "update this checkout, or move the file away to start afresh",
            Self::Busy { .. } => "stop the other server, or give this one its own data directory",
            Self::Other(_) => "see the log for details",
        }
    }
}

/// A failure that is the instance's own fault: the caller learns nothing but `internal_clerk_error`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Internal {
    #[error("storage failed: {0}")]
    Storage(#[from] rusqlite::Error),
    #[error("a stored record is not readable: {0}")]
    Record(#[from] serde_json::Error),
    #[error("a token could not be signed: {0}")]
    Token(jsonwebtoken::errors::Error),
    #[error("{0}")]
    Cryptography(&'static str),
    #[error("inconsistent data: {0}")]
    Inconsistent(&'static str),
}

macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $code:literal, $status:ident, $message:literal;)+) => {
        /// The error codes of Clerk's API that this instance answers, each with its status and text.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code { $($(#[$meta])* $variant),+ }

        impl Code {
            #[cfg(test)]
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            fn message(self) -> &'static str {
                match self { $(Self::$variant => $message),+ }
            }
        }
    };
}

codes! {
    AccountTransferInvalid = "account_transfer_invalid", BAD_REQUEST, "There is no account to continue with. Start again.";
    AlreadyAMember = "already_a_member_in_organization", BAD_REQUEST, "This person is already a member of the organization.";
    AuthenticationInvalid = "authentication_invalid", UNAUTHORIZED, "Sign in to do this: the request carries no live session.";
    BackupCodesNotAvailable = "backup_codes_not_available", BAD_REQUEST, "Backup codes need an authenticator app to be set up first.";
    BillingNotEnabled = "billing_not_enabled", FORBIDDEN, "This instance has no billing.";
    ClientNotFound = "client_not_found", BAD_REQUEST, "This browser has no client yet.";
    ClientStateInvalid = "client_state_invalid", BAD_REQUEST, "This step does not fit what happened before. Start again.";
    DevBrowserUnauthenticated = "dev_browser_unauthenticated", UNAUTHORIZED, "This browser is not known to the development instance.";
    ExternalPaymentsNotSetUp = "external_payments_not_setup", UNPROCESSABLE_ENTITY, "The local instance takes no payments. Paid plans can be tried on a hosted Clerk instance.";
    FeatureNotEnabled = "feature_not_enabled", FORBIDDEN, "This feature is not enabled on this instance.";
    FormCodeIncorrect = "form_code_incorrect", UNPROCESSABLE_ENTITY, "The code is incorrect.";
    FormIdentifierExists = "form_identifier_exists", UNPROCESSABLE_ENTITY, "That email address is taken. Please try another.";
    FormIdentifierNotFound = "form_identifier_not_found", UNPROCESSABLE_ENTITY, "Couldn't find your account.";
    FormNewPasswordMatchesCurrent = "form_new_password_matches_current", UNPROCESSABLE_ENTITY, "The new password equals the current one.";
    FormParamFormatInvalid = "form_param_format_invalid", UNPROCESSABLE_ENTITY, "This does not have the right form.";
    FormParamMissing = "form_param_missing", UNPROCESSABLE_ENTITY, "A required value is missing.";
    FormParamUnknown = "form_param_unknown", UNPROCESSABLE_ENTITY, "This field is not enabled on this instance.";
    FormParamValueInvalid = "form_param_value_invalid", UNPROCESSABLE_ENTITY, "This value is not allowed.";
    FormPasswordIncorrect = "form_password_incorrect", UNPROCESSABLE_ENTITY, "Password is incorrect. Try again, or use another method.";
    FormPasswordLengthTooLong = "form_password_length_too_long", UNPROCESSABLE_ENTITY, "Passwords must be at most 72 characters.";
    FormPasswordLengthTooShort = "form_password_length_too_short", UNPROCESSABLE_ENTITY, "Passwords must be 8 characters or more.";
    FormResourceNotFound = "form_resource_not_found", UNPROCESSABLE_ENTITY, "The named resource does not exist.";
    HostInvalid = "host_invalid", BAD_REQUEST, "The local instance answers on loopback host names only.";
    IdentifierAlreadySignedIn = "identifier_already_signed_in", BAD_REQUEST, "You're already signed in with this account.";
    ImageTooLarge = "image_too_large", PAYLOAD_TOO_LARGE, "The image is too large. The limit is 10 MB.";
    InternalClerkError = "internal_clerk_error", INTERNAL_SERVER_ERROR, "The local instance failed. Its log says more.";
    InvalidHandshake = "invalid_handshake", BAD_REQUEST, "The handshake is unknown, expired or used.";
    InvalidRedirectUrl = "invalid_redirect_url", UNPROCESSABLE_ENTITY, "The local instance redirects to loopback addresses only.";
    LastRequiredIdentification = "last_required_identification_deletion_failed", BAD_REQUEST, "You need at least one verified email address.";
    NoPasswordSet = "no_password_set", BAD_REQUEST, "This account has no password.";
    NoSecondFactors = "no_second_factors", BAD_REQUEST, "This account has no second factor.";
    NotAMember = "not_a_member_in_organization", FORBIDDEN, "You are not a member of this organization.";
    OAuthAccessDenied = "oauth_access_denied", FORBIDDEN, "You did not grant access to your account.";
    OAuthCallbackInvalid = "oauth_callback_invalid", BAD_REQUEST, "There is no sign-in waiting for this provider's answer.";
    OAuthIdentificationClaimed = "oauth_identification_claimed", BAD_REQUEST, "This account is connected to another user already.";
    OAuthProviderNotEnabled = "oauth_provider_not_enabled", BAD_REQUEST, "This sign-in provider is not enabled on this instance.";
    OrganizationInvitationAlreadyAccepted = "organization_invitation_already_accepted", BAD_REQUEST, "This invitation has been accepted.";
    OrganizationInvitationAccountExists = "organization_invitation_identification_already_exists", BAD_REQUEST, "The invited person has an account already: sign in to accept.";
    OrganizationInvitationNoAccount = "organization_invitation_identification_not_exist", BAD_REQUEST, "The invited person has no account yet: sign up to accept.";
    OrganizationInvitationNotFound = "organization_invitation_not_found", NOT_FOUND, "The invitation does not exist any more.";
    OrganizationInvitationNotPending = "organization_invitation_not_pending", NOT_FOUND, "The invitation is no longer pending.";
    OrganizationInvitationNotUnique = "organization_invitation_not_unique", BAD_REQUEST, "This address already has an invitation.";
    OrganizationInvitationRevoked = "organization_invitation_revoked_code", BAD_REQUEST, "This invitation has been revoked.";
    OrganizationMinimumPermissions = "organization_minimum_permissions_needed", BAD_REQUEST, "An organization needs at least one admin.";
    OrganizationMissingPermission = "missing_organization_permission", FORBIDDEN, "Your role in this organization does not allow this.";
    OrganizationNotFound = "organization_not_found_or_unauthorized", NOT_FOUND, "There is no such organization, or you are not in it.";
    OrganizationQuota = "organization_membership_quota_exceeded", FORBIDDEN, "The organization has no room for more members.";
    OriginInvalid = "origin_invalid", BAD_REQUEST, "The local instance accepts requests from loopback origins only.";
    PasswordRequired = "password_required", BAD_REQUEST, "This instance requires a password, so it cannot be removed.";
    PlanNotFound = "plan_not_found", NOT_FOUND, "There is no such plan.";
    RequestBodyInvalid = "request_body_invalid", BAD_REQUEST, "The request's body could not be read.";
    ResourceNotFound = "resource_not_found", NOT_FOUND, "not found";
    SessionExists = "session_exists", BAD_REQUEST, "You're already signed in.";
    SessionReverificationMissing = "session_reverification_missing", BAD_REQUEST, "No reverification of this session waits for this step. Start one.";
    SessionReverificationRequired = "session_reverification_required", FORBIDDEN, "Prove again that it is you before you change this.";
    SignInTokenAlreadyUsed = "sign_in_token_already_used_code", BAD_REQUEST, "This sign-in ticket has been used.";
    SignInTokenRevoked = "sign_in_token_revoked_code", BAD_REQUEST, "This sign-in ticket has been revoked.";
    StrategyForUserInvalid = "strategy_for_user_invalid", BAD_REQUEST, "This account cannot use that method.";
    SubscriptionItemCannotBeCanceled = "commerce_subscription_item_cannot_be_canceled", UNPROCESSABLE_ENTITY, "The free plan cannot be cancelled.";
    SubscriptionItemNotFound = "subscription_item_not_found", NOT_FOUND, "There is no such subscription.";
    TicketExpired = "ticket_expired_code", BAD_REQUEST, "This sign-in ticket has expired.";
    TicketInvalid = "ticket_invalid_code", BAD_REQUEST, "This sign-in ticket is not valid.";
    TotpAlreadyEnabled = "totp_already_enabled", BAD_REQUEST, "An authenticator app is already set up.";
    UserBanned = "user_banned", FORBIDDEN, "This account is banned.";
    UserLocked = "user_locked", FORBIDDEN, "This account is locked after too many failed attempts. Try again in an hour.";
    VerificationAlreadyVerified = "verification_already_verified", BAD_REQUEST, "This has already been verified.";
    VerificationExpired = "verification_expired", BAD_REQUEST, "The code has expired. Request a new one.";
    VerificationFailed = "verification_failed", BAD_REQUEST, "Too many failed attempts. Request a new code, or use another method.";
    VerificationMissing = "verification_missing", BAD_REQUEST, "Nothing is waiting for verification.";
    VerificationNotSent = "verification_not_sent", BAD_REQUEST, "Request a code first.";
    VerificationStrategyInvalid = "verification_strategy_invalid", BAD_REQUEST, "This method of verification cannot be used here.";
}

/// An answer that says no, in the form that ClerkJS and the Backend SDKs read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ApiError {
    code: Code,
    long_message: Option<String>,
    meta: Map<String, Value>,
    /// The caller's client, for errors that change what the browser should believe.
    pub(crate) client: Option<Value>,
}

impl ApiError {
    pub(crate) fn new(code: Code) -> Self {
        Self {
            code,
            long_message: None,
            meta: Map::new(),
            client: None,
        }
    }

    /// Says what exactly is wrong, where the code's own text is too general.
    pub(crate) fn because(mut self, message: impl Into<String>) -> Self {
        self.long_message = Some(message.into());
        self
    }

    /// Names the parameter at fault; ClerkJS shows the error at its field.
    pub(crate) fn parameter(self, name: &str) -> Self {
        self.meta("param_name", name)
    }

    pub(crate) fn meta(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.meta.insert(key.to_owned(), value.into());
        self
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new(Code::FormParamMissing)
            .parameter(parameter)
            .because(format!("{parameter} must be given."))
    }

    pub(crate) fn not_found(what: &str, id: &str) -> Self {
        Self::new(Code::ResourceNotFound).because(format!("No {what} was found with id {id}"))
    }

    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// The single error as it appears in a list, or inside a verification.
    pub(crate) fn item(&self) -> Value {
        let message = self.code.message();
        let mut item = json!({
            "code": self.code.as_str(),
            "message": message,
            "long_message": self.long_message.as_deref().unwrap_or(message),
        });
        if !self.meta.is_empty() {
            item["meta"] = Value::Object(self.meta.clone());
        }
        item
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<Internal> for ApiError {
    fn from(error: Internal) -> Self {
        tracing::error!(target: "local_clerk", %error, "request failed");
        Self::new(Code::InternalClerkError)
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        Internal::from(error).into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let trace_id = crate::random::hex(16).unwrap_or_default();
        let mut body = json!({ "errors": [self.item()], "clerk_trace_id": trace_id });
        if let Some(client) = self.client {
            body["meta"] = json!({ "client": client });
        }
        crate::http::json(self.code.status(), &body)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_code_and_status_is_one_of_clerks() {
        let known: Vec<Value> =
            serde_json::from_str(include_str!("../tests/fixtures/fapi-error-codes.json")).unwrap();
        for code in Code::ALL {
            let found = known.iter().any(|entry| {
                entry["code"] == code.as_str() && entry["status"] == code.status().as_u16()
            });
            assert!(
                found,
                "{} {} is not in Clerk's list",
                code.as_str(),
                code.status()
            );
        }
    }
}
