//! Clerk authentication and Convex live data for Leptos.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(feature = "ssr", any(feature = "hydrate", feature = "csr")))]
compile_error!(
    "leptos-clerk-convex: the feature `ssr` is for the server binary, `hydrate` and `csr` are for the browser; \
     turn on one of them per build"
);

pub mod auth;
pub mod clerk;
pub mod config;
pub mod identity;
#[cfg(feature = "ssr")]
pub mod server;
