//! API keys and entries of the waiting list.

use serde_json::{Value, json};

use crate::clock::Millis;
use crate::store::records::{ApiKey, WaitlistEntry};

pub(crate) fn api_key(key: &ApiKey, now: Millis) -> Value {
    json!({
        "object": "api_key",
        "id": key.id,
        "type": "api_key",
        "name": key.name,
        "description": key.description,
        "subject": key.subject,
        "scopes": [],
        "claims": null,
        "revoked": key.revoked_at.is_some(),
        "revocation_reason": key.revocation_reason,
        "expired": key.expired(now),
        "expiration": key.expires_at,
        "created_by": key.created_by,
        "last_used_at": key.last_used_at,
        "created_at": key.created_at,
        "updated_at": key.updated_at,
    })
}

pub(crate) fn waitlist_entry(entry: &WaitlistEntry) -> Value {
    json!({
        "object": "waitlist_entry",
        "id": entry.id,
        "email_address": entry.email_address,
        "status": "pending",
        "is_locked": false,
        "created_at": entry.created_at,
        "updated_at": entry.updated_at,
    })
}
