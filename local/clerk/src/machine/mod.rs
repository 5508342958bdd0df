//! What may happen, and what follows: sign-in, sign-up and verification as pure functions of state, event and time.

pub(crate) mod reverification;
pub(crate) mod sign_in;
pub(crate) mod sign_up;
pub(crate) mod verification;

#[cfg(test)]
mod properties;
