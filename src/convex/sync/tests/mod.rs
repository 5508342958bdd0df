#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod authentication;
mod connections;
mod deployment;
mod driver;
mod identities;
mod layers;
mod properties;
mod traces;
