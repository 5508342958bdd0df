//! Setting up an authenticator app and backup codes.

use serde_json::{Value, json};

use crate::error::{ApiError, Code};
use crate::http::Reply;
use crate::http::call::Call;
use crate::random;
use crate::second_factor::{matching_step, new_backup_codes, new_secret, otpauth_uri};
use crate::store::records::Totp;

/// `POST /v1/me/totp`: a new secret, which counts for nothing until a code of it has been given.
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, mut user) = call.require_fresh_session()?;
    if user.totp_enabled() {
        return Err(Code::TotpAlreadyEnabled.into());
    }
    let totp = Totp {
        id: random::id("totp")?,
        secret: new_secret()?,
        verified: false,
        last_step: None,
        created_at: call.now,
        updated_at: call.now,
    };
    let account = call
        .view()
        .primary_email_address(&user)?
        .map(|email| email.email_address)
        .unwrap_or_default();
    let uri = otpauth_uri(&totp.secret, &call.instance.application_name, &account);
    let mut json = resource(&totp, Value::Null);
    json["secret"] = json!(totp.secret);
    json["uri"] = json!(uri);
    user.totp = Some(totp);
    call.store.save(&user)?;
    call.respond(json)
}

/// `POST /v1/me/totp/attempt_verification`: the first right code turns the second factor on and brings backup codes.
pub(super) fn attempt(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, mut user) = call.require_session()?;
    let code = call.required("code")?;
    let mut totp = user.totp.take().ok_or(Code::VerificationMissing)?;
    if matching_step(&totp, code, call.now).is_none() {
        return Err(ApiError::new(Code::FormCodeIncorrect).parameter("code"));
    }
    let mut codes = Value::Null;
    if !totp.verified {
        totp.verified = true;
        totp.updated_at = call.now;
        let (plain, hashes) = new_backup_codes()?;
        user.backup_codes = hashes;
        codes = json!(plain);
        user.mfa_enabled_at = Some(call.now);
        user.mfa_disabled_at = None;
        user.updated_at = call.now;
    }
    let json = resource(&totp, codes);
    user.totp = Some(totp);
    call.store.save(&user)?;
    call.respond(json)
}

/// `DELETE /v1/me/totp`: turns the second factor off.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, mut user) = call.require_fresh_session()?;
    let totp = user
        .totp
        .take()
        .ok_or_else(|| ApiError::not_found("authenticator app", "totp"))?;
    user.backup_codes.clear();
    user.mfa_disabled_at = Some(call.now);
    user.updated_at = call.now;
    call.store.save(&user)?;
    call.respond(json!({ "object": "totp", "id": totp.id, "deleted": true }))
}

/// `POST /v1/me/backup_codes`: new codes; the old ones stop working.
pub(super) fn create_backup_codes(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let (_, mut user) = call.require_fresh_session()?;
    if !user.totp_enabled() {
        return Err(Code::BackupCodesNotAvailable.into());
    }
    let (codes, hashes) = new_backup_codes()?;
    user.backup_codes = hashes;
    user.updated_at = call.now;
    call.store.save(&user)?;
    call.respond(json!({
        "object": "backup_code",
        "id": random::id("bc")?,
        "codes": codes,
        "created_at": call.now,
        "updated_at": call.now,
    }))
}

fn resource(totp: &Totp, backup_codes: Value) -> Value {
    json!({
        "object": "totp",
        "id": totp.id,
        "secret": null,
        "uri": null,
        "verified": totp.verified,
        "backup_codes": backup_codes,
        "created_at": totp.created_at,
        "updated_at": totp.updated_at,
    })
}
