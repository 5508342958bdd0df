//! Bringing ClerkJS onto the page: once, late, and with an end.
//!
//! [`Loader`] decides; the adapter in `bridge` touches the document.

mod machine;
#[cfg(test)]
mod tests;

pub use machine::{Loader, LoaderEffect, LoaderEvent};
