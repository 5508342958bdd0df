//! Bringing ClerkJS onto the page: once, late, and with an end.
//!
//! [`Loader`] decides; the adapter in `bridge` touches the document.

#![cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "the bridge drives it, in the browser")
)]

mod machine;
#[cfg(test)]
mod tests;

pub use machine::{Loader, LoaderEffect, LoaderEvent};
