//! How the prebuilt components look and what they say: Clerk's `appearance` and `localization`, typed.

mod appearance;
mod localization;
#[cfg(test)]
mod tests;

pub use appearance::{Appearance, AppearanceOptions, Theme, Variables};
pub use localization::Localization;
