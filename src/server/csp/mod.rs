//! A Content-Security-Policy that Clerk, Leptos and Convex work under.
//!
//! ```
//! use axum::Router;
//! use leptos_clerk_convex::config::{PublicConfiguration, PublishableKey};
//! use leptos_clerk_convex::server::csp::ContentSecurityPolicy;
//!
//! let public = PublicConfiguration::new(PublishableKey::parse("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")?);
//! let policy = ContentSecurityPolicy::for_leptos(&public).strict().allow("img-src", ["https://cdn.example.com"]).build()?;
//! let app: Router = Router::new().layer(policy.layer());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The layer makes a nonce for each request. Leptos puts it on its own scripts once it is in the context, so provide it where
//! the routes are rendered: `leptos_routes_with_context(…, csp::provide_csp_nonce, …)`.

mod layer;
mod policy;
#[cfg(test)]
mod tests;

pub use layer::{ContentSecurityPolicyLayer, CspNonce, CspService, provide_csp_nonce};
pub use policy::{ContentSecurityPolicy, ContentSecurityPolicyBuilder, CspError};
