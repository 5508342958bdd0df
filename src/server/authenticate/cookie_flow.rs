//! Requests that are authenticated by cookies: the order of the rules is Clerk's.

use url::Url;

use crate::config::hosts;
use crate::identity::ClaimsError;

use super::handshake::{is_in_loop, redirect_or_sign_out};
use super::header_flow::{Carrier, signed_in};
use super::options::Instance;
use super::url::{parameter, set_parameter};
use super::{
    AuthenticateError, Authentication, Context, Credential, Flow, Halt, Outcome, Reason, Verdict,
};
use crate::server::verify::VerificationError;

impl Authentication<'_> {
    pub(super) fn cookies(&self, context: &Context<'_>) -> Flow<Verdict> {
        let Some(instance) = &self.options.instance else {
            return Ok(Verdict::signed_out(Reason::SessionTokenAndUatMissing));
        };
        if let Some(verdict) = self.resolve_handshake(context)? {
            return Ok(verdict);
        }
        if let Some(verdict) = self.satellite_sync(context, instance)? {
            return Ok(verdict);
        }
        if instance.is_development()
            && let Some(verdict) = self.development_browser(context)?
        {
            return Ok(verdict);
        }
        let missing = |reason| self.maybe_handshake(context, reason, String::new());
        match (&context.session, context.client_uat) {
            (None, 0) => Ok(Verdict::signed_out(Reason::SessionTokenAndUatMissing)),
            (Some(_), 0) => missing(Reason::SessionTokenButNoClientUat),
            (None, _) => missing(Reason::ClientUatButNoSessionToken),
            (Some(token), _) => self.session_cookie(context, instance, token),
        }
    }

    /// A satellite has no session of its own: it asks its primary, once.
    fn satellite_sync(&self, context: &Context<'_>, instance: &Instance) -> Flow<Option<Verdict>> {
        let input = &self.options.input;
        let synced = parameter(&context.clerk_url, "__clerk_synced");
        if !input.is_satellite || !context.is_document() || synced.as_deref() == Some("true") {
            return Ok(None);
        }
        let asks_to_sync = synced.as_deref() == Some("false");
        let has_no_cookies = context.session.is_none() && context.client_uat == 0;
        if !has_no_cookies && !asks_to_sync {
            return Ok(None);
        }
        if has_no_cookies && !asks_to_sync && !input.satellite_auto_sync {
            return Ok(Some(Verdict::signed_out(Reason::SessionTokenAndUatMissing)));
        }
        if !instance.is_development() {
            return self
                .maybe_handshake(context, Reason::SatelliteNeedsSyncing, String::new())
                .map(Some);
        }
        let sign_in_url = input.sign_in_url.as_deref().unwrap_or_default();
        let mut location = Url::parse(sign_in_url)
            .map_err(|_| Halt::Error(AuthenticateError::SatelliteWithoutSignInUrl))?;
        super::url::edit_query(&mut location, |pairs| {
            pairs.push((
                "__clerk_redirect_url".to_owned(),
                context.clerk_url.to_string(),
            ));
        });
        Ok(Some(redirect_or_sign_out(
            context,
            Reason::SatelliteNeedsSyncing,
            String::new(),
            Some(location),
        )))
    }

    /// In development the session hangs on a browser token, which travels in URLs between domains.
    fn development_browser(&self, context: &Context<'_>) -> Flow<Option<Verdict>> {
        let return_to =
            parameter(&context.clerk_url, "__clerk_redirect_url").filter(|url| !url.is_empty());
        if let Some(return_to) = return_to.filter(|_| !self.options.input.is_satellite) {
            let location = self.satellite_return(context, &return_to)?;
            return Ok(Some(redirect_or_sign_out(
                context,
                Reason::PrimaryRespondsToSyncing,
                String::new(),
                Some(location),
            )));
        }
        let reason = if parameter(&context.clerk_url, "__clerk_db_jwt").is_some() {
            Reason::DevBrowserSync
        } else if context.dev_browser.is_none() {
            Reason::DevBrowserMissing
        } else {
            return Ok(None);
        };
        self.maybe_handshake(context, reason, String::new())
            .map(Some)
    }

    /// Where a satellite's visitor goes back to, with the browser token.
    fn satellite_return(&self, context: &Context<'_>, return_to: &str) -> Flow<Url> {
        let mut location =
            Url::parse(return_to).map_err(|_| Halt::Error(AuthenticateError::ReturnUrl))?;
        if !matches!(location.scheme(), "http" | "https") {
            return Err(AuthenticateError::ReturnUrl.into());
        }
        if let Some(allowed) = &self.options.input.allowed_satellites {
            let origin = location.origin().ascii_serialization();
            if !allowed
                .iter()
                .any(|allowed| allowed.trim_end_matches('/') == origin)
            {
                return Err(AuthenticateError::SatelliteNotAllowed.into());
            }
        }
        if let Some(token) = &context.dev_browser {
            super::url::edit_query(&mut location, |pairs| {
                pairs.push(("__clerk_db_jwt".to_owned(), token.clone()))
            });
        }
        set_parameter(&mut location, "__clerk_synced", "true");
        Ok(location)
    }

    /// There is a session cookie, and somebody is said to be signed in.
    fn session_cookie(
        &self,
        context: &Context<'_>,
        instance: &Instance,
        token: &str,
    ) -> Flow<Verdict> {
        let Some(decoded) = context
            .session_peek
            .as_ref()
            .map(super::context::Peek::token)
        else {
            return self.verification_failed(context, VerificationError::Invalid, Carrier::Cookie);
        };
        if decoded.machine_type().is_some() || decoded.is_non_session() {
            return Ok(Verdict::signed_out(Reason::TokenTypeMismatch));
        }
        #[allow(
            clippy::cast_precision_loss,
            reason = "seconds since 1970 are far below 2^52"
        )]
        if decoded
            .number("iat")
            .is_some_and(|issued| issued < context.client_uat as f64)
        {
            return self.maybe_handshake(
                context,
                Reason::SessionTokenIssuedBeforeClientUat,
                String::new(),
            );
        }
        let session = match self.verify_session(context, token, None)? {
            Ok(session) => session,
            Err(error) => return self.verification_failed(context, error, Carrier::Cookie),
        };
        if !self.options.input.is_satellite
            && context.is_document()
            && context.redirect_count == 0
            && has_foreign_referer(context, instance)
        {
            let message =
                "The page was reached from another origin, where the session may have changed.";
            return self.maybe_handshake(
                context,
                Reason::PrimaryDomainCrossOriginSync,
                message.to_owned(),
            );
        }
        // From a cookie, claims that cannot be read are no session; from a header, the handler gets to say so.
        if matches!(session.identity, Err(ClaimsError::MalformedFeatures)) {
            return Ok(Verdict::signed_out(Reason::UnexpectedError));
        }
        self.organization_sync(context, signed_in(token, session))
    }

    /// A page that belongs to another organization than the active one makes that one active first.
    fn organization_sync(&self, context: &Context<'_>, verdict: Verdict) -> Flow<Verdict> {
        let Outcome::SignedIn(Credential::Session { session, .. }) = &verdict.outcome else {
            return Ok(verdict);
        };
        let identity = session
            .identity
            .as_ref()
            .ok()
            .filter(|identity| identity.is_active());
        let (Some(identity), Some(target)) = (identity, context.organization_target()) else {
            return Ok(verdict);
        };
        if target.is_active_in(identity) {
            return Ok(verdict);
        }
        if is_in_loop(context) {
            tracing::warn!("the organization in the URL could not be made active");
            return Ok(verdict);
        }
        let handshake =
            self.maybe_handshake(context, Reason::ActiveOrganizationMismatch, String::new())?;
        Ok(if matches!(handshake.outcome, Outcome::Handshake(_)) {
            handshake
        } else {
            verdict
        })
    }
}

/// Whether the page was reached from another origin that is not Clerk's own.
fn has_foreign_referer(context: &Context<'_>, instance: &Instance) -> bool {
    let Some(referer) = context
        .header("referer")
        .and_then(|referer| Url::parse(&referer).ok())
    else {
        return false;
    };
    referer.origin() != context.clerk_url.origin() && !is_clerk_referer(context, instance, &referer)
}

fn is_clerk_referer(context: &Context<'_>, instance: &Instance, referer: &Url) -> bool {
    let frontend_api = instance.frontend_api.as_str();
    let frontend_host = if frontend_api.starts_with('/') {
        context.clerk_url.host_str().map(str::to_owned)
    } else {
        let url = if frontend_api.starts_with("http") {
            frontend_api.to_owned()
        } else {
            format!("https://{frontend_api}")
        };
        Url::parse(&url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
    };
    let host = referer.host_str().unwrap_or_default();
    if frontend_host.as_deref() == Some(host) {
        return true;
    }
    let is_portal =
        hosts::is_legacy_development_portal(host) || hosts::is_current_development_portal(host);
    if instance.is_development() && is_portal {
        return true;
    }
    Url::parse(&hosts::accounts_base_url(frontend_api))
        .is_ok_and(|accounts| accounts.origin() == referer.origin())
}
