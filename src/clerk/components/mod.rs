//! Components: one file each, or one for a family.

mod auth_debug;
mod business;
mod buttons;
mod control;
mod focus;
mod initial_values;
mod organization;
mod organization_switcher;
pub(in crate::clerk) mod prebuilt;
mod protect;
mod protected_route;
mod redirect;
mod show;
mod sign_in;
mod sign_up;
mod status;
mod tasks;
mod user_avatar;
mod user_button;
mod user_profile;

pub use auth_debug::AuthDebug;
pub use business::{ApiKeys, GoogleOneTap, Payer, PricingTable, Waitlist};
pub use buttons::{ButtonMode, SignInButton, SignOutButton, SignUpButton};
pub use control::{SignedIn, SignedOut};
pub use focus::FocusMainHeading;
pub use initial_values::InitialValues;
pub use organization::{CreateOrganization, OrganizationList, OrganizationProfile};
pub use organization_switcher::OrganizationSwitcher;
pub use prebuilt::{ClerkComponent, CustomMenuItem, CustomPage};
pub use protect::Protect;
pub use protected_route::{ProtectedParentRoute, ProtectedRoute};
pub use redirect::{
    AuthenticateWithRedirectCallback, RedirectToSignIn, RedirectToSignUp, RedirectToTasks,
};
pub use show::{Show, When};
pub use sign_in::SignIn;
pub use sign_up::SignUp;
pub use status::{ClerkDegraded, ClerkFailed, ClerkLoaded, ClerkLoading};
pub use tasks::{TaskChooseOrganization, TaskResetPassword, TaskSetupMfa};
pub use user_avatar::UserAvatar;
pub use user_button::UserButton;
pub use user_profile::UserProfile;
