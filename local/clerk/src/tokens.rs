//! The tokens that the instance signs: session tokens, template tokens, the client cookie, handshakes, tickets.

use serde_json::{Map, Value, json};

use crate::catalog;
use crate::clock::{MINUTE, Millis};
use crate::error::Internal;
use crate::instance::Instance;
use crate::organizations;
use crate::random;
use crate::resources::View;
use crate::shortcodes;
use crate::store::Store;
use crate::store::records::{
    Client, Invitation, Membership, Organization, Session, SignInToken, User,
};

/// Clerk's `cat` of session tokens.
const SESSION: &str = "cl_B7d4PD111AAA";
/// Clerk's `cat` of template tokens: SDKs refuse them where a session token is expected.
const TEMPLATE: &str = "cl_B7d4PD222AAA";
/// Our own categories: they keep one kind of token from passing as another.
const CLIENT: &str = "local_client";
const TICKET: &str = "local_ticket";
const REFRESH: &str = "local_refresh";

/// A session token, version 2.
///
/// `organization` overrides the session's active organization: `Some(None)` is the personal account.
pub(crate) fn session(
    view: &View<'_>,
    session: &Session,
    organization: Option<Option<&str>>,
) -> Result<String, Internal> {
    let instance = view.instance;
    let user = view
        .store
        .find::<User>(&session.user_id)?
        .ok_or(Internal::Inconsistent("session without user"))?;
    let now = issued_at(view, session)?;
    let active = organization.unwrap_or(session.active_organization_id.as_deref());
    let membership = match active {
        Some(id) => membership(view.store, id, &user.id)?,
        None => None,
    };
    let mut claims = shortcodes::render(
        &instance.session_claims,
        &context(view, session, &user, membership.as_ref())?,
    );
    claims.extend(object(json!({
        "azp": view.authorized_party,
        "exp": now + instance.session_token_lifetime / 1000,
        "fva": factor_verification_age(session, view.now),
        "iat": now,
        "iss": instance.issuer(),
        "jti": random::hex(10)?,
        "nbf": now - 10,
        "sid": session.id,
        "sts": view.session_status(session)?,
        "sub": user.id,
        "v": 2,
    })));
    if let Some((organization, membership)) = &membership {
        claims.insert(
            "o".to_owned(),
            json!({
                "id": organization.id,
                "rol": membership.role.strip_prefix("org:").unwrap_or(&membership.role),
                "slg": organization.slug,
            }),
        );
    }
    catalog::grant(instance, &mut claims, &user, membership.as_ref());
    instance.keys.sign(&claims, Some(SESSION))
}

/// A token of the named template, or `None` when there is no such template.
pub(crate) fn template(
    view: &View<'_>,
    session: &Session,
    name: &str,
) -> Result<Option<String>, Internal> {
    let instance = view.instance;
    let Some(template) = instance.jwt_templates.get(name) else {
        return Ok(None);
    };
    let user = view
        .store
        .find::<User>(&session.user_id)?
        .ok_or(Internal::Inconsistent("session without user"))?;
    let membership = match &session.active_organization_id {
        Some(id) => membership(view.store, id, &user.id)?,
        None => None,
    };
    let now = issued_at(view, session)?;
    let mut claims = shortcodes::render(
        template,
        &context(view, session, &user, membership.as_ref())?,
    );
    claims.extend(object(json!({
        "azp": view.authorized_party,
        "exp": now + instance.session_token_lifetime / 1000,
        "iat": now,
        "iss": instance.issuer(),
        "jti": random::hex(10)?,
        "nbf": now - 5,
        "sub": user.id,
    })));
    instance.keys.sign(&claims, Some(TEMPLATE)).map(Some)
}

/// The time to put into a token, in seconds: never before the client's last change, so that `iat >= __client_uat` holds
/// also when the system clock is set back.
fn issued_at(view: &View<'_>, session: &Session) -> Result<i64, Internal> {
    let updated_at = view
        .store
        .find::<Client>(&session.client_id)?
        .map_or(0, |client| client.updated_at);
    Ok(view.now.max(updated_at) / 1000)
}

/// Minutes since the first and the second factor were verified; -1 for never.
pub(crate) fn factor_verification_age(session: &Session, now: Millis) -> [i64; 2] {
    let minutes = |at: Millis| (now - at).max(0) / MINUTE;
    [
        minutes(session.first_factor_at.unwrap_or(session.created_at)),
        session.second_factor_at.map_or(-1, minutes),
    ]
}

fn membership(
    store: &Store<'_>,
    organization_id: &str,
    user_id: &str,
) -> Result<Option<(Organization, Membership)>, Internal> {
    let organization = store.find::<Organization>(organization_id)?;
    Ok(organization.zip(organizations::membership(store, organization_id, user_id)?))
}

/// What shortcodes can name.
fn context(
    view: &View<'_>,
    session: &Session,
    user: &User,
    membership: Option<&(Organization, Membership)>,
) -> Result<Value, Internal> {
    let primary = view.primary_email_address(user)?;
    let mut context = json!({
        "user": {
            "id": user.id,
            "external_id": user.external_id,
            "username": user.username,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "full_name": user.full_name(),
            "image_url": view.user_image_url(user),
            "has_image": user.image_id.is_some(),
            "primary_email_address": primary.as_ref().map(|email| &email.email_address),
            "email_verified": primary.as_ref().is_some_and(|email| email.verified()),
            "two_factor_enabled": user.totp_enabled(),
            "public_metadata": user.public_metadata,
            "unsafe_metadata": user.unsafe_metadata,
            "created_at": user.created_at / 1000,
            "updated_at": user.updated_at / 1000,
        },
        "session": { "id": session.id },
    });
    if let Some((organization, membership)) = membership {
        context["org"] = json!({
            "id": organization.id,
            "name": organization.name,
            "slug": organization.slug,
            "role": membership.role,
            "image_url": view.organization_image_url(organization),
            "public_metadata": organization.public_metadata,
        });
        context["org_membership"] = json!({ "public_metadata": membership.public_metadata });
    }
    Ok(context)
}

/// The `Set-Cookie` line that makes a browser this client.
pub(crate) fn client_cookie(instance: &Instance, client: &Client) -> Result<String, Internal> {
    let claims = json!({ "id": client.id, "rotating_token": client.rotating_token });
    Ok(crate::cookies::client(
        &instance.keys.sign(&claims, Some(CLIENT))?,
    ))
}

/// The client that a cookie's token names, if the token is ours and still the client's.
pub(crate) fn client_of_cookie(
    instance: &Instance,
    store: &Store<'_>,
    token: &str,
) -> Result<Option<Client>, Internal> {
    let Some(claims) = instance.keys.open(token, CLIENT) else {
        return Ok(None);
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let client = store.find::<Client>(text("id"))?;
    let given = text("rotating_token").as_bytes();
    Ok(client.filter(|client| {
        aws_lc_rs::constant_time::verify_slices_are_equal(given, client.rotating_token.as_bytes())
            .is_ok()
    }))
}

/// The token that lets a server renew the session's token after it expired. It is worth nothing once the session ended.
pub(crate) fn refresh(instance: &Instance, session: &Session) -> Result<String, Internal> {
    instance.keys.sign(
        &json!({ "sid": session.id, "iat": session.created_at / 1000 }),
        Some(REFRESH),
    )
}

/// The session that a refresh token belongs to.
pub(crate) fn session_of_refresh_token(instance: &Instance, token: &str) -> Option<String> {
    sid_claim(instance, token, REFRESH)
}

/// The session that a session token belongs to, expired or not.
pub(crate) fn session_of_token(instance: &Instance, token: &str) -> Option<String> {
    sid_claim(instance, token, SESSION)
}

/// The session that a session token belongs to, if the token has not expired.
pub(crate) fn session_of_valid_token(
    instance: &Instance,
    token: &str,
    now: Millis,
) -> Option<String> {
    let claims = instance.keys.open(token, SESSION)?;
    let expires = claims.get("exp").and_then(Value::as_i64)?;
    let id = claims.get("sid").and_then(Value::as_str)?;
    (now < expires * 1000).then(|| id.to_owned())
}

fn sid_claim(instance: &Instance, token: &str, category: &str) -> Option<String> {
    instance
        .keys
        .open(token, category)?
        .get("sid")
        .and_then(Value::as_str)
        .map(str::to_owned)
}

/// The token that carries cookie directives through a redirect.
pub(crate) fn handshake(instance: &Instance, directives: &[String]) -> Result<String, Internal> {
    instance
        .keys
        .sign(&json!({ "handshake": directives }), None)
}

/// The ticket of a sign-in token.
pub(crate) fn ticket(instance: &Instance, token: &SignInToken) -> Result<String, Internal> {
    let claims = json!({
        "exp": token.expire_at / 1000,
        "iid": instance.keys.key_id(),
        "sid": token.id,
        "st": "sign_in_token",
    });
    instance.keys.sign(&claims, Some(TICKET))
}

/// The ticket of an invitation to an organization.
pub(crate) fn invitation_ticket(
    instance: &Instance,
    invitation: &Invitation,
) -> Result<String, Internal> {
    let claims = json!({
        "exp": invitation.expires_at / 1000,
        "iid": instance.keys.key_id(),
        "oid": invitation.organization_id,
        "sid": invitation.id,
        "st": "organization_invitation",
    });
    instance.keys.sign(&claims, Some(TICKET))
}

/// What a ticket of ours stands for. The state of that says whether the ticket can still be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ticket {
    SignInToken(String),
    OrganizationInvitation(String),
}

pub(crate) fn read_ticket(instance: &Instance, ticket: &str) -> Option<Ticket> {
    let claims = instance.keys.open(ticket, TICKET)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let id = text("sid")?.to_owned();
    match text("st")? {
        "sign_in_token" => Some(Ticket::SignInToken(id)),
        "organization_invitation" => Some(Ticket::OrganizationInvitation(id)),
        _ => None,
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
