//! Clerk's Backend API, as far as an application usually needs it.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use leptos_clerk_convex::config::Configuration;
//! use leptos_clerk_convex::server::backend::BackendClient;
//!
//! let clerk = BackendClient::new(&Configuration::from_environment()?)?;
//! let user = clerk.user("user_1").await?;
//! println!("{}", user.first_name.unwrap_or_default());
//! # Ok(())
//! # }
//! ```
//!
//! Whatever has no method of its own is reached with [`BackendClient::send`].
//!
//! # Why not the crate clerk-rs
//! Version 0.5 is Clerk's OpenAPI document in 42,000 generated lines: a long compile for the two dozen calls that a server
//! makes. Its client logs nothing but also knows nothing of API versions, retry times and trace ids, it would bring
//! its own token verification (which refuses every token with an audience, and so every token of an instance with
//! the Convex integration), and its errors repeat what Clerk said to whoever asks. The wire rules below fit on a page.

mod client;
mod error;
mod machines;
mod organizations;
mod sessions;
#[cfg(test)]
mod tests;
mod users;
mod wire;

pub use client::{BackendClient, BackendRequest};
pub use error::{BackendApiError, BackendError};
pub use machines::{ApiKey, MachineToken, MachineTokenFormat, NewMachineToken, OAuthAccessToken};
pub use organizations::{Organization, OrganizationMembership, PublicUserData};
pub use sessions::{Session, SessionActivity, SignInToken, TestingToken};
pub use users::{
    EmailAddress, MetadataUpdate, OAuthToken, PhoneNumber, User, UserQuery, UserUpdate,
    Verification,
};
pub use wire::{DotSegment, join_paths};

use serde::Deserialize;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// The entries of this page.
    pub data: Vec<T>,
    /// How many there are in all.
    #[serde(default)]
    pub total_count: u64,
}
