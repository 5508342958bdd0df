//! Users and what belongs to them.

use serde_json::{Value, json};

use super::View;
use crate::error::Internal;
use crate::machine::verification::Verification;
use crate::store::records::{EmailAddress, ExternalAccount, User};

/// Failed attempts after which an account is locked.
pub(crate) const MAX_FAILED_ATTEMPTS: u32 = 100;

impl View<'_> {
    pub(crate) fn user(&self, user: &User) -> Result<Value, Internal> {
        let emails = self.store.list::<EmailAddress>("user_id", &user.id)?;
        let accounts = self.store.list::<ExternalAccount>("user_id", &user.id)?;
        let email_addresses: Vec<Value> = emails
            .iter()
            .map(|email| self.email_address(email, &accounts))
            .collect();
        let locked = user.locked(self.now);
        Ok(json!({
            "id": user.id,
            "object": "user",
            "username": user.username,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "locale": user.locale,
            "image_url": self.user_image_url(user),
            "has_image": user.image_id.is_some(),
            "primary_email_address_id": user.primary_email_address_id,
            "primary_phone_number_id": null,
            "primary_web3_wallet_id": null,
            "password_enabled": user.password_hash.is_some(),
            "two_factor_enabled": user.totp_enabled(),
            "totp_enabled": user.totp_enabled(),
            "backup_code_enabled": user.totp_enabled() && !user.backup_codes.is_empty(),
            "email_addresses": email_addresses,
            "phone_numbers": [],
            "web3_wallets": [],
            "passkeys": [],
            "external_accounts": accounts.iter().map(external_account).collect::<Vec<_>>(),
            "enterprise_accounts": [],
            "organization_memberships": self.memberships_of(user)?,
            "public_metadata": user.public_metadata,
            "unsafe_metadata": user.unsafe_metadata,
            "external_id": user.external_id,
            "last_sign_in_at": user.last_sign_in_at,
            "banned": user.banned,
            "locked": locked,
            "lockout_expires_in_seconds": user.locked_until.filter(|_| locked).map(|until| (until - self.now) / 1000),
            "verification_attempts_remaining": MAX_FAILED_ATTEMPTS.saturating_sub(user.failed_attempts),
            "created_at": user.created_at,
            "updated_at": user.updated_at,
            "delete_self_enabled": true,
            "create_organization_enabled": true,
            "create_organizations_limit": null,
            "last_active_at": user.last_active_at,
            "mfa_enabled_at": user.mfa_enabled_at,
            "mfa_disabled_at": user.mfa_disabled_at,
            "legal_accepted_at": user.legal_accepted_at,
            "profile_image_id": user.image_id.as_deref().unwrap_or_default(),
        }))
    }

    /// A user as servers may see them.
    pub(crate) fn backend_user(&self, user: &User) -> Result<Value, Internal> {
        let mut json = self.user(user)?;
        json["private_metadata"] = Value::Object(user.private_metadata.clone());
        json["saml_accounts"] = json!([]);
        Ok(json)
    }

    pub(crate) fn public_user_data(&self, user: &User) -> Result<Value, Internal> {
        let identifier = match self.primary_email_address(user)? {
            Some(email) => email.email_address,
            None => user.username.clone().unwrap_or_default(),
        };
        Ok(json!({
            "first_name": user.first_name,
            "last_name": user.last_name,
            "image_url": self.user_image_url(user),
            "has_image": user.image_id.is_some(),
            "identifier": identifier,
            "user_id": user.id,
            "username": user.username,
        }))
    }

    pub(crate) fn email_address(
        &self,
        email: &EmailAddress,
        accounts: &[ExternalAccount],
    ) -> Value {
        let linked: Vec<Value> = accounts
            .iter()
            .filter(|account| account.email_address.eq_ignore_ascii_case(&email.email_address))
            .map(|account| json!({ "type": format!("oauth_{}", account.provider), "id": account.id }))
            .collect();
        json!({
            "id": email.id,
            "object": "email_address",
            "email_address": email.email_address,
            "reserved": false,
            "verification": email.verification.as_ref().map(Verification::json),
            "linked_to": linked,
            "matches_sso_connection": false,
            "created_at": email.created_at,
            "updated_at": email.updated_at,
        })
    }

    pub(crate) fn primary_email_address(
        &self,
        user: &User,
    ) -> Result<Option<EmailAddress>, Internal> {
        match &user.primary_email_address_id {
            Some(id) => self.store.find(id),
            None => Ok(None),
        }
    }

    /// The uploaded image, or initials drawn by the instance: ClerkJS would ask Clerk's image host for an empty one.
    pub(crate) fn user_image_url(&self, user: &User) -> String {
        let issuer = self.instance.issuer();
        match &user.image_id {
            Some(image) => format!("{issuer}/images/{image}"),
            None => format!("{issuer}/images/{}", user.id),
        }
    }
}

pub(crate) fn external_account(account: &ExternalAccount) -> Value {
    let strategy = format!("oauth_{}", account.provider);
    json!({
        "object": "external_account",
        "id": account.id,
        "provider": account.provider,
        "identification_id": account.identification_id,
        "provider_user_id": account.provider_user_id,
        "approved_scopes": "email profile",
        "email_address": account.email_address,
        "first_name": "",
        "last_name": "",
        "avatar_url": "",
        "image_url": "",
        "username": "",
        "phone_number": "",
        "public_metadata": {},
        "label": null,
        "created_at": account.created_at,
        "updated_at": account.created_at,
        "verification": account
            .verification
            .clone()
            .unwrap_or_else(|| Verification::verified(&strategy))
            .json(),
    })
}
