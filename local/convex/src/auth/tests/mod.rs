#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod authentication;
mod config;
mod identity;
mod keys;
mod loopback;
mod recorded;
mod support;
