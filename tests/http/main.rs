//! The server half over HTTP: a real axum router with the layer, real cookies and redirects, and a Backend API on loopback.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    reason = "tests"
)]

mod components;
mod documents;
mod handshakes;
mod keys;
mod leptos_routes;
mod machines;
mod properties;
mod protection;
mod secrets;
mod support;
mod surface;
