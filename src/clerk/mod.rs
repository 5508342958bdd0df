//! The browser's side of Clerk: ClerkJS, its provider, hooks and prebuilt components.
//!
//! ClerkJS stays official and off the critical path. Views read the authentication state ([`use_auth`]), which is right in the
//! first HTML; ClerkJS is loaded after hydration, when the page is idle and somebody is signed in, or at once when a control
//! needs it. Everything here compiles for the server too, where it renders what the request's identity allows.

mod bridge;
mod clock;
mod components;
mod context;
mod error;
mod here;
mod hooks;
mod launch;
mod loader;
mod options;
mod provider;
mod resources;
mod status;
mod url;

pub use components::*;
pub use context::{Clerk, UiStatus};
pub use error::ClerkError;
pub use hooks::{UseAuth, UseUser, use_auth, use_clerk, use_session, use_user};
pub use options::{ClerkOptions, SignOutOptions};
pub use provider::ClerkProvider;
pub use resources::{EmailAddress, Session, SessionTask, User, Verification};
pub use status::{ClerkFailure, ClerkStatus};
