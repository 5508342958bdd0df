//! Pages: one file each.

mod admin;
mod components;
mod dashboard;
mod landing;
mod lazy;
mod not_found;
mod organization;
mod profile;
mod sign_in;
mod sign_up;

pub(crate) use admin::requirement as admin_requirement;
pub use admin::{AdminRefused, AdminRoute};
pub use components::ComponentsRoute;
pub use dashboard::DashboardRoute;
pub use landing::LandingPage;
pub use not_found::NotFoundPage;
pub use organization::OrganizationRoute;
pub use profile::ProfilePage;
pub use sign_in::SignInPage;
pub use sign_up::SignUpPage;

/// The server's way to Clerk's Backend API.
#[cfg(feature = "ssr")]
fn clerk()
-> Result<leptos_clerk_convex::server::backend::BackendClient, leptos::prelude::ServerFnError> {
    leptos::prelude::use_context()
        .ok_or_else(|| leptos::prelude::ServerFnError::new("the router provides no BackendClient"))
}

/// What the browser is told when Clerk does not answer the server; the log has the details.
#[cfg(feature = "ssr")]
fn unavailable(
    error: leptos_clerk_convex::server::backend::BackendError,
) -> leptos::prelude::ServerFnError {
    leptos::logging::error!("Clerk was asked and did not answer: {error}");
    leptos::prelude::ServerFnError::new("Clerk does not answer")
}
