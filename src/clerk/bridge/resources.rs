//! What ClerkJS emits, as the machine's events and the hooks' values.

use wasm_bindgen::JsValue;

use super::js;
use crate::{
    auth::{AuthEvent, Emission},
    clerk::{Clerk, OrganizationMembership, Resource as _, Session, User},
    identity::{ActiveOrganization, Identity, Profile, SessionClaims, SessionStatus},
};

/// Handles one emission of `Clerk.addListener`.
pub(super) fn emitted(clerk: Clerk, emitted: &JsValue) {
    let session = js::member(emitted, "session");
    let user = js::member(emitted, "user");
    let client = js::member(emitted, "client");
    if !session.is_undefined() {
        clerk.set_session(Session::from_json(&js::json_of(&session)));
        // The hooks keep to what the server has verified: such a person has an id, and neither name nor address.
        if session.is_null() || !is_made_up(&client) {
            clerk.set_user(User::from_json(&js::json_of(&user)));
            clerk.set_membership(active_membership(&session, &user));
            clerk.set_sessions(
                js::array(&js::member(&client, "signedInSessions"))
                    .iter()
                    .filter_map(|session| Session::from_json(&js::json_of(&session)))
                    .collect(),
            );
        }
    }
    clerk.dispatch_auth(AuthEvent::Emitted(emission(clerk, &session, &user)));
}

/// Whether ClerkJS has made the client up from the cookie, as it does while Clerk's Frontend API does not answer.
fn is_made_up(client: &JsValue) -> bool {
    js::text(client, "id").as_deref() == Some("client_init")
}

/// The person's membership of the active organization.
fn active_membership(session: &JsValue, user: &JsValue) -> Option<OrganizationMembership> {
    let active = js::text(session, "lastActiveOrganizationId")?;
    let memberships = js::array(&js::member(user, "organizationMemberships"));
    let membership = memberships.iter().find(|membership| {
        js::text(&js::member(membership, "organization"), "id").as_deref() == Some(&active)
    })?;
    OrganizationMembership::from_json(&js::json_of(&membership))
}

fn emission(clerk: Clerk, session: &JsValue, user: &JsValue) -> Emission {
    if session.is_undefined() {
        return Emission::Transition;
    }
    if session.is_null() || js::text(session, "status").as_deref() == Some("pending") {
        return Emission::SignedOut;
    }
    let claims: Option<SessionClaims> = js::from_js(&js::member(
        &js::member(&js::member(session, "lastActiveToken"), "jwt"),
        "claims",
    ));
    if let Some(issued_at_ms) = claims.as_ref().and_then(SessionClaims::issued_at_ms) {
        clerk.token_issued(issued_at_ms);
    }
    let expires_at_ms = claims.as_ref().and_then(SessionClaims::expires_at_ms);
    let identity = claims
        .and_then(|claims| Identity::from_claims(&claims).ok())
        .or_else(|| identity_without_token(session, user));
    match identity {
        Some(identity) => Emission::SignedIn {
            identity: Box::new(identity),
            expires_at_ms,
        },
        None => Emission::Transition,
    }
}

/// A session that ClerkJS has no token for yet: what the resources say, until the first token arrives.
fn identity_without_token(session: &JsValue, user: &JsValue) -> Option<Identity> {
    let person = User::from_json(&js::json_of(user));
    let organization = js::text(session, "lastActiveOrganizationId").map(|id| ActiveOrganization {
        id,
        slug: None,
        role: None,
        permissions: vec![],
    });
    Some(Identity {
        user_id: person
            .as_ref()
            .map(|person| person.id.clone())
            .or_else(|| js::text(user, "id"))?,
        session_id: js::text(session, "id")?,
        session_status: SessionStatus::Active,
        organization,
        actor: None,
        factor_verification_age: None,
        features: None,
        plans: None,
        profile: Profile {
            name: person.as_ref().and_then(User::full_name),
            email: person
                .as_ref()
                .and_then(|person| person.primary_email_address().map(str::to_owned)),
            image_url: person.and_then(|person| person.image_url),
        },
    })
}
