//! Where a provider's keys come from.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;
use url::Url;

use super::documents::{Document, Documents};
use super::error::KeySetError;
use super::key_cache::{KeyCache, Published};
use super::key_set::KeySet;
use super::provider::{Kind, Provider, is_private_enough};

/// A provider's keys, fetched when they are needed, by one at a time.
#[derive(Debug)]
pub(crate) struct KeySource {
    location: Location,
    cache: Mutex<KeyCache>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
enum Location {
    Discovery { issuer: String },
    KeySet(Url),
    Inline(Arc<Published>),
}

impl KeySource {
    pub(crate) fn new(provider: &Provider) -> Self {
        let location = match &provider.kind {
            Kind::OpenIdConnect => Location::Discovery {
                issuer: provider.issuer.clone(),
            },
            Kind::CustomJwt { jwks, .. } => Location::KeySet(jwks.clone()),
            Kind::InlineKeys { keys, .. } => Location::Inline(Arc::new(Published {
                issuer: None,
                keys: keys.as_ref().clone(),
            })),
        };
        Self {
            location,
            cache: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    /// The keys for a token that names `key_id`.
    pub(crate) async fn published(
        &self,
        key_id: Option<&str>,
        now: u64,
        documents: &dyn Documents,
    ) -> Result<Arc<Published>, KeySetError> {
        if let Location::Inline(published) = &self.location {
            return Ok(Arc::clone(published));
        }
        let (usable, seen) = self.cached(|cache| (cache.usable(key_id, now), cache.fetches()));
        if let Some(published) = usable {
            return Ok(published);
        }
        let _turn = self.fetching.lock().await;
        // Whoever waited takes what the other brought.
        if self.cached(|cache| cache.fetches()) == seen {
            let outcome = self.fetch(documents).await;
            self.cached(|cache| cache.fetched(outcome, key_id, now));
        }
        self.cached(|cache| cache.outcome(key_id))
    }

    fn cached<T>(&self, use_it: impl FnOnce(&mut KeyCache) -> T) -> T {
        use_it(&mut self.cache.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn fetch(&self, documents: &dyn Documents) -> Result<Published, KeySetError> {
        match &self.location {
            Location::Inline(published) => Ok(published.as_ref().clone()),
            Location::KeySet(url) => {
                let document = get(documents, url).await?;
                check_content_type(url, &document)?;
                Ok(Published {
                    issuer: None,
                    keys: key_set(url, &document)?,
                })
            }
            Location::Discovery { issuer } => discover(documents, issuer).await,
        }
    }
}

async fn discover(documents: &dyn Documents, issuer: &str) -> Result<Published, KeySetError> {
    let url = format!("{issuer}/.well-known/openid-configuration");
    let not_discovery = || KeySetError::NotADiscoveryDocument { url: url.clone() };
    let address = Url::parse(&url).map_err(|_| not_discovery())?;
    let document = get(documents, &address).await?;
    let found: Json = serde_json::from_slice(&document.body).map_err(|_| not_discovery())?;
    let text = |name| found.get(name).and_then(Json::as_str);
    let (Some(issuer), Some(jwks_uri)) = (text("issuer"), text("jwks_uri")) else {
        return Err(not_discovery());
    };
    let jwks_uri = Url::parse(jwks_uri).map_err(|_| not_discovery())?;
    if !is_private_enough(&jwks_uri) {
        return Err(KeySetError::Insecure {
            url: jwks_uri.to_string(),
        });
    }
    let document = get(documents, &jwks_uri).await?;
    Ok(Published {
        issuer: Some(issuer.to_owned()),
        keys: key_set(&jwks_uri, &document)?,
    })
}

async fn get(documents: &dyn Documents, url: &Url) -> Result<Document, KeySetError> {
    let document = documents.get(url.clone()).await;
    let document = document.map_err(|reason| KeySetError::NoAnswer {
        url: url.to_string(),
        reason,
    })?;
    if document.status == 200 {
        Ok(document)
    } else {
        Err(KeySetError::Status {
            url: url.to_string(),
            status: document.status,
        })
    }
}

fn key_set(url: &Url, document: &Document) -> Result<KeySet, KeySetError> {
    serde_json::from_slice(&document.body)
        .ok()
        .and_then(|json| KeySet::from_json(&json))
        .ok_or_else(|| KeySetError::NotAKeySet {
            url: url.to_string(),
        })
}

fn check_content_type(url: &Url, document: &Document) -> Result<(), KeySetError> {
    let found = document.content_type.as_deref().unwrap_or_default();
    let essence = found.split(';').next().unwrap_or_default().trim();
    let is_json = ["application/json", "application/jwk-set+json"]
        .iter()
        .any(|expected| essence.eq_ignore_ascii_case(expected));
    if is_json {
        Ok(())
    } else {
        Err(KeySetError::ContentType {
            url: url.to_string(),
            found: found.to_owned(),
        })
    }
}
