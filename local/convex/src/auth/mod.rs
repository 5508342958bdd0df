//! Who is asking: `convex/auth.config.ts`, the tokens of its providers, the admin key, and the identity that functions see.
//!
//! Everything that decides is free of I/O and clocks; [`documents`] is the way to discovery documents and key sets.

mod admin_key;
mod authenticator;
mod claims;
mod config;
mod documents;
mod error;
mod identity;
mod key_cache;
mod key_set;
mod key_source;
mod provider;
#[cfg(test)]
mod tests;
mod verify;

pub(crate) use admin_key::AdminKey;
pub(crate) use authenticator::Authenticator;
pub(crate) use config::{AuthConfig, AuthConfigError};
pub(crate) use error::AuthenticationError;
pub(crate) use identity::{Identity, UserIdentity};
