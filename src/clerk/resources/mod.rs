//! Typed mirrors of ClerkJS's resources.
//!
//! They are read from `__internal_toSnapshot()`, which yields the JSON of the Frontend API: snake case, times in
//! milliseconds.

mod organization;
mod session;
mod user;

pub use organization::{
    Organization, OrganizationDomain, OrganizationInvitation, OrganizationMembership,
    OrganizationMembershipRequest, OrganizationSuggestion, PublicUserData, Resource,
};
pub use session::{Session, SessionTask};
pub use user::{EmailAddress, User, Verification};
