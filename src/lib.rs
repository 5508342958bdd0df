//! Clerk authentication and Convex live data for Leptos.
//!
//! One verdict per request, made by [`server::ClerkLayer`] before anything is rendered; one state in every view, read with
//! [`clerk::use_auth`]; the same answer on both sides. The README has the quick start, ARCHITECTURE.md the picture.
//!
//! | to | use |
//! | --- | --- |
//! | know who is there, in a view | [`clerk::use_auth`], [`clerk::use_user`], [`clerk::SignedIn`], [`clerk::Show`], [`clerk::Protect`] |
//! | know who is there, on the server | `server::auth()`, the extractors `server::Auth` and `server::RequireAuth` |
//! | protect a page | [`clerk::ProtectedRoute`], with `server::route_lists` for the router |
//! | protect data | `server::Protection`, `server::require_auth` |
//! | show live data | [`convex::ConvexProviderWithClerk`], [`convex::use_query`], [`convex::use_mutation`], [`convex::preload::Preload`] |
//! | show what fits who is there | [`convex::Authenticated`], [`convex::AuthLoading`], [`convex::Unauthenticated`] |
//! | let people sign in | [`clerk::SignIn`], [`clerk::SignUp`], [`clerk::UserButton`], [`clerk::SignInButton`] |
//! | let people sign in with forms of one's own | [`clerk::use_sign_in`], [`clerk::use_sign_up`] |
//! | work with organizations | [`clerk::OrganizationSwitcher`], [`clerk::use_organization`], [`clerk::use_organization_list`] |
//! | have people prove again who they are | [`clerk::use_reverification`] |
//! | change look and language | [`clerk::Appearance`], [`clerk::Localization`] |
//! | wait until the page has been taken over | [`hydration::use_hydrated`] |
//! | see what is known while developing | [`clerk::AuthDebug`] |
//!
//! # Features
//!
//! `ssr` is for the server, `hydrate` and `csr` are for the browser; a build turns on one of them. `testing` (with `ssr`) adds an
//! issuer and identities for an application's own tests.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "ssr"),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "the module `server` is there with the feature `ssr`"
    )
)]

#[cfg(all(feature = "ssr", any(feature = "hydrate", feature = "csr")))]
compile_error!(
    "leptos-clerk-convex: the feature `ssr` is for the server binary, `hydrate` and `csr` are for the browser; \
     turn on one of them per build"
);

pub mod auth;
pub mod clerk;
pub mod config;
pub mod convex;
mod fields;
pub mod hydration;
pub mod identity;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "testing")]
pub mod testing;

/// The README's examples, compiled.
#[cfg(all(doctest, feature = "ssr"))]
#[doc = include_str!("../README.md")]
struct Readme;
