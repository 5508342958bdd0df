//! Sign-ins and sign-ups.

use serde_json::{Value, json};

use super::{PROVIDER_STRATEGY, View};
use crate::error::Internal;
use crate::machine::sign_in::{SignIn, SignInStatus};
use crate::machine::sign_up::SignUp;
use crate::machine::verification::Verification;
use crate::store::records::{EmailAddress, User};

/// What a sign-up needs before it can complete.
fn required_sign_up_fields() -> [&'static str; 2] {
    ["email_address", "password"]
}

impl View<'_> {
    pub(crate) fn sign_in(&self, sign_in: &SignIn) -> Result<Value, Internal> {
        let user = match &sign_in.user_id {
            Some(id) => self.store.find::<User>(id)?,
            None => None,
        };
        let first_factors = match (sign_in.status, &user) {
            (SignInStatus::NeedsIdentifier, _) => json!([{ "strategy": PROVIDER_STRATEGY }]),
            (SignInStatus::NeedsFirstFactor, Some(user)) => self.first_factors(user, sign_in)?,
            _ => Value::Null,
        };
        let second_factors = match (sign_in.status, &user) {
            (SignInStatus::NeedsSecondFactor, Some(user)) => second_factors(user),
            _ => Value::Null,
        };
        let mut json = json!({
            "object": "sign_in",
            "id": sign_in.id,
            "status": sign_in.status.as_str(),
            "supported_identifiers": ["email_address"],
            "supported_first_factors": first_factors,
            "supported_second_factors": second_factors,
            "first_factor_verification": sign_in.first.as_ref().map(Verification::json),
            "second_factor_verification": sign_in.second.as_ref().map(Verification::json),
            "identifier": sign_in.identifier,
            "user_data": user.as_ref().map(|user| json!({
                "first_name": user.first_name,
                "last_name": user.last_name,
                "image_url": self.user_image_url(user),
                "has_image": user.image_id.is_some(),
            })),
            "created_session_id": sign_in.created_session_id,
            "abandon_at": sign_in.abandon_at(),
        });
        if user.is_some() {
            json["client_trust_state"] = json!("known");
        }
        Ok(json)
    }

    /// How the first factor can be proved again: with what the account itself has.
    pub(super) fn proofs_of_first_factor(&self, user: &User) -> Result<Value, Internal> {
        let mut factors = Vec::new();
        if user.password_hash.is_some() {
            factors.push(json!({ "strategy": "password" }));
        }
        for email in self.store.list::<EmailAddress>("user_id", &user.id)? {
            if email.verified() {
                factors.push(json!({
                    "strategy": "email_code",
                    "email_address_id": email.id,
                    "safe_identifier": email.email_address,
                    "primary": user.primary_email_address_id.as_ref() == Some(&email.id),
                }));
            }
        }
        Ok(Value::Array(factors))
    }

    fn first_factors(&self, user: &User, sign_in: &SignIn) -> Result<Value, Internal> {
        let emails = self.store.list::<EmailAddress>("user_id", &user.id)?;
        let by_code = |strategy: &'static str| {
            emails
                .iter()
                .filter(|email| email.verified())
                .map(move |email| {
                    // ClerkJS picks the factor whose safe identifier is what the person typed.
                    let typed = sign_in
                        .identifier
                        .as_deref()
                        .filter(|identifier| identifier.eq_ignore_ascii_case(&email.email_address));
                    json!({
                        "strategy": strategy,
                        "email_address_id": email.id,
                        "safe_identifier": typed.unwrap_or(&email.email_address),
                        "primary": user.primary_email_address_id.as_ref() == Some(&email.id),
                    })
                })
        };
        let mut factors = Vec::new();
        if user.password_hash.is_some() {
            factors.push(json!({ "strategy": "password" }));
        }
        factors.extend(by_code("email_code"));
        if user.password_hash.is_some() {
            factors.extend(by_code("reset_password_email_code"));
        }
        factors.push(json!({ "strategy": PROVIDER_STRATEGY }));
        Ok(Value::Array(factors))
    }

    pub(crate) fn sign_up(&self, sign_up: &SignUp) -> Value {
        let fields = &sign_up.fields;
        let external_account = sign_up
            .profile
            .as_ref()
            .filter(|_| sign_up.external_verified())
            .map(|profile| {
                json!({
                    "provider": profile.provider,
                    "uid": profile.provider_user_id,
                    "email": profile.email_address,
                    "username": profile.email_address.split('@').next(),
                })
            });
        json!({
            "object": "sign_up",
            "id": sign_up.id,
            "status": sign_up.status.as_str(),
            "required_fields": required_sign_up_fields(),
            "optional_fields": ["first_name", "last_name", PROVIDER_STRATEGY],
            "missing_fields": sign_up.missing_fields(),
            "unverified_fields": sign_up.unverified_fields(),
            "verifications": {
                "email_address": fields.email_address.is_some().then(|| email_verification(sign_up.email.as_ref())),
                "phone_number": null,
                "web3_wallet": null,
                "external_account": sign_up.external.as_ref().map(Verification::json),
            },
            "username": null,
            "email_address": fields.email_address,
            "phone_number": null,
            "web3_wallet": null,
            "password_enabled": fields.password_hash.is_some(),
            "has_password": fields.password_hash.is_some(),
            "first_name": fields.first_name,
            "last_name": fields.last_name,
            "unsafe_metadata": fields.unsafe_metadata.clone().unwrap_or_default(),
            "public_metadata": {},
            "custom_action": false,
            "external_id": null,
            "created_session_id": sign_up.created_session_id,
            "created_user_id": sign_up.created_user_id,
            "abandon_at": sign_up.abandon_at(),
            "legal_accepted_at": fields.legal_accepted_at,
            "locale": fields.locale,
            "external_account": external_account,
            "external_account_strategy": null,
            "protect_check": null,
        })
    }
}

/// The second factors of an account that has one.
pub(super) fn second_factors(user: &User) -> Value {
    if user.backup_codes.is_empty() {
        json!([{ "strategy": "totp" }])
    } else {
        json!([{ "strategy": "totp" }, { "strategy": "backup_code" }])
    }
}

/// The verification of a sign-up's address. Before a code is sent its strategy must be empty: ClerkJS takes `email_code` to
/// mean that the code is on its way, and would never ask for one.
fn email_verification(verification: Option<&Verification>) -> Value {
    let (mut json, next_action) = match verification {
        None => (
            json!({
                "object": "verification_otp", "status": "unverified", "strategy": "", "attempts": null, "expire_at": null,
            }),
            "needs_prepare",
        ),
        Some(verification) if verification.is_verified() => (verification.json(), ""),
        Some(verification) => (verification.json(), "needs_attempt"),
    };
    json["next_action"] = json!(next_action);
    json["supported_strategies"] = json!(["email_code"]);
    json
}
