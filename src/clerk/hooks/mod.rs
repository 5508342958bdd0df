//! Hooks: one file each.

mod use_auth;
mod use_clerk;
mod use_session;
mod use_user;

pub use use_auth::{UseAuth, use_auth};
pub use use_clerk::use_clerk;
pub use use_session::use_session;
pub use use_user::{UseUser, use_user};
