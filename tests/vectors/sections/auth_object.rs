//! What a verified credential comes to, in the words of the reference's auth object.

use leptos_clerk_convex::identity::SessionStatus;
use leptos_clerk_convex::server::authenticate::MachineDetails;
use serde_json::{Value, json};

pub fn session_auth(session: &leptos_clerk_convex::server::authenticate::VerifiedSession) -> Value {
    let claims = session.claims();
    let status = claims.session_status().map(|status| match status {
        SessionStatus::Pending => "pending",
        _ => "active",
    });
    let Ok(identity) = &session.identity else {
        return json!({"isAuthenticated": false});
    };
    if !identity.is_active() {
        return json!({"sessionStatus": status, "isAuthenticated": false});
    }
    let organization = identity.organization.as_ref();
    json!({
        "userId": identity.user_id,
        "sessionId": identity.session_id,
        "sessionStatus": status,
        "actor": identity.actor,
        "orgId": organization.map(|organization| &organization.id),
        "orgRole": organization.map(|organization| &organization.role),
        "orgSlug": organization.map(|organization| &organization.slug),
        "orgPermissions": organization.map(|organization| &organization.permissions),
        "factorVerificationAge": claims.claim("fva"),
        "isAuthenticated": true,
    })
}

pub fn machine_auth(machine: &leptos_clerk_convex::server::authenticate::MachineAuth) -> Value {
    let (name, claims, client_id) = match &machine.details {
        MachineDetails::ApiKey { name, claims } => (name.clone(), claims.clone(), None),
        MachineDetails::MachineToMachine { claims } => (None, claims.clone(), None),
        MachineDetails::OAuth { client_id } => (None, None, client_id.clone()),
        other => panic!("{other:?}"),
    };
    json!({
        "userId": machine.user_id(),
        "orgId": machine.organization_id(),
        "machineId": machine.machine_id(),
        "id": machine.id,
        "subject": machine.subject,
        "scopes": machine.scopes,
        "name": name,
        "claims": claims,
        "clientId": client_id,
        "isAuthenticated": true,
    })
}

pub fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect(),
        other => other,
    }
}
