//! The handshake: a navigation to the instance and back, which brings the page's cookies up to date.

use axum::routing::MethodRouter;
use http::Method;

use crate::clock::MINUTE;
use crate::cookies::{self, readable};
use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, anonymous};
use crate::organizations::{self, membership};
use crate::random;
use crate::store::records::{Client, Handshake, Session};
use crate::tokens;

/// `GET /v1/client/handshake`
pub(super) fn routes() -> MethodRouter<App> {
    anonymous([(Method::GET, handshake)])
}

/// `GET /v1/client/touch`: prolongs the client's cookie. Ours lasts ten years, so there is nothing to do but go back.
pub(super) fn touch() -> MethodRouter<App> {
    anonymous([(Method::GET, |call: &mut Call<'_>| {
        let target = call.redirect_target(
            "redirect_url",
            call.request.query.text("redirect_url").unwrap_or("/"),
        )?;
        Ok(Reply::Redirect(target.into()))
    })])
}

fn handshake(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let target = call
        .request
        .query
        .text("redirect_url")
        .ok_or_else(|| ApiError::missing("redirect_url"))?;
    let mut target = call.redirect_target("redirect_url", target)?;
    call.find_browser()?;
    // Official SDKs loop when the answer does not carry a dev browser, so one is made here if need be.
    let dev_browser = call.ensure_dev_browser()?;

    let suffix = call.instance.cookie_suffix.clone();
    let mut directives = Vec::new();
    directives.extend(readable(cookies::DEV_BROWSER, &suffix, Some(&dev_browser)));
    match active_session(call)? {
        Some((client, session)) => {
            let mut view = call.view();
            // The page that asked, not the instance: the navigation itself has no origin.
            view.authorized_party = target.origin().ascii_serialization();
            let token = tokens::session(&view, &session, None)?;
            let updated_at = (client.updated_at / 1000).to_string();
            directives.extend(readable(cookies::CLIENT_UAT, &suffix, Some(&updated_at)));
            directives.extend(readable(cookies::SESSION, &suffix, Some(&token)));
            directives.push(call.refresh_cookie(&session)?);
        }
        None => {
            directives.extend(readable(cookies::CLIENT_UAT, &suffix, Some("0")));
            directives.extend(readable(cookies::SESSION, &suffix, None));
            directives.push(cookies::expired_refresh(&suffix));
        }
    }

    target
        .query_pairs_mut()
        .append_pair(cookies::DEV_BROWSER, &dev_browser);
    if call.request.query.text("format") == Some("nonce") {
        let nonce = random::base62(32)?;
        target
            .query_pairs_mut()
            .append_pair("__clerk_handshake_nonce", &nonce);
        call.store.save(&Handshake {
            id: nonce,
            directives,
            expire_at: call.now + MINUTE,
        })?;
    } else {
        let token = tokens::handshake(call.instance, &directives)?;
        target
            .query_pairs_mut()
            .append_pair("__clerk_handshake", &token);
    }
    Ok(Reply::Redirect(target.into()))
}

/// The client's active session, switched to the organization that the page wants, if the user is in it.
fn active_session(call: &mut Call<'_>) -> Result<Option<(Client, Session)>, ApiError> {
    let Some(client) = call.client.clone() else {
        return Ok(None);
    };
    let live = call.view().live_sessions(&client)?;
    let active = live
        .iter()
        .find(|session| Some(&session.id) == client.last_active_session_id.as_ref());
    let Some(mut session) = active.or(live.last()).cloned() else {
        return Ok(None);
    };
    if let Some(wanted) = call.request.query.sent("organization_id") {
        let organization = if wanted.is_empty() {
            Some(None)
        } else {
            membership_in(call, &session, wanted)?.map(Some)
        };
        if let Some(organization) = organization {
            session.active_organization_id = organization;
            call.store.save(&session)?;
        }
    }
    Ok(Some((client, session)))
}

fn membership_in(
    call: &Call<'_>,
    session: &Session,
    id_or_slug: &str,
) -> Result<Option<String>, ApiError> {
    let organization = match organizations::find(call.store, id_or_slug) {
        Ok(organization) => organization,
        Err(error) if error.code() == Code::OrganizationNotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(membership(call.store, &organization.id, &session.user_id)?.map(|_| organization.id))
}
