//! Hooks: one file each.

mod paginated;
mod use_auth;
mod use_clerk;
mod use_organization;
mod use_organization_list;
mod use_reverification;
mod use_session;
mod use_session_list;
mod use_user;

pub use paginated::{ListOptions, Paginated};
pub use use_auth::{UseAuth, use_auth};
pub use use_clerk::use_clerk;
pub use use_organization::{UseOrganization, use_organization};
pub use use_organization_list::{UseOrganizationList, use_organization_list};
pub use use_reverification::{AsksForReverification, UseReverification, use_reverification};
pub use use_session::use_session;
pub use use_session_list::use_session_list;
pub use use_user::{UseUser, use_user};
