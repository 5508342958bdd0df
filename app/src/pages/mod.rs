//! Pages: one file each.

mod components;
mod dashboard;
mod landing;
mod not_found;
mod profile;
mod sign_in;
mod sign_up;

pub use components::ComponentsPage;
pub use dashboard::DashboardPage;
pub use landing::LandingPage;
pub use not_found::NotFoundPage;
pub use profile::ProfilePage;
pub use sign_in::SignInPage;
pub use sign_up::SignUpPage;
