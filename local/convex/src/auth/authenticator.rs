//! From a credential to an identity.

use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;

use super::documents::Documents;
use super::error::{KeySetError, Refusal};
use super::key_source::KeySource;
use super::provider::{Provider, choose};
use super::verify::Unverified;
use super::{AdminKey, AuthConfig, AuthenticationError, Identity, claims};
use crate::secret::Secret;

/// Knows the providers and the admin key of a deployment.
///
/// Cheap to clone; clones share the keys that were fetched.
#[derive(Clone)]
pub(crate) struct Authenticator(Arc<Inner>);

struct Inner {
    config: AuthConfig,
    /// One for each provider, in their order.
    sources: Vec<KeySource>,
    admin_key: AdminKey,
    documents: Box<dyn Documents>,
}

impl Authenticator {
    /// An authenticator that fetches keys with `http`.
    pub(crate) fn new(config: AuthConfig, admin_key: AdminKey, http: reqwest::Client) -> Self {
        Self::with_documents(config, admin_key, http)
    }

    /// An authenticator that gets discovery documents and key sets in its own way.
    pub(crate) fn with_documents(
        config: AuthConfig,
        admin_key: AdminKey,
        documents: impl Documents,
    ) -> Self {
        Self(Arc::new(Inner {
            sources: config.providers.iter().map(KeySource::new).collect(),
            config,
            admin_key,
            documents: Box::new(documents),
        }))
    }

    /// The person that a token is about, at `now_seconds` in unix time.
    pub(crate) async fn authenticate(
        &self,
        token: &Secret,
        now_seconds: u64,
    ) -> Result<Identity, AuthenticationError> {
        let unverified = Unverified::read(token)?;
        let chosen = choose(&self.0.config, &unverified.claims)?;
        let (Some(provider), Some(source)) = (
            self.0.config.providers.get(chosen),
            self.0.sources.get(chosen),
        ) else {
            return Err(AuthenticationError::NoIssuer);
        };
        let refused = |refusal| refused(provider, refusal);
        unverified.check_header(provider).map_err(refused)?;
        let published = source.published(unverified.key_id(), now_seconds, &*self.0.documents);
        let no_keys = |reason| AuthenticationError::KeySet {
            provider: provider.to_string(),
            reason,
        };
        let published = published.await.map_err(no_keys)?;
        let token_issuer = unverified.issuer().unwrap_or_default();
        if let Some(issuer) = published
            .issuer
            .as_ref()
            .filter(|issuer| *issuer != token_issuer)
        {
            return Err(no_keys(KeySetError::OtherIssuer {
                found: issuer.clone(),
                expected: token_issuer.to_owned(),
            }));
        }
        let user = unverified.verify(token, provider, &published.keys, now_seconds);
        Ok(Identity::User(Arc::new(user.map_err(refused)?)))
    }

    /// Whoever has the admin key: as such, or as the person whose attributes are given.
    pub(crate) fn admin(
        &self,
        key: &str,
        acting_as: Option<&Json>,
    ) -> Result<Identity, AuthenticationError> {
        if !self.0.admin_key.is(key) {
            return Err(AuthenticationError::AdminKey);
        }
        match acting_as {
            None => Ok(Identity::Admin),
            Some(json) => claims::acting_as(json)
                .map(|user| Identity::ActingAs(Arc::new(user)))
                .ok_or(AuthenticationError::ActingAs),
        }
    }
}

fn refused(provider: &Provider, refusal: Refusal) -> AuthenticationError {
    AuthenticationError::Refused {
        provider: provider.to_string(),
        open_id_connect: provider.is_open_id_connect(),
        refusal,
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authenticator")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}
