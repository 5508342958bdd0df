//! Components: one file each, or one for a family.

mod buttons;
mod control;
mod prebuilt;
mod protect;
mod protected_route;
mod redirect_to_sign_in;
mod sign_in;
mod sign_up;
mod status;
mod user_button;
mod user_profile;

pub use buttons::{ButtonMode, SignInButton, SignOutButton, SignUpButton};
pub use control::{SignedIn, SignedOut};
pub use prebuilt::ClerkComponent;
pub use protect::Protect;
pub use protected_route::{ProtectedParentRoute, ProtectedRoute};
pub use redirect_to_sign_in::RedirectToSignIn;
pub use sign_in::SignIn;
pub use sign_up::SignUp;
pub use status::{ClerkDegraded, ClerkFailed, ClerkLoaded, ClerkLoading};
pub use user_button::UserButton;
pub use user_profile::UserProfile;
