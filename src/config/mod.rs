//! Keys and addresses, parsed once into types.
//!
//! What may reach a browser is a type of its own, [`PublicConfiguration`]; everything else, secrets included, is
//! [`Configuration`], which exists on the server only.

#[cfg(feature = "ssr")]
mod environment;
pub mod hosts;
#[cfg(feature = "ssr")]
mod problem;
mod public;
mod publishable_key;
#[cfg(feature = "ssr")]
mod secret;
#[cfg(feature = "ssr")]
mod server;

#[cfg(feature = "ssr")]
pub use problem::{ConfigurationErrors, ConfigurationProblem};
pub use public::PublicConfiguration;
#[cfg(feature = "ssr")]
pub(crate) use publishable_key::cookie_suffix;
pub use publishable_key::{InstanceType, PublishableKey, PublishableKeyError};
#[cfg(feature = "ssr")]
pub use secret::{JwtKey, JwtKeyError, SecretKey};
#[cfg(feature = "ssr")]
pub use server::{Configuration, OrganizationSync};
