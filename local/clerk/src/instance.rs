//! An open instance: settings, keys and storage, shared by all requests.

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::bundles::Bundles;
use crate::clock::{Clock, Millis};
use crate::error::{Internal, OpenError};
use crate::keys::SigningKey;
use crate::machine::sign_in::SignIn;
use crate::machine::sign_up::SignUp;
use crate::options::{Data, Options};
use crate::random;
use crate::store::records::{Handshake, InstanceRecord, SignInToken};
use crate::store::{Database, Store};

/// The path that the instance is nested at, under the app's origin.
pub(crate) const MOUNT: &str = "/__clerk";

pub(crate) struct Instance {
    pub(crate) origin: String,
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) keys: SigningKey,
    pub(crate) publishable_key: String,
    pub(crate) secret_key: String,
    pub(crate) cookie_suffix: String,
    pub(crate) session_token_lifetime: Millis,
    pub(crate) single_session_mode: bool,
    pub(crate) force_organization_selection: bool,
    pub(crate) require_second_factor: bool,
    pub(crate) reverification: bool,
    pub(crate) billing: bool,
    pub(crate) session_claims: Map<String, Value>,
    pub(crate) jwt_templates: HashMap<String, Map<String, Value>>,
    pub(crate) application_name: String,
    pub(crate) bundles: Bundles,
    pub(crate) seed: Option<crate::seed::Seed>,
    /// Where the database is, for messages; `None` in memory.
    pub(crate) directory: Option<PathBuf>,
}

impl Instance {
    pub(crate) fn open(options: Options) -> Result<Self, OpenError> {
        let origin = loopback_origin(&options.origin)?;
        let database = Database::open(&options.data)?;
        let record = database
            .transaction(Result::is_ok, identity)
            .and_then(|record| record)
            .map_err(|e| OpenError::Other(e.to_string()))?;
        let publishable_key = crate::keys::publishable_key(&record.instance_id);
        let keys = SigningKey::parse(record.instance_id, &record.signing_key)
            .map_err(|e| OpenError::Other(e.to_string()))?;
        let instance = Self {
            origin,
            database,
            clock: options.clock,
            keys,
            secret_key: record.secret_key,
            cookie_suffix: crate::keys::cookie_suffix(&publishable_key),
            publishable_key,
            session_token_lifetime: Millis::try_from(options.session_token_lifetime.as_millis())
                .unwrap_or(Millis::MAX),
            single_session_mode: options.single_session_mode,
            force_organization_selection: options.force_organization_selection,
            require_second_factor: options.require_second_factor,
            reverification: options.reverification,
            billing: options.billing,
            session_claims: options.session_claims,
            jwt_templates: options
                .jwt_templates
                .into_iter()
                .filter_map(|(name, claims)| {
                    claims.as_object().map(|claims| (name, claims.clone()))
                })
                .collect(),
            application_name: options.application_name,
            bundles: Bundles::new(options.bundles),
            seed: options.seed,
            directory: match options.data {
                Data::Directory(directory) => Some(directory),
                Data::Memory => None,
            },
        };
        instance
            .seed_if_empty()
            .and_then(|()| instance.tidy())
            .map_err(|e| OpenError::Other(e.to_string()))?;
        Ok(instance)
    }

    /// The `iss` of tokens, and the base of every address of the instance.
    pub(crate) fn issuer(&self) -> String {
        format!("{}{MOUNT}", self.origin)
    }

    pub(crate) fn in_memory(&self) -> bool {
        self.directory.is_none()
    }

    /// Forgets attempts, tickets and handshakes that can no longer be continued.
    fn tidy(&self) -> Result<(), Internal> {
        let now = self.clock.millis();
        self.database.transaction(Result::is_ok, |store| {
            for attempt in store
                .all::<SignIn>()?
                .iter()
                .filter(|attempt| now >= attempt.abandon_at())
            {
                store.delete::<SignIn>(&attempt.id)?;
            }
            for attempt in store
                .all::<SignUp>()?
                .iter()
                .filter(|attempt| now >= attempt.abandon_at())
            {
                store.delete::<SignUp>(&attempt.id)?;
            }
            for token in store
                .all::<SignInToken>()?
                .iter()
                .filter(|token| now >= token.expire_at)
            {
                store.delete::<SignInToken>(&token.id)?;
            }
            for handshake in store
                .all::<Handshake>()?
                .iter()
                .filter(|handshake| now >= handshake.expire_at)
            {
                store.delete::<Handshake>(&handshake.id)?;
            }
            Ok(())
        })?
    }

    fn seed_if_empty(&self) -> Result<(), Internal> {
        let Some(seed) = &self.seed else {
            return Ok(());
        };
        let now = self.clock.millis();
        self.database
            .transaction(Result::is_ok, |store| seed.plant_if_empty(store, now))?
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("origin", &self.origin)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

/// The keys of this data directory, made at first start.
fn identity(store: &Store<'_>) -> Result<InstanceRecord, Internal> {
    const ID: &str = "instance";
    if let Some(record) = store.find::<InstanceRecord>(ID)? {
        return Ok(record);
    }
    let record = InstanceRecord {
        id: ID.to_owned(),
        instance_id: random::id("ins")?,
        secret_key: format!("sk_test_{}", random::base62(42)?),
        signing_key: SigningKey::generate()?,
    };
    store.save(&record)?;
    Ok(record)
}

/// Whether a host name is one that only this machine can reach.
pub(crate) fn is_loopback(host: Option<Host<&str>>) -> bool {
    match host {
        // Browsers resolve `localhost` and names below it to loopback, whatever DNS says.
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn loopback_origin(origin: &str) -> Result<String, OpenError> {
    let refuse = || OpenError::NotLoopback {
        origin: origin.to_owned(),
    };
    let url = Url::parse(origin).map_err(|_| refuse())?;
    if !matches!(url.scheme(), "http" | "https") || !is_loopback(url.host()) {
        return Err(refuse());
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn only_loopback_origins_open() {
        for origin in [
            "http://127.0.0.1:3000",
            "http://localhost:3000/",
            "http://[::1]:3000",
            "http://app.localhost",
        ] {
            assert!(loopback_origin(origin).is_ok(), "{origin}");
        }
        for origin in [
            "http://0.0.0.0:3000",
            "http://192.168.1.2",
            "https://example.com",
            "localhost:3000",
            "",
            "file:///x",
        ] {
            assert!(loopback_origin(origin).is_err(), "{origin}");
        }
        assert_eq!(
            loopback_origin("http://localhost:3000/").unwrap(),
            "http://localhost:3000"
        );
    }
}
