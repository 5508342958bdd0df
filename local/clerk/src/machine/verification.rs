//! One verification: of an address by a code, of a person by a factor.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{MINUTE, Millis};
use crate::error::Code;

/// How long a sent code can be used.
pub(crate) const CODE_LIFETIME: Millis = 10 * MINUTE;
/// How often one code can be tried.
pub(crate) const MAX_ATTEMPTS: u32 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VerificationStatus {
    Unverified,
    Verified,
    Transferable,
    Failed,
    Expired,
}

impl VerificationStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Verified => "verified",
            Self::Transferable => "transferable",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Verification {
    pub(crate) status: VerificationStatus,
    pub(crate) strategy: String,
    pub(crate) attempts: Option<u32>,
    pub(crate) expire_at: Option<Millis>,
    /// The code that was sent. Never leaves the store but towards the inbox.
    pub(crate) code: Option<String>,
    /// The identification that the code was sent to.
    pub(crate) identification_id: Option<String>,
    /// Where the browser goes to ask an OAuth provider.
    pub(crate) redirect_url: Option<String>,
    /// What went wrong, as an item of Clerk's error list.
    pub(crate) error: Option<Value>,
}

impl Verification {
    /// A verification that succeeded at once, as a password's does.
    pub(crate) fn verified(strategy: &str) -> Self {
        Self {
            status: VerificationStatus::Verified,
            strategy: strategy.to_owned(),
            attempts: None,
            expire_at: None,
            code: None,
            identification_id: None,
            redirect_url: None,
            error: None,
        }
    }

    /// A code is on its way.
    pub(crate) fn sent(
        strategy: &str,
        identification_id: Option<&str>,
        code: &str,
        now: Millis,
    ) -> Self {
        Self {
            status: VerificationStatus::Unverified,
            attempts: Some(0),
            expire_at: Some(now + CODE_LIFETIME),
            code: Some(code.to_owned()),
            identification_id: identification_id.map(str::to_owned),
            ..Self::verified(strategy)
        }
    }

    /// The browser is being sent to an OAuth provider.
    pub(crate) fn redirecting(strategy: &str, redirect_url: &str, now: Millis) -> Self {
        Self {
            status: VerificationStatus::Unverified,
            expire_at: Some(now + CODE_LIFETIME),
            redirect_url: Some(redirect_url.to_owned()),
            ..Self::verified(strategy)
        }
    }

    /// An OAuth provider's answer did not lead to an account of this kind.
    pub(crate) fn refused(strategy: &str, status: VerificationStatus, error: Value) -> Self {
        Self {
            status,
            error: Some(error),
            ..Self::verified(strategy)
        }
    }

    pub(crate) fn is_verified(&self) -> bool {
        self.status == VerificationStatus::Verified
    }

    /// Tries a code. Every try counts, also in the state that comes with a refusal.
    pub(crate) fn attempt(mut self, code: &str, now: Millis) -> (Self, Result<(), Code>) {
        match self.status {
            VerificationStatus::Verified => return (self, Err(Code::VerificationAlreadyVerified)),
            VerificationStatus::Failed => return (self, Err(Code::VerificationFailed)),
            VerificationStatus::Expired => return (self, Err(Code::VerificationExpired)),
            VerificationStatus::Transferable => return (self, Err(Code::VerificationMissing)),
            VerificationStatus::Unverified => {}
        }
        let Some(expected) = self.code.clone() else {
            return (self, Err(Code::VerificationNotSent));
        };
        if self.expire_at.is_none_or(|expire_at| now >= expire_at) {
            self.status = VerificationStatus::Expired;
            return (self, Err(Code::VerificationExpired));
        }
        let attempts = self.attempts.unwrap_or(0) + 1;
        self.attempts = Some(attempts);
        // Constant time: the code is a secret of one million values.
        if aws_lc_rs::constant_time::verify_slices_are_equal(code.as_bytes(), expected.as_bytes())
            .is_ok()
        {
            self.status = VerificationStatus::Verified;
            self.code = None;
            return (self, Ok(()));
        }
        if attempts >= MAX_ATTEMPTS {
            self.status = VerificationStatus::Failed;
            self.code = None;
            return (self, Err(Code::VerificationFailed));
        }
        (self, Err(Code::FormCodeIncorrect))
    }

    /// The resource that ClerkJS reads.
    pub(crate) fn json(&self) -> Value {
        let mut json = json!({
            "object": self.object(),
            "status": self.status.as_str(),
            "strategy": self.strategy,
            "attempts": self.attempts,
            "expire_at": self.expire_at,
        });
        if let Some(url) = &self.redirect_url {
            json["external_verification_redirect_url"] = json!(url);
        }
        if let Some(error) = &self.error {
            json["error"] = error.clone();
        }
        json
    }

    fn object(&self) -> String {
        match self.strategy.as_str() {
            "email_code" | "reset_password_email_code" => "verification_otp".to_owned(),
            strategy if strategy.starts_with("oauth_") => "verification_oauth".to_owned(),
            strategy => format!("verification_{strategy}"),
        }
    }
}
