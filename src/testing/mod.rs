//! Signed-in requests for an application's own tests, without Clerk and without a network.
//!
//! A [`TestIssuer`] is an instance with a key of its own. Its [`configuration`](TestIssuer::configuration) makes the layer
//! verify for real, signature and all, what its sessions sign.
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::get};
//! use leptos_clerk_convex::server::{ClerkLayer, RequireAuth};
//! use leptos_clerk_convex::testing::TestIssuer;
//! use tower::ServiceExt as _;
//!
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let issuer = TestIssuer::development()?;
//! let app = Router::new()
//!     .route("/api/me", get(|auth: RequireAuth| async move { auth.identity().user_id.clone() }))
//!     .layer(ClerkLayer::new(issuer.configuration())?);
//!
//! let session = issuer.session("user_1").organization("org_1", "acme", "admin");
//! let request = session.sign_in(Request::get("/api/me").body(Body::empty())?);
//! assert_eq!(app.oneshot(request).await?.status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod issuer;
mod session;
#[cfg(test)]
mod tests;

pub use issuer::{TestIssuer, TestIssuerError};
pub use session::TestSession;
