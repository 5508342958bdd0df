//! The browser's side of Clerk: ClerkJS, its provider, hooks and prebuilt components.
//!
//! ClerkJS stays official and off the critical path. Views read the authentication state ([`use_auth`]), which is right in the
//! first HTML; ClerkJS is loaded after hydration, when the page is idle and somebody is signed in, or at once when a control
//! needs it. Everything here compiles for the server too, where it renders what the request's identity allows.

mod bridge;
mod clock;
mod components;
mod context;
mod customization;
mod error;
mod flows;
mod here;
mod hooks;
mod launch;
mod loader;
mod look;
mod options;
mod provider;
mod resources;
mod session_client;
mod status;
mod url;

pub use components::*;
pub use context::{Clerk, UiStatus};
pub use customization::{Appearance, AppearanceOptions, Localization, Theme, Variables};
pub use error::ClerkError;
pub use flows::{
    FlowError, FlowErrors, FlowFactor, FlowState, UseSignIn, UseSignUp, use_sign_in, use_sign_up,
};
pub use hooks::{
    AsksForReverification, ListOptions, Paginated, UseAuth, UseOrganization, UseOrganizationList,
    UseReverification, UseUser, use_auth, use_clerk, use_organization, use_organization_list,
    use_reverification, use_session, use_session_list, use_user,
};
pub use options::{ClerkOptions, SetActive, SignOutOptions};
pub use provider::ClerkProvider;
pub use resources::{
    EmailAddress, Organization, OrganizationDomain, OrganizationInvitation, OrganizationMembership,
    OrganizationMembershipRequest, OrganizationSuggestion, PublicUserData, Resource, Session,
    SessionTask, User, Verification,
};
pub use session_client::SessionClient;
pub use status::{ClerkFailure, ClerkStatus};
