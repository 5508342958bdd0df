//! Clients and sessions.

use serde_json::{Value, json};

use super::View;
use super::attempts::second_factors;
use crate::error::Internal;
use crate::machine::reverification::{Reverification, ReverificationStatus};
use crate::machine::sign_in::{SignIn, SignInStatus};
use crate::machine::sign_up::{SignUp, SignUpStatus};
use crate::machine::verification::Verification;
use crate::store::records::{Client, Session, SessionStatus, User};
use crate::tokens;

impl View<'_> {
    pub(crate) fn client(&self, client: &Client) -> Result<Value, Internal> {
        let sessions = self.live_sessions(client)?;
        let sign_in = match &client.sign_in_id {
            Some(id) => self.store.find::<SignIn>(id)?,
            None => None,
        };
        let sign_up = match &client.sign_up_id {
            Some(id) => self.store.find::<SignUp>(id)?,
            None => None,
        };
        let last_active = client
            .last_active_session_id
            .as_ref()
            .filter(|id| sessions.iter().any(|s| &s.id == *id));
        Ok(json!({
            "object": "client",
            "id": client.id,
            "sessions": sessions.iter().map(|session| self.session(session)).collect::<Result<Vec<_>, _>>()?,
            "sign_in": sign_in
                .filter(|sign_in| sign_in.status != SignInStatus::Complete && self.now < sign_in.abandon_at())
                .map(|sign_in| self.sign_in(&sign_in))
                .transpose()?,
            "sign_up": sign_up
                .filter(|sign_up| sign_up.status != SignUpStatus::Complete && self.now < sign_up.abandon_at())
                .map(|sign_up| self.sign_up(&sign_up)),
            "last_active_session_id": last_active,
            "last_authentication_strategy": client.last_authentication_strategy,
            "cookie_expires_at": null,
            "captcha_bypass": false,
            "created_at": client.created_at,
            "updated_at": client.updated_at,
        }))
    }

    /// The sessions of a client that can still be used, oldest first.
    pub(crate) fn live_sessions(&self, client: &Client) -> Result<Vec<Session>, Internal> {
        let sessions = self.store.list::<Session>("client_id", &client.id)?;
        Ok(sessions
            .into_iter()
            .filter(|session| session.live(self.now))
            .collect())
    }

    pub(crate) fn session(&self, session: &Session) -> Result<Value, Internal> {
        let user = self
            .store
            .find::<User>(&session.user_id)?
            .ok_or(Internal::Inconsistent("session without user"))?;
        let mut json = self.session_summary(session)?;
        let tasks = self.session_tasks(session, &user);
        json["tasks"] = if session.live(self.now) && !tasks.is_empty() {
            tasks.into_iter().map(|key| json!({ "key": key })).collect()
        } else {
            Value::Null
        };
        json["last_active_organization_id"] = json!(session.active_organization_id);
        json["user"] = self.user(&user)?;
        json["public_user_data"] = self.public_user_data(&user)?;
        json["factor_verification_age"] = json!(tokens::factor_verification_age(session, self.now));
        json["created_at"] = json!(session.created_at);
        json["updated_at"] = json!(session.updated_at);
        json["last_active_token"] = if session.live(self.now) {
            json!({ "object": "token", "jwt": tokens::session(self, session, None)? })
        } else {
            Value::Null
        };
        Ok(json)
    }

    fn session_summary(&self, session: &Session) -> Result<Value, Internal> {
        Ok(json!({
            "object": "session",
            "id": session.id,
            "status": self.session_status(session)?,
            "expire_at": session.expire_at,
            "abandon_at": session.abandon_at,
            "last_active_at": session.last_active_at,
            "actor": null,
        }))
    }

    /// A session in the list of a user's devices.
    pub(crate) fn session_with_activity(&self, session: &Session) -> Result<Value, Internal> {
        let mut json = self.session_summary(session)?;
        let browser = Browser::of(session.user_agent.as_deref().unwrap_or_default());
        json["latest_activity"] = json!({
            "object": "session_activity",
            "id": session.id.replacen("sess_", "sess_activity_", 1),
            "device_type": browser.device,
            "is_mobile": browser.mobile,
            "browser_name": browser.name,
            "browser_version": browser.version,
            "ip_address": "127.0.0.1",
            "city": "",
            "country": "",
        });
        Ok(json)
    }

    /// A session as servers see it.
    pub(crate) fn backend_session(&self, session: &Session) -> Result<Value, Internal> {
        let mut json = self.session_summary(session)?;
        json["user_id"] = json!(session.user_id);
        json["client_id"] = json!(session.client_id);
        json["last_active_organization_id"] = json!(session.active_organization_id);
        json["latest_activity"] = Value::Null;
        json["created_at"] = json!(session.created_at);
        json["updated_at"] = json!(session.updated_at);
        Ok(json)
    }

    pub(crate) fn session_status(&self, session: &Session) -> Result<&'static str, Internal> {
        if session.status != SessionStatus::Active {
            return Ok(session.status.as_str());
        }
        if self.now >= session.expire_at {
            return Ok("expired");
        }
        let user = self.store.find::<User>(&session.user_id)?;
        let pending = user.is_some_and(|user| !self.session_tasks(session, &user).is_empty());
        Ok(if pending { "pending" } else { "active" })
    }

    /// What the person has to do before the session is active, in this order.
    fn session_tasks(&self, session: &Session, user: &User) -> Vec<&'static str> {
        let instance = self.instance;
        let tasks = [
            ("reset-password", user.password_compromised),
            (
                "setup-mfa",
                instance.require_second_factor && !user.totp_enabled(),
            ),
            (
                "choose-organization",
                instance.force_organization_selection && session.active_organization_id.is_none(),
            ),
        ];
        let open = tasks.into_iter().filter(|(_, open)| *open);
        open.map(|(key, _)| key).collect()
    }

    /// A reverification, with the ways to go on.
    pub(crate) fn session_verification(
        &self,
        session: &Session,
        state: &Reverification,
    ) -> Result<Value, Internal> {
        let user = self
            .store
            .find::<User>(&session.user_id)?
            .ok_or(Internal::Inconsistent("session without user"))?;
        let (first, second) = match state.status {
            ReverificationStatus::NeedsFirstFactor => {
                (self.proofs_of_first_factor(&user)?, Value::Null)
            }
            ReverificationStatus::NeedsSecondFactor => (Value::Null, second_factors(&user)),
            ReverificationStatus::Complete => (Value::Null, Value::Null),
        };
        Ok(json!({
            "object": "session_verification",
            "id": session.id.replacen("sess_", "sver_", 1),
            "status": state.status.as_str(),
            "level": state.level.as_str(),
            "session": self.session(session)?,
            "supported_first_factors": first,
            "supported_second_factors": second,
            "first_factor_verification": state.first.as_ref().map(Verification::json),
            "second_factor_verification": state.second.as_ref().map(Verification::json),
        }))
    }
}

/// What a user agent says about itself, as far as the list of devices shows it.
struct Browser<'a> {
    device: &'static str,
    mobile: bool,
    name: &'static str,
    version: &'a str,
}

impl<'a> Browser<'a> {
    fn of(user_agent: &'a str) -> Self {
        const DEVICES: [(&str, &str); 6] = [
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Android", "Android"),
            ("Windows", "Windows"),
            ("Macintosh", "Macintosh"),
            ("Linux", "Linux"),
        ];
        // Order matters: Edge and Opera also say Chrome, and Chrome also says Safari.
        const BROWSERS: [(&str, &str); 6] = [
            ("Edg/", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("Chrome/", "Chrome"),
            ("HeadlessChrome/", "Chrome"),
            ("Version/", "Safari"),
        ];
        let device = DEVICES
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map_or("Unknown", |(_, name)| name);
        let (name, version) = BROWSERS
            .iter()
            .find_map(|(mark, name)| user_agent.split_once(mark).map(|(_, rest)| (*name, rest)))
            .map_or(("Unknown", ""), |(name, rest)| {
                (name, rest.split(' ').next().unwrap_or_default())
            });
        Self {
            device,
            mobile: matches!(device, "iPhone" | "Android"),
            name,
            version,
        }
    }
}
